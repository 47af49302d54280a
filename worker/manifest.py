"""The manifest: what was done or made, so that anyone can check it or do it again. Plain JSON values only."""

from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from typing import Any

from jobs.records import Claim, OutputRecord
from worker.decoder_child import DecodedFacts
from worker.operations import OperationContext
from worker.picture import Picture
from worker.uploads import InputPhoto

_DISTRIBUTION = "packshot-server"


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
    timings_ms: dict[str, float] = field(default_factory=dict)

    def add_output(self, record: OutputRecord, facts: dict[str, Any]) -> None:
        """Note one file, and what its entry in the manifest tells beside its record."""
        self.outputs.append(record)
        self.output_facts.append(facts)

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


def manifest(claim: Claim, notes: Notes, engine: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a finished job. `engine` is the engine's description of itself; the models used stand with the
    operations that used them.
    """
    return {
        "packshot": version(),
        "job": claim.job_id,
        "attempt": claim.attempt,
        "input": _input(claim, notes),
        "seed": claim.seed,
        "operations": notes.operations,
        "outputs": [
            _output(record, claim) | facts for record, facts in zip(notes.outputs, notes.output_facts, strict=True)
        ],
        **notes.channels,
        "engine": {name: value for name, value in engine.items() if name != "models"},
        "timings_ms": notes.timings_ms,
    }


@cache
def version() -> str:
    """The version of the installed server distribution."""
    try:
        return metadata.version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"


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
