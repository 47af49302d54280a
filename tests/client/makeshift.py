"""A makeshift Packshot: the real spec, real uploads and real pictures over HTTP, but no queue and no network.

For what only a server that makes pictures can show, in tests that must not wait for one.
"""

import hashlib
import io
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

from jobs.problems import ProblemError
from jobs.spec import parse_spec

from .makeshift_batches import Batches

POOR = "picture 3 is poor, and no better one was made: sharpness: 0.2; at least 0.25 is needed"
BORDER = {
    "rule": "border", "title": "Ground along the outer 1%", "kind": "technical", "passed": False,
    "measured": "99.55%", "required": "at least 99.9% white",
}  # fmt: skip
AWAY = {"type": "/problems/unavailable", "title": "The service is not available", "detail": "Redis is away"}
MAKERS = ("generate", "variations")
WIDE = "web-responsive"  # asked for last
_SUFFIXES = {"jpeg": "jpg", "png": "png", "webp": "webp"}
Reply = tuple[int, dict[str, Any] | bytes]


class MakeshiftServer(Batches):
    """Jobs are done as soon as they are asked for, unless `held`; `fail_with` has the problem of a job's end.

    Pictures are of the format `kind`; `on_submit` is called as a job is asked for. Those for the channels `unfit` break
    a rule. The next `away_for` questions about jobs are refused, as where the record is away.
    """

    def __init__(self) -> None:
        self.specs: list[dict[str, Any]] = []
        self.canceled: list[str] = []
        self.held = threading.Event()
        self._hold_after: int | None = None
        self.fail_with: dict[str, Any] | None = None
        self.kind = "jpeg"
        self.on_submit: Callable[[], object] = lambda: None
        self.unknown: list[str] = []
        self.unfit: set[str] = set()
        self.away_for = 0
        self.warnings: list[str] = []
        self.models: dict[str, Any] | None = None
        self.asked_models = 0
        self._jobs: dict[str, dict[str, Any]] = {}
        self._outputs: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self.sent = 0
        self.start_batches()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hold_after(self, jobs: int) -> None:
        """Jobs after so many stay `running` until `held` is cleared."""
        self._hold_after = jobs

    def make_job(self, spec: dict[str, Any]) -> str:
        with self._lock:
            job_id = f"job_row_{len(self._jobs)}"
            self._jobs[job_id] = {"operations": [], "input": {"upload": spec.get("upload")}, **spec}
        return job_id

    def job_outputs(self, job_id: str) -> list[dict[str, Any]]:
        return list(self._document(job_id)["outputs"])

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        if path.startswith("/v1/batches"):
            return self.answer_batch(method, path, body, headers)
        match path.partition("?")[0].strip("/").split("/"):
            case ["healthz"]:
                return 200, {"status": "ok"}
            case ["v1", "models"] if self.models is not None:
                self.asked_models += 1
                return 200, {"models": self.models}
            case ["v1", "operations"]:
                return 200, {"generate": {"properties": {}}, "restore": {"properties": {}}}
            case ["v1", "uploads"]:
                return self._uploaded(body)
            case ["v1", "jobs"] if method == "POST":
                return self._submitted(body)
            case ["v1", "jobs", job_id, "cancel"]:
                self.canceled.append(job_id)
                return 200, self._document(job_id)
            case ["v1", "jobs", job_id]:
                return self._asked_for(job_id)
            case ["outputs", name]:
                return 200, self._outputs[name]
        return 404, {"type": "/problems/not-found", "title": "There is no such thing"}

    def _uploaded(self, body: bytes) -> Reply:
        status, reply = _uploaded(body)
        if status == 201 and isinstance(reply, dict):
            self.sent += 1
            self.uploads.add(reply["id"])
        return status, reply

    def _submitted(self, body: bytes) -> Reply:
        try:
            parse_spec(body)
        except ProblemError as error:
            return 422, error.problem.to_json()
        spec = json.loads(body)
        self.on_submit()
        with self._lock:
            self.specs.append(spec)
            if self._hold_after is not None and len(self.specs) == self._hold_after + 1:
                self.held.set()
            job_id = f"job_{len(self.specs)}"
            self._jobs[job_id] = spec
        return 202, {"id": job_id, "state": "queued"}

    def _asked_for(self, job_id: str) -> Reply:
        if self.away_for > 0:
            self.away_for -= 1
            return 503, AWAY
        return 200, self._document(job_id)

    def _document(self, job_id: str) -> dict[str, Any]:
        if job_id in self.canceled:
            return {"id": job_id, "state": "canceled"}
        if self.held.is_set():
            time.sleep(0.05)
            return {"id": job_id, "state": "running"}
        if self.fail_with is not None:
            return {"id": job_id, "state": "failed", "problem": self.fail_with}
        return self._succeeded(job_id, self._jobs[job_id])

    def _succeeded(self, job_id: str, spec: dict[str, Any]) -> dict[str, Any]:
        asked = [] if spec.get("operations") in (None, "auto") else spec["operations"]
        steps = [{"op": one["op"], "parameters": one, "findings": {}, "warnings": []} for one in asked]
        count = 1
        for step, one in zip(steps, asked, strict=True):
            if one["op"] in MAKERS:
                count = one.get("count", 4)
                step["findings"] = _findings(one, count, self.unknown)
                step["warnings"] = [f"this part of the text was not followed: {words}" for words in self.unknown]
                step["warnings"] += [POOR] * (count > 3)
                step["warnings"] += self.warnings
        channels = spec.get("preset") or spec.get("renditions") or []
        plain = count if not channels or spec.get("output") else 0
        files = [(channel, name, px) for channel in channels for name, px in self._files_of(channel)]
        outputs = [self._output(job_id, spec, index) for index in range(plain)]
        for index, (channel, name, px) in enumerate(files, plain):
            outputs.append(self._output(job_id, spec, index, px) | {"rendition": channel, "name": name})
        told = ("format", "bytes", "sha256", "rendition", "name")
        files = [{name: output[name] for name in told if name in output} for output in outputs]
        for file in files:
            if file.get("rendition") in self.unfit:
                file["checks"] = {"passed": False, "rules": [BORDER, {**BORDER, "rule": "whole", "kind": "advice"}]}
        manifest = {"job": job_id, "seed": spec.get("seed", 7), "operations": steps, "outputs": files}
        if upload := (spec.get("input") or {}).get("upload"):
            manifest["input"] = {"sha256": upload.removeprefix("sha256:")}
        if WIDE in channels:
            manifest["srcset"] = {WIDE: [_snippet([(one["name"], one["width"]) for one in outputs[-2:]])]}
        return {"id": job_id, "state": "succeeded", "outputs": outputs, "manifest": manifest}

    def _files_of(self, channel: str) -> list[tuple[str, int]]:
        """Names and widths: two of the channel that has several."""
        suffix = _SUFFIXES[self.kind]
        return [(f"{WIDE}-{px}.{suffix}", px) for px in (16, 32)] if channel == WIDE else [(f"{channel}.{suffix}", 32)]

    def _output(self, job_id: str, spec: dict[str, Any], index: int, px: int = 32) -> dict[str, Any]:
        told = [spec.get("input"), spec.get("seed"), index]
        shade = hashlib.sha256(json.dumps(told).encode()).digest()
        file = io.BytesIO()
        Image.new("RGB", (px, px), tuple(shade[:3])).save(file, self.kind)
        name, data = f"{job_id}-{index}", file.getvalue()
        self._outputs[name] = data
        digest = hashlib.sha256(data).hexdigest()
        size = {"width": px, "height": px, "bytes": len(data), "sha256": digest}
        return {"index": index, "url": f"/outputs/{name}", "format": self.kind, **size}


