"""Packshot's queue: submit (a spec, checked) → record → hint → claim → body → fenced finish, in the real worker's loop.

Left out is what a photo needs: no HTTP (but for `http`), no decode, no encode, no blob. Heartbeats, reaper, webhooks'
dispatch and the logs are the worker's own and run. `http`: submits through the API, on one kept connection.
"""

import http.client
import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from benchmarks.peers.queue.submitter import obey

_TENANT = "bench"
_SHA256 = "ab" * 32
_SPEC = {"input": {"upload": f"sha256:{_SHA256}"}, "operations": [{"op": "rotate", "angle": 0}]}


def main(role: str, url: str, threads: str, *options: str) -> None:
    """Submit, serve the API, or work with so many threads."""
    os.environ |= {
        "PACKSHOT_REDIS_URL": url,
        "PACKSHOT_BACKEND": "fake",
        "PACKSHOT_DATA_DIR": os.environ["QUEUE_FOLDER"],
        "PACKSHOT_MAX_PENDING": "100000",
        "PACKSHOT_MAX_ACTIVE_PER_TENANT": "100000",
        "PACKSHOT_MAX_WAIT_S": "0",
        "PACKSHOT_REQUESTS_PER_MINUTE": "0",
    }
    if role == "work":
        _work(threads)
    elif role == "serve":
        from api.__main__ import main as serve

        serve([])
    elif "http" in options:
        obey(*_through_http())
    else:
        obey(*_through_jobs())


def _work(threads: str) -> None:
    from benchmarks.peers.queue.tally import do_nothing
    from worker import tasks
    from worker.start import main as work

    class Nothing:
        """In place of a photo's way through the worker."""

        def __init__(self, *_: object) -> None:
            pass

        def result(self) -> tuple[list[Any], dict[str, Any]]:
            do_nothing()
            return [], {}

    setattr(tasks, "Run", Nothing)  # noqa: B010  (mypy: it is that module's own import)
    sys.exit(work(["--concurrency", threads]))


def _through_jobs() -> tuple[Callable[[], object], Callable[[], object]]:
    from jobs.queue import HintQueue, make_celery
    from jobs.spec import validate_spec

    store = _open_store()
    hints = HintQueue(make_celery(store.settings), store.settings)
    _know_photo(store, _TENANT)

    def submit() -> str:
        spec = validate_spec(json.loads(json.dumps(_SPEC)))
        return str(store.submit(_TENANT, spec, hint=hints.enclosed(spec)).job_id)

    def trip() -> None:
        view = store.wait(_TENANT, submit(), seen_version=None, until_terminal=True, timeout_s=60)
        assert view is not None
        assert view.state.is_terminal

    return submit, trip


def _through_http() -> tuple[Callable[[], object], Callable[[], object]]:
    _know_photo(_open_store(), "dev")  # the development key's tenant
    connection = http.client.HTTPConnection(urlsplit(os.environ["QUEUE_API"]).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {os.environ['QUEUE_KEY']}", "Content-Type": "application/json"}
    body = json.dumps(_SPEC)

    def post(path: str, wanted: int) -> None:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status == wanted, (answer.status, told)

    return lambda: post("/v1/jobs", 202), lambda: post("/v1/jobs?wait=20", 200)


def _open_store() -> Any:
    from jobs.connection import connect
    from jobs.settings import JobsSettings, read_settings
    from jobs.store import JobStore

    settings = read_settings(JobsSettings)
    return JobStore(connect(settings.redis_url), settings)


def _know_photo(store: Any, tenant: str) -> None:
    from jobs.records import UploadRecord

    store.put_upload(tenant, _SHA256, UploadRecord(f"uploads/{tenant}/{_SHA256}/none", 1, "jpeg", 100, 100))


if __name__ == "__main__":
    main(*sys.argv[1:])
