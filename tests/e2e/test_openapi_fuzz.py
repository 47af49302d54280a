"""schemathesis against a live service: every check, every route, requests drawn from the OpenAPI description.

The service is a whole one, with its own Redis and a worker on the fake backend, so that jobs really end. ``make
fuzz-api`` runs the same for longer.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from benchmarks.service import Service

FUZZ = Path(__file__).parent / "fuzz"
MUG = Path(__file__).parents[2] / "docs" / "samples" / "mug.jpg"
ASKED = os.environ.get("PACKSHOT_FUZZ_EXAMPLES")
DRAWN = ["--max-examples", ASKED] if ASKED else ["--max-examples", "3", "--seed", "7"]
"""For each operation and phase, beside the boundary cases; the suite draws the same each time, a longer run anew."""

SETTINGS = {"PACKSHOT_BACKEND": "fake", "PACKSHOT_WEBHOOKS_PRIVATE": "true", "PACKSHOT_CORS_ORIGINS": "*"}


@pytest.mark.timeout(1800)
def test_schemathesis_finds_no_answer_that_the_description_does_not_promise(tmp_path: Path) -> None:
    with Service(tmp_path / "service", settings=SETTINGS) as service:
        url = json.loads((tmp_path / "service" / "data" / "stack.json").read_text())["url"]
        key = (tmp_path / "service" / "data" / "dev-key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        told = {**headers, "Content-Type": "image/jpeg"}
        httpx.post(f"{url}/v1/uploads", content=MUG.read_bytes(), headers=told, timeout=60)
        command = [str(Path(sys.executable).with_name("st")), "--config-file", "schemathesis.toml", "run"]
        command += [f"{url}/openapi.json", "--header", f"Authorization: Bearer {key}", "--workers", "2"]
        command += [*DRAWN, "--report", "junit", "--report-dir", str(tmp_path / "report")]
        done = subprocess.run(command, cwd=FUZZ, capture_output=True, text=True, check=False)
        assert service.processes("api"), "the API's process is gone"
    Path(os.environ.get("PACKSHOT_FUZZ_REPORT", os.devnull)).write_text(done.stdout)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None
    assert int(generated[1]) > 1000