def _snippet(files: list[tuple[str, int]]) -> str:
    offers = ", ".join(f"{name} {px}w" for name, px in files)
    return f'<picture>\n  <img src="{files[-1][0]}" srcset="{offers}" sizes="100vw" alt="">\n</picture>'


def _findings(operation: dict[str, Any], count: int, unknown: list[str]) -> dict[str, Any]:
    pictures = [
        {
            "number": 2 * index,
            "quality": round(1 - index / 100, 2),
            "scores": {"realism": 0.5, "sharpness": 0.75},
            "faults": [{"reason": "sharpness", "detail": "0.2; at least 0.25 is needed"}] if index == 3 else [],
            "asked": {"category": "dress"},
            "shown": {"category": "dress"},
        }
        for index in range(count)
    ]
    found: dict[str, Any] = {"candidates": 2 * count, "left": {"outranked": count}, "outputs": pictures}
    if operation["op"] == "variations":
        return found | {"anomaly": {"score": 1.25, "quantile": 0.31}}
    words = (operation.get("text") or "").split()
    understood = [{"text": word, "means": f"word {word}"} for word in words if word not in unknown]
    return found | {"understood": understood, "unknown": unknown}


def _uploaded(body: bytes) -> Reply:
    try:
        with Image.open(io.BytesIO(body)) as photo:
            size = {"format": (photo.format or "").lower(), "width": photo.width, "height": photo.height}
    except OSError:
        return 415, {"type": "/problems/unsupported-image", "title": "The image format is not supported"}
    return 201, {"id": f"sha256:{hashlib.sha256(body).hexdigest()}", "size": len(body), **size}


def _handler(owner: MakeshiftServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, reply = owner.answer(self.command, self.path, body, dict(self.headers))
            data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815  the base class' names

        def log_message(self, *_: object) -> None:
            pass

    return Handler
