"""Shops that send photos and jobs to a service until it is gone, and note what it promised them and when."""

import hashlib
import http.client
import io
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

_SHOPS = 4
_SIDE_PX = 96
_TIMEOUT_S = 20.0
_PATIENCE_S = 120.0
_ENDED = {"succeeded", "failed", "canceled", "expired"}


@dataclass
class Promise:
    """A job that was answered with 202: when (``time.monotonic``), and what it was asked with.

    ``shown`` is the SHA-256 of the result that was fetched before the power went, "" where none was.
    """

    job_id: str
    at: float
    key: str
    spec: dict[str, Any]
    photo: bytes
    shown: str = ""


@dataclass(frozen=True)
class Door:
    """The API of one service, by one key."""

    url: str
    key: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """(status, body); 0 where nobody answers."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": kind, **headers}
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, ValueError, http.client.HTTPException):
            return 0, b""

    def look(self, path: str) -> tuple[int, dict[str, Any]]:
        """(status, document) of something."""
        status, body = self.ask("GET", path)
        return status, json.loads(body) if body else {}

    def submit(self, photo: bytes, key: str) -> tuple[int, str, dict[str, Any]]:
        """Send a photo and its job; (status, id, spec)."""
        status, body = self.ask("POST", "/v1/uploads", photo)
        if status not in {200, 201}:
            return status, "", {}
        spec = {"input": {"upload": json.loads(body)["id"]}, "operations": [{"op": "rotate", "angle": 0}]}
        status, body = self.ask("POST", "/v1/jobs", spec, **{"Idempotency-Key": key})
        return status, json.loads(body)["id"] if status == 202 else "", spec

    def result(self, job_id: str) -> tuple[str, str]:
        """(SHA-256 that the record promises, SHA-256 of the bytes that come) of a succeeded job's output."""
        _, body = self.ask("GET", f"/v1/jobs/{job_id}/outputs/0")
        _, job = self.look(f"/v1/jobs/{job_id}/manifest")
        return job["outputs"][0]["sha256"], hashlib.sha256(body).hexdigest()

    def until_ended(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended. Raises TimeoutError after two minutes."""
        give_up_at = time.monotonic() + _PATIENCE_S
        while time.monotonic() < give_up_at:
            status, job = self.look(f"/v1/jobs/{job_id}?wait=10")
            if status == 200 and job["state"] in _ENDED:
                return job
        raise TimeoutError(f"{job_id} did not end within {_PATIENCE_S:g} s")


@dataclass
class Traffic:
    """Shops that submit, half of which also wait for each result and fetch it, until ``stop``."""

    door: Door
    promises: list[Promise] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to send."""
        for number in range(_SHOPS):
            self._threads.append(threading.Thread(target=self._shop, args=(number % 2 == 1,), daemon=True))
            self._threads[-1].start()

    def join(self) -> None:
        """Wait until the last shop has noticed."""
        for thread in self._threads:
            thread.join(_TIMEOUT_S * 2)

    def _shop(self, patient: bool) -> None:
        while not self.stop.is_set():
            key, photo = str(uuid.uuid4()), _photo()
            status, job_id, spec = self.door.submit(photo, key)
            if status == 0:
                return
            if not job_id:
                continue
            promise = Promise(job_id, time.monotonic(), key, spec, photo)
            self.promises.append(promise)
            if patient:
                self._fetch(promise)
            self.stop.wait(0.02)

    def _fetch(self, promise: Promise) -> None:
        status, job = self.door.look(f"/v1/jobs/{promise.job_id}?wait=10")
        if status == 200 and job.get("state") == "succeeded":
            status, body = self.door.ask("GET", f"/v1/jobs/{promise.job_id}/outputs/0")
            if status == 200:
                promise.shown = hashlib.sha256(body).hexdigest()


def _photo() -> bytes:
    """A photo that nobody sent before."""
    noise = np.frombuffer(secrets.token_bytes(_SIDE_PX * _SIDE_PX * 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise.reshape(_SIDE_PX, _SIDE_PX, 3)).save(file, "JPEG", quality=85)
    return file.getvalue()
