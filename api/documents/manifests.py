"""The manifest of a finished job, and the review that is a part of it; docs/manifest.md says what each field means."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from api.documents.parts import Document, JobId, Sha256

Facts = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]
Box = Annotated[list[int], Field(min_length=4, max_length=4, description="x, y, width and height, in pixels.")]


class Reason(Document):
    """Why a picture needs a person's look. ``output`` is its index, null where all are concerned.

    ``rule`` is the one of its channel that a file does not keep; its measure is "rule" then.
    """

    output: int | None
    measure: str
    measured: float | None
    allowed: float | None
    box: Box | None = None
    rule: str | None = None
    sentence: str


class ReviewFound(Document):
    """Whether a person should look at the pictures before anybody else does, and every reason."""

    needs_review: bool
    reasons: list[Reason]


class EngineWork(Document):
    """How one network's part of an operation went."""

    model: str
    version: str
    digest: Annotated[str, Field(description="SHA-256 of the ONNX file.")]
    backend: str
    precision: str
    units: int
    batches: int
    mean_batch_size: float
    mean_batch_works: float
    wait_ms: float
    device_ms: float
    halo_waste: float
    padding_waste: float
    flush_reasons: dict[str, int]


class OperationDone(Document):
    """One operation: what it was told, the size that it left, and what it found. ``output``: to which of several."""

    op: str
    output: int | None = None
    parameters: Facts | None = None
    width: int
    height: int
    findings: Facts
    warnings: list[str]
    engine: list[EngineWork]
    took_ms: float


class ChannelsMade(Document):
    """How the files for channels were made of one picture."""

    output: int | None = None
    findings: Facts
    warnings: list[str]
    engine: list[EngineWork]


class RuleGrade(Document):
    """One rule of a channel, held against one picture; a ``kind`` "technical" decides whether the picture passed."""

    rule: str
    title: str
    kind: Literal["technical", "advice"]
    passed: bool
    measured: str
    required: str


class Graded(Document):
    """Whether a picture is fit for a channel, and every rule's measure."""

    title: Annotated[str | None, Field(description="The channel's, in the check of a photo.")] = None
    passed: bool
    rules: list[RuleGrade]
    proposal: Annotated[Facts | None, Field(description="Operations that would make the photo fit, and why.")] = None


class ManifestOutput(Document):
    """One file: what lies there, how far it is from the photo (``fidelity``), and how a channel's rules grade it."""

    index: int
    format: str
    width: int
    height: int
    bytes: int
    sha256: Sha256
    rendition: str | None = None
    name: str | None = None
    needs_review: bool
    quality: int | None = None
    fidelity: Facts | None = None
    digital_source_type: str | None = None
    enlarged: float | None = None
    ground: str | None = None
    checks: Graded | None = None


class InputFacts(Document):
    """What the photo was. ``url`` is where it was fetched from, without its query."""

    sha256: Sha256
    bytes: int
    url: str | None = None
    width: int
    height: int
    alpha: bool
    format: str
    mode: str
    orientation: int
    profile: str


class Manifest(Document):
    """What was done to the photo or made of the wish, by which models, so that anyone can check it or do it again."""

    packshot: Annotated[str, Field(description="The server's version.")]
    job: JobId
    attempt: int
    input: InputFacts | None
    spec: Facts
    seed: int
    operations: list[OperationDone]
    outputs: list[ManifestOutput]
    check: dict[str, Graded] | None = None
    renditions: list[ChannelsMade] | None = None
    srcset: Facts | None = None
    review: ReviewFound
    presets: dict[str, Facts]
    engine: Facts
    software: dict[str, str]
    timings_ms: dict[str, float]
