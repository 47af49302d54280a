"""Channels by the SHA-256 of what they demand, so that work done under other rules is not taken for the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from jobs.presets.fields import Preset
from jobs.spec import JobSpec
from jobs.version import version


def digested(preset: Preset) -> dict[str, Any]:
    """A channel as it is, with the SHA-256 (hex) of its JSON (keys sorted, no spaces)."""
    told = preset.model_dump(mode="json", exclude_none=True)
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return {"digest": hashlib.sha256(text.encode()).hexdigest(), **told}


def digests_of(presets: Mapping[str, Preset]) -> dict[str, str]:
    """The SHA-256 (hex) of each channel, by its name."""
    return {name: digested(preset)["digest"] for name, preset in presets.items()}


def rules_of(spec: JobSpec, known: Mapping[str, str]) -> str:
    """What decides on a job's files besides its spec: this release, and its channels' ``digests_of``."""
    return " ".join([version(), *(f"{name}={known.get(name, '')}" for name in spec.renditions)])
