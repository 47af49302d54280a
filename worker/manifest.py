"""The manifest: what was done or made, so that anyone can check it or do it again. Plain JSON values only."""

import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import PIL
from PIL import features

from jobs.presets import Preset, digested
from jobs.records import Claim, OutputRecord
from jobs.version import version
from worker.decoder_child import DecodedFacts
from worker.operations import OperationContext
from worker.picture import Picture
from worker.review import review
from worker.uploads import InputPhoto

_OF_THE_JOB = {"priority", "deadline_s", "expires_in_s", "external_id", "metadata", "webhook"}


@dataclass
class Notes:
    """What the runner writes down on a job's way; `manifest` makes it presentable.

    `channels` are parts of the manifest that concern channels rather than one file: "check" and "srcset".
    """

    photo: InputPhoto | None = None
    decoded: DecodedFacts | None = None
    operations: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[OutputRecord] = field(default_factory=list)
    output_facts: list[dict[str, Any]] = field(default_factory=list)
    channels: dict[str, Any] = field(default_factory=dict)
    presets: Mapping[str, Preset] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Time what the block does under that name; several pictures' times add up."""
        started = time.monotonic()
        yield
        self.timings_ms[step] = round(self.timings_ms.get(step, 0.0) + milliseconds_since(started), 3)

    def add_output(self, record: OutputRecord, facts: dict[str, Any]) -> None:
        """Note one file, and what its entry in the manifest tells beside its record."""
        self.outputs.append(record)
        self.output_facts.append(facts)

    def review(self, limits: Mapping[str, float]) -> dict[str, Any]:
        """What a person should look at, and why; the records of those outputs are marked."""
        steps = [*self.operations, *({"op": "renditions", **each} for each in self.channels.get("renditions", ()))]
        found = review(self.output_facts, steps, limits)
        about = {reason["output"] for reason in found["reasons"]}
        marked = [replace(each, needs_review=bool(about & {None, each.index})) for each in self.outputs]
        self.outputs[:] = marked
        return found

    def add_operation(
        self, params: Any, picture: Picture, context: OperationContext, took_ms: float, output: int | None = None
    ) -> None:
        """Note one operation done: parameters, the size it left, what it found, what the engine did, and the time.

        `output` says to which of several pictures it was done; the parameters, which are the same for all, stand with
        the first of them alone, so that a long spec is not told sixty times.
        """
        parameters = {} if output else {"parameters": params.model_dump(mode="json", exclude={"op"}, exclude_none=True)}
        self.operations.append(
            {
                "op": params.op,
                **({} if output is None else {"output": output}),
                **parameters,
                "width": picture.width,
                "height": picture.height,
                "findings": context.findings,
                "warnings": context.warnings,
                "engine": context.facts,
                "took_ms": took_ms,
            }
        )


def milliseconds_since(started: float) -> float:
    """Since that moment of the monotonic clock (s), to a microsecond."""
    return round((time.monotonic() - started) * 1000, 3)


def manifest(claim: Claim, notes: Notes, engine: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a finished job. `engine` is the engine's description of itself; the models used stand with the
    operations that used them.
    """
    return {
        "packshot": version(),
        "job": claim.job_id,
        "attempt": claim.attempt,
        "input": _input(claim, notes),
        "spec": _spec(claim, notes),
        "seed": claim.seed,
        "operations": notes.operations,
        "outputs": [
            _output(record, claim) | facts for record, facts in zip(notes.outputs, notes.output_facts, strict=True)
        ],
        **notes.channels,
        "presets": {name: digested(preset) for name, preset in notes.presets.items()},
        "engine": {name: value for name, value in engine.items() if name != "models"},
        "software": software(),
        "timings_ms": notes.timings_ms,
    }


@cache
def software() -> dict[str, str]:
    """What else has a hand in a file's bytes, by name and version: the libraries that compute and write pixels."""
    codecs = {name: features.version(name) for name in ("webp", "avif", "jpg", "zlib")}
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
        **{name: str(found) for name, found in codecs.items() if found},
    }


def _spec(claim: Claim, notes: Notes) -> dict[str, Any]:
    """The spec as it was asked, with what was left to the server: the seed, and of a photo under a URL its SHA-256.

    Not what concerns this one job alone: when, for whom and until when it was done. The URL of a webhook may hold a
    secret, too.
    """
    spec = claim.spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_OF_THE_JOB)
    spec["seed"] = claim.seed
    if notes.photo is not None:
        spec["input"] = {"upload": f"sha256:{notes.photo.sha256}"}
    return spec


def _input(claim: Claim, notes: Notes) -> dict[str, Any] | None:
    """What the photo was; None where the job is about a wish."""
    if claim.spec.input is None:
        return None
    assert notes.photo is not None
    assert notes.decoded is not None
    source = {"url": notes.photo.url} if notes.photo.url else {}
    return {"sha256": notes.photo.sha256, "bytes": notes.photo.size, **source, **asdict(notes.decoded)}


def _output(record: OutputRecord, claim: Claim) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(record).items() if name != "path"}
    if record.rendition:
        return shown
    shown = {name: value for name, value in shown.items() if name not in {"rendition", "name"}}
    assert claim.spec.written is not None
    return shown if record.format == "png" else shown | {"quality": claim.spec.written.quality}
