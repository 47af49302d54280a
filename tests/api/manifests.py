"""A manifest as workers write them, for jobs that tests finish by themselves."""

from typing import Any


def whole_manifest(**changes: Any) -> dict[str, Any]:
    """Every member that a manifest always has, with ``changes`` laid over."""
    return {
        "packshot": "0.1.0",
        "job": "job_" + "0" * 26,
        "attempt": 1,
        "input": None,
        "spec": {},
        "seed": 7,
        "operations": [],
        "outputs": [],
        "review": {"needs_review": False, "reasons": []},
        "presets": {},
        "engine": {"backend": "fake"},
        "software": {"python": "3.11.7"},
        "timings_ms": {"decode": 1.5},
    } | changes
