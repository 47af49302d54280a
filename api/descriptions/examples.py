"""Jobs as they are sent and answered, for people to copy; tests send each of them."""

from types import MappingProxyType
from typing import Any

UPLOAD = "sha256:4b495490d9a2caf5831953b4430786d4cdde5129a8e571aa2c16f7ef5325e114"
"""The id of docs/samples/mug.jpg, for tests to upload first."""

_PHOTO = {"upload": UPLOAD}
_JOB = "job_06h07j6kpa0tq0hvdpiiq0jb4g"
_BASE = "http://127.0.0.1:8080"
_URLS = {"self": f"{_BASE}/v1/jobs/{_JOB}", "cancel": f"{_BASE}/v1/jobs/{_JOB}/cancel"}

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

ACCEPTED: dict[str, Any] = {"id": _JOB, "state": "queued", "urls": _URLS}

DONE: dict[str, Any] = {
    "id": _JOB,
    "state": "running",
    "progress": {"fraction": 0.5, "stage": "upscale"},
    "queue_position": None,
    "attempt": 1,
    "cancel_requested": False,
    "created_at": "2026-02-03T04:05:06.789Z",
    "started_at": "2026-02-03T04:05:07.012Z",
    "finished_at": None,
    "expires_at": None,
    "outputs": [],
    "needs_review": False,
    "problem": None,
    "spec": {
        "input": _PHOTO,
        "operations": [{"op": "upscale", "factor": 2, "style": "faithful"}],
        "renditions": [],
        "check": False,
        "priority": "interactive",
        "metadata": {},
    },
    "urls": _URLS,
    "review": None,
    "manifest": None,
}
