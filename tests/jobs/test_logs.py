"""What a process writes on stderr: one JSON object a line, whoever logs."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from jobs.logs import log_json_lines
from structlog.contextvars import bound_contextvars

of_structlog = structlog.get_logger("jobs.erasing")  # as a module has it, made before anything is configured
log_json_lines("info")
with bound_contextvars(job="job_1"):
    of_structlog.info("told", tenant="shop")
    logging.getLogger("a.library").warning("%s too", "told")
    logging.getLogger("a.library").debug("not told")
"""


def test_structlogs_lines_and_plain_loggings_are_alike_in_any_process():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    told = [(line["event"], line["logger"], line["level"], line["job"]) for line in lines]
    assert told == [("told", "jobs.erasing", "info", "job_1"), ("told too", "a.library", "warning", "job_1")]
    assert lines[0]["tenant"] == "shop"
    assert all(line["timestamp"].endswith("Z") for line in lines)
