"""Jobs as they are sent and answered, for people to copy; tests send each of them."""

from types import MappingProxyType
from typing import Any

UPLOAD = "sha256:4b495490d9a2caf5831953b4430786d4cdde5129a8e571aa2c16f7ef5325e114"
"""The id of docs/samples/mug.jpg, for tests to upload first."""

_PHOTO = {"upload": UPLOAD}
JOB = "job_06h07j6kpa0tq0hvdpiiq0jb4g"
"""A made-up job, for which tests put one of their own."""

_BASE = "http://127.0.0.1:8080"
_SELF = f"{_BASE}/v1/jobs/{JOB}"
_URLS = {"self": _SELF, **{name: f"{_SELF}/{name}" for name in ("events", "cancel", "manifest")}}

SPECS: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        "What the photo needs": {"input": _PHOTO, "operations": "auto", "external_id": "SKU-123"},
        "On white, twice as large": {
            "input": _PHOTO,
            "operations": [
                {"op": "relight"},
                {"op": "restore"},
                {"op": "cutout"},
                {"op": "background", "color": "#ffffff", "shadow": "contact"},
                {"op": "upscale", "factor": 2},
            ],
            "output": {"format": "webp", "quality": 90},
        },
        "Ready for two channels": {"input": _PHOTO, "renditions": ["amazon-main", "shopify-square"]},
        "Three colours": {
            "input": _PHOTO,
            "operations": [{"op": "recolor", "colors": ["navy", "#b5651d", "forest green"]}],
            "seed": 7,
        },
        "Something new": {
            "operations": [{"op": "generate", "text": "navy striped dress", "count": 8}],
            "priority": "bulk",
            "metadata": {"campaign": "spring"},
        },
    }
)

FORM_SPEC: dict[str, Any] = {"operations": [{"op": "restore"}]}

ACCEPTED: dict[str, Any] = {"id": JOB, "state": "queued", "urls": _URLS}

_SPEC: dict[str, Any] = {
    "input": _PHOTO,
    "operations": [{"op": "upscale", "factor": 2, "style": "faithful"}],
    "renditions": [],
    "check": False,
    "priority": "interactive",
    "metadata": {},
}
_SIZE = {"width": 1440, "height": 1920}
_FILE = {"index": 0, "format": "jpeg", **_SIZE, "bytes": 312480, "sha256": "9f" * 32}
_REVIEW: dict[str, Any] = {"needs_review": False, "reasons": []}

DONE: dict[str, Any] = {
    "id": JOB,
    "state": "succeeded",
    "progress": {
        "fraction": 1.0,
        "stage": "encode",
        "operations": [{"op": "upscale", "state": "done", "fraction": 1.0}],
    },
    "queue_position": None,
    "waiting_for": None,
    "worker_silence": None,
    "eta_s": None,
    "attempt": 1,
    "cancel_requested": False,
    "created_at": "2026-02-03T04:05:06.789Z",
    "started_at": "2026-02-03T04:05:07.012Z",
    "finished_at": "2026-02-03T04:05:09.345Z",
    "expires_at": "2026-02-04T04:05:09.345Z",
    "outputs": [
        _FILE
        | {
            "url": f"{_SELF}/outputs/0?tenant=acme&expires=1770092700&kid=1&signature=c2lnbmVk",
            "needs_review": False,
            "decision": None,
        }
    ],
    "needs_review": False,
    "problem": None,
    "spec": _SPEC,
    "urls": _URLS,
    "review": _REVIEW,
    "manifest": {
        "packshot": "0.1.0",
        "job": JOB,
        "attempt": 1,
        "input": {
            "sha256": UPLOAD.removeprefix("sha256:"),
            "bytes": 101290,
            "width": 720,
            "height": 960,
            "alpha": False,
            "format": "jpeg",
            "mode": "RGB",
            "orientation": 1,
            "profile": "sRGB",
        },
        "spec": _SPEC,
        "seed": 7,
        "operations": [{"op": "upscale", **_SIZE, "findings": {}, "warnings": [], "engine": [], "took_ms": 2104.5}],
        "outputs": [_FILE | {"needs_review": False}],
        "review": _REVIEW,
        "presets": {},
        "engine": {"backend": "onnxruntime"},
        "software": {"python": "3.11.7"},
        "timings_ms": {"decode": 14.2, "upscale": 2104.5, "encode": 31.8},
    },
}
"""A job that has ended well, cut short in its manifest's findings and figures of the engine."""
