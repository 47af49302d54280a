"""The guide's page about waiting: its examples follow a job over real HTTP, as they stand there."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from jobs.problems import make_problem
from tests.tools import require

PAGE = (Path(__file__).parents[2] / "api" / "guide" / "polling.md").read_text()
PYTHON_END = """
for job in follow(os.environ["JOB_URL"]):
    print(json.dumps([job["state"], job["progress"]["fraction"]]), flush=True)
"""
JAVASCRIPT_END = """
follow(process.env.JOB_URL, process.env.PACKSHOT_API_KEY, (job) =>
  console.log(JSON.stringify([job.state, job.progress.fraction])));
"""


@pytest.fixture
def address(shop: Any) -> Iterator[str]:
    """The shop's app on a port of its own."""
    server = make_server("127.0.0.1", 0, shop.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def followed(command: list[str], shop: Any, address: str, jpeg: bytes) -> list[list[Any]]:
    """What an example tells of a job that is claimed, makes progress, loses its stream, and fails."""
    job_id, store = shop.submit(jpeg), shop.services.store
    environment = os.environ | {"JOB_URL": f"{address}/v1/jobs/{job_id}", "PACKSHOT_API_KEY": shop.key}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = [json.loads(process.stdout.readline())]
        claim = store.claim("test-worker")
        told.append(json.loads(process.stdout.readline()))
        for waiter in list(shop.services.long_polls._waiters):  # as after 15 minutes
            waiter.call_off()
        store.progress(job_id, claim.token, 0.5, "restore")
        told.append(json.loads(process.stdout.readline()))
        store.fail(job_id, claim.token, make_problem("image-corrupt", "the scan ends too early"))
        told += map(json.loads, process.stdout.read().splitlines())
    assert process.returncode == 0
    return told


def test_the_python_of_the_page_follows_a_job(shop: Any, address: str, jpeg: bytes) -> None:
    told = followed([sys.executable, "-c", example("python") + PYTHON_END], shop, address, jpeg)
    assert told == [["queued", 0.0], ["running", 0.0], ["running", 0.5], ["failed", 0.5]]


def test_the_javascript_of_the_page_follows_a_job(shop: Any, address: str, jpeg: bytes) -> None:
    told = followed([require("node"), "-e", example("javascript") + JAVASCRIPT_END], shop, address, jpeg)
    assert told == [["queued", 0.0], ["running", 0.0], ["running", 0.5], ["failed", 0.5]]
