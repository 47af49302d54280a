"""The manifest: what was done to a photo, so that anyone can check it or do it again. Plain JSON values only."""

from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from typing import Any

from jobs.records import Claim, OutputRecord, UploadRecord
from worker.decoder_child import DecodedFacts
from worker.operations import OperationContext

_DISTRIBUTION = "packshot-server"


@dataclass
class Notes:
    """What the runner writes down on a job's way; `manifest` makes it presentable."""

    upload: UploadRecord | None = None
    decoded: DecodedFacts | None = None
    operations: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[OutputRecord] = field(default_factory=list)
    timings_ms: dict[str, float] = field(default_factory=dict)

    def add_operation(self, params: Any, size: tuple[int, int], context: OperationContext, took_ms: float) -> None:
        """Note one operation done: parameters, the size it left, what it found, what the engine did, and the time."""
        parameters = params.model_dump(mode="json", exclude={"op"}, exclude_none=True)
        self.operations.append(
            {
                "op": params.op,
                "parameters": parameters,
                "width": size[0],
                "height": size[1],
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
    assert notes.upload is not None
    assert notes.decoded is not None
    return {
        "packshot": version(),
        "job": claim.job_id,
        "attempt": claim.attempt,
        "input": {
            "sha256": claim.spec.input.sha256,
            "bytes": notes.upload.size,
            **asdict(notes.decoded),
        },
        "seed": claim.spec.seed,
        "operations": notes.operations,
        "outputs": [_output(record, claim) for record in notes.outputs],
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


def _output(record: OutputRecord, claim: Claim) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(record).items() if name != "path"}
    return shown if record.format == "png" else shown | {"quality": claim.spec.output.quality}
