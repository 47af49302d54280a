"""A whole Packshot to throw bad input at: real gunicorn, worker and Redis; and what can be seen from outside."""

import json
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from api.keys import KeyRing
from jobs.connection import connect
from tests.badinput.wire import Answer, exchanged
from tests.faults.installation import Installation
from tests.faults.processes import Process, Program
from tests.waiting import until
from tests.worker.photo_host import ADDRESS, NAME, PhotoHost

REBINDING = "rebinding.example"
PATIENCE_S = 60.0
SETTINGS: Mapping[str, str] = {
    "PACKSHOT_BACKEND": "fake",
    "PACKSHOT_WEBHOOKS_PRIVATE": "false",
    "PACKSHOT_MAX_UPLOAD_MB": "4",
    "PACKSHOT_API_STALL_S": "2",
    "PACKSHOT_FETCH_URLS": "true",
    "PACKSHOT_FETCH_TIMEOUT_S": "10",
    "PACKSHOT_MAX_ATTEMPTS": "1",
}
"""Small limits, so that going over them is quick; photos by URL on, one attempt at each."""

OPERATIONS = ({"op": "resize", "width": 32},)
ROOT = Path(__file__).parents[2]
MUG = ROOT / "docs" / "samples" / "mug.jpg"
OWNER = ("jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage")


@dataclass(frozen=True)
class Seen:
    """What is there at one moment: the processes of API and worker, and the bytes that the largest of each holds."""

    pids: frozenset[int]
    api_bytes: int
    worker_bytes: int


class Place(Installation):
    """The installation, a host of photos beside it, and keys of the tenant `shop`."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, workers: int = 1) -> None:
        super().__init__(folder, {**SETTINGS, **(settings or {})}, workers=workers)
        self._lost = 0
        self._beside = ExitStack()
        """Closed once, by whoever notices first that the set-up has failed, or at the end."""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if unlearned := self.settings.pop("BADINPUT_WITHOUT", ""):
            self.settings["PACKSHOT_WEIGHTS_DIR"] = str(_weights_without(unlearned, self.folder / "weights"))
        self.photo_host = PhotoHost(self.folder)
        self._beside.callback(self.photo_host.close)
        try:
            super().__enter__()
        except BaseException:
            self._beside.close()
            raise
        self.ring = KeyRing(connect(self.redis.url))
        self.shop_key = self.ring.create("shop", scopes=OWNER).text
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(self, "http"):
            self.http.close()
        super().__exit__(kind, error, trace)
        self._beside.close()

    def call(self, method: str, path: str, *, key: str | None = "", **options: Any) -> Answer:
        """One request with the shop's key (or another, None for none); `options` are httpx's."""
        headers = {} if key is None else {"Authorization": f"Bearer {key or self.shop_key}"}
        headers |= options.pop("headers", {})
        answer = self.http.request(method, path, headers=headers, **options)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    def say(self, *pieces: bytes, ends: bool = True) -> Answer:
        """Bytes as they are, on a connection of their own, and the answer to them."""
        return exchanged(("127.0.0.1", self.port), pieces, ends=ends)

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """A request's head with the shop's key."""
        told = [f"{method} {path} HTTP/1.1", "Host: packshot", f"Authorization: Bearer {self.shop_key}", *lines]
        return ("\r\n".join(told) + "\r\n\r\n").encode("latin-1")

    def upload(self, data: bytes, content_type: str = "application/octet-stream") -> Answer:
        """The bytes as a photo."""
        return self.call("POST", "/v1/uploads", content=data, headers={"Content-Type": content_type})

    def good_photo(self) -> str:
        """The id of a small sample photo, uploaded."""
        return str(self.upload(MUG.read_bytes()).document["id"])

    def spec(self, **fields: Any) -> dict[str, Any]:
        """A spec that is done in a moment, but for `fields`."""
        return {"input": {"upload": self.good_photo()}, "operations": list(OPERATIONS), **fields}

    def submit(self, spec: Mapping[str, Any], **options: Any) -> Answer:
        """The spec as a job."""
        return self.call("POST", "/v1/jobs", json=spec, **options)

    def ended(self, accepted: Answer) -> dict[str, Any]:
        """The job, once it has ended."""
        assert accepted.status == 202, accepted.text
        path = f"/v1/jobs/{accepted.document['id']}"
        told: list[dict[str, Any]] = []

        def has_ended() -> bool:
            told.append(self.call("GET", f"{path}?wait=10").document)
            return told[-1]["state"] in {"succeeded", "failed", "canceled", "expired"}

        until(has_ended, f"the end of {path}", PATIENCE_S)
        return told[-1]

    def done(self, **fields: Any) -> dict[str, Any]:
        """A job that has succeeded."""
        found = self.ended(self.submit(self.spec(**fields)))
        assert found["state"] == "succeeded", found
        return found

    def seen(self) -> Seen:
        """Who is there, and how much memory they hold."""
        return Seen(
            frozenset(process.pid for process in [self.api, *self.workers]),
            _largest(self.api),
            max((_largest(worker) for worker in self.workers), default=0),
        )

    def cpu_s(self) -> float:
        """Seconds of a processor that API and workers have used so far, with the children that they have waited for."""
        return sum(_used_s(pid) for process in [self.api, *self.workers] for pid in process.pids())

    @property
    def lost(self) -> int:
        """How many times a process has ended so far."""
        return sum(len(process.codes) for process in [self.api, *self.workers])

    def check_alive(self) -> None:
        """Nobody has ended since the last look, and a good request is answered."""
        lost, self._lost = self.lost - self._lost, self.lost
        assert not lost, f"{lost} processes were lost; see {self.folder / 'logs'}"
        answer = self.call("GET", "/v1/jobs?limit=1")
        assert answer.status == 200, answer.text

    def worker_program(self, name: str) -> Program:
        """A worker whose way out of this machine leads to the host of photos."""
        strays = {
            "PYTHONPATH": str(ROOT),
            "SSL_CERT_FILE": str(self.photo_host.folder / "certificate.pem"),
            "BADINPUT_HOST": json.dumps(self.photo_host.place),
            "BADINPUT_NAMES": json.dumps({NAME: [[ADDRESS]], REBINDING: [[ADDRESS, "10.0.0.7"]]}),
        }
        return Program(name, "tests.badinput.stray_worker", (), self.environment() | strays)


def _weights_without(model: str, folder: Path) -> Path:
    """The committed models, but for those whose name begins so."""
    folder.mkdir(parents=True)
    for weights in (ROOT / "engine" / "weights").iterdir():
        if weights.is_dir() and not weights.name.startswith(model):
            (folder / weights.name).symlink_to(weights)
    return folder


def _largest(process: Process) -> int:
    """The most that any of its processes has ever held; of those that have ended, nobody knows any more."""
    return max((_peak(pid) for pid in process.pids()), default=0)


def _used_s(pid: int) -> float:
    with suppress(psutil.Error):  # it ended while we looked: its parent has its time
        told = psutil.Process(pid).cpu_times()
        return float(told.user + told.system + told.children_user + told.children_system)
    return 0.0


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it ended while we looked
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)
