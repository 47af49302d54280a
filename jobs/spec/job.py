"""One job as a client writes it: a photo or a wish, the operations, and how the result is wanted."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from jobs.spec.fields import PLAIN, AtMost, Part, Seed, UploadId, sha256_of
from jobs.spec.generation import MAX_PICTURES, Generate, Variations
from jobs.spec.lineage import Parent
from jobs.spec.needs import PossibleNeeds
from jobs.spec.operations import Operation
from jobs.spec.review import Review
from jobs.spec.webhook import WebhookSpec

MAX_OPERATIONS = 16
MAX_RENDITIONS = 16
MAX_METADATA_KEYS = 50

_CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def _form_of_channel(name: str) -> str:
    if not _CHANNEL.fullmatch(name):
        raise PydanticCustomError("channel", "is no channel's name (small letters, digits and -); /v1/presets has them")
    return name


ShortText = Annotated[str, StringConstraints(max_length=500), PLAIN]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=100), PLAIN]
RenditionName = Annotated[
    str, AfterValidator(_form_of_channel), Field(json_schema_extra={"pattern": "^[a-z0-9][a-z0-9-]{0,39}$"})
]
Place = tuple[str | int, ...]


class InputRef(Part):
    """The photo to work on: an upload's id, or the URL that the worker fetches it from (see ``jobs.urls``)."""

    upload: UploadId | None = None
    url: str | None = None

    @property
    def sha256(self) -> str | None:
        """The upload's 64 hex digits alone; None of a URL, whose photo nobody has seen yet."""
        return sha256_of(self.upload) if self.upload else None

    @model_validator(mode="after")
    def _is_an_upload_or_a_url(self) -> Self:
        if (self.upload is None) == (self.url is None):
            raise ValueError(f"input needs either upload or url; got {'neither' if self.upload is None else 'both'}")
        return self


class OutputSpec(Part):
    """How the result is written; "auto" keeps what suits the input. ``quality`` does not concern PNG."""

    format: Literal["auto", "jpeg", "png", "webp", "avif"] = "auto"
    quality: Annotated[int, Field(ge=1, le=100, strict=True)] = 90


class JobSpec(Part):
    """One job: about a photo, ``input``; or about a wish, and then ``generate`` is its first operation.

    ``renditions`` are channels that files are made for, of each picture that there is after the operations. Then the
    plain result is written only where ``output`` says how, and the operations may be left out, or be "auto": what the
    photo needs. ``check`` grades the photo as it is against each channel; alone, it makes no file.
    ``review`` sets from when on a picture is marked for a person's look.
    ``deadline_s`` and ``expires_in_s`` count from submission and from the end. ``parent`` is an earlier job's output
    that this one starts from, or is to take the place of. ``needs`` says which workers may do it.
    """

    input: InputRef | None = None
    operations: Annotated[tuple[Operation, ...], AtMost(MAX_OPERATIONS)] = ()
    renditions: Annotated[tuple[RenditionName, ...], AtMost(MAX_RENDITIONS)] = ()
    check: Annotated[bool, Field(strict=True)] = False
    output: OutputSpec | None = None
    review: Review | None = None
    priority: Literal["interactive", "bulk"] = "interactive"
    deadline_s: Annotated[int, Field(ge=1, le=86400, strict=True)] | None = None
    expires_in_s: Annotated[int, Field(ge=60, le=604800, strict=True)] | None = None
    seed: Seed | None = None
    webhook: WebhookSpec | None = None
    parent: Parent | None = None
    needs: PossibleNeeds = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=200), PLAIN] | None = None
    metadata: Annotated[dict[MetadataKey, ShortText], AtMost(MAX_METADATA_KEYS)] = Field(default_factory=dict)

    @property
    def written(self) -> OutputSpec | None:
        """How the plain result is written; None where the job writes renditions alone, or nothing."""
        return self.output or (None if self.renditions else OutputSpec())

    @property
    def only_checks(self) -> bool:
        """Whether the photo is graded and nothing is made of it."""
        return self.check and not self.operations and self.output is None

    @property
    def uploads(self) -> dict[str, str]:
        """Each upload that the job needs, by its 64 hex digits, and where the spec first names it (RFC 6901)."""
        found = {self.input.sha256: "/input/upload"} if self.input and self.input.sha256 else {}
        for index, operation in enumerate(self.operations):
            for pointer, upload in operation.named_uploads():
                found.setdefault(sha256_of(upload), f"/operations/{index}/{pointer}")
        return found

    @model_validator(mode="before")
    @classmethod
    def _spells_out_auto(cls, document: Any) -> Any:
        if isinstance(document, Mapping) and document.get("operations") == "auto":
            return {**document, "operations": [{"op": "auto"}]}
        return document

    @model_validator(mode="after")
    def _is_about_a_photo_or_a_wish(self) -> Self:
        mistakes = [
            InitErrorDetails(type=PydanticCustomError("beginning", text), loc=place, input=None)
            for place, text in (*_wrong_beginnings(self), *_wrong_ends(self))
        ]
        if mistakes:
            raise ValidationError.from_exception_data("JobSpec", mistakes)
        return self


def _wrong_beginnings(spec: JobSpec) -> Iterator[tuple[Place, str]]:
    """Say where operations that make pictures have nothing to make them of, or the job has two beginnings."""
    wish = bool(spec.operations) and isinstance(spec.operations[0], Generate)
    if wish and spec.input is not None:
        leave_out = "leave the input out (of a form the file: send the spec alone, as JSON)"
        yield ("input",), f"generate makes its pictures from nothing: {leave_out}"
    if not wish and spec.input is None:
        ways = "give the upload or the URL of a photo, or generate as first operation"
        yield ("input",), f"there is nothing to begin with: {ways}"
    for index, operation in enumerate(spec.operations):
        place = ("operations", index)
        if index and isinstance(operation, Generate):
            yield place, "generate can only be the first operation: it makes its pictures from nothing"
        if isinstance(operation, Variations):
            if wish:
                yield place, "variations are of a photo, and this job has none: its pictures are generated"
            if any(isinstance(other, Variations) for other in spec.operations[:index]):
                yield place, "variations were asked for before; a job makes them once"
            elif not wish and math.prod(other.copies for other in spec.operations[:index]) > 1:
                yield place, "variations are of one picture, and there are several by then; ask for them first"


def _wrong_ends(spec: JobSpec) -> Iterator[tuple[Place, str]]:
    """Say where a job makes nothing, or too much."""
    if not spec.operations and not spec.renditions:
        yield ("operations",), "there is nothing to do: a job needs an operation, or renditions"
    if spec.check and not spec.renditions:
        yield ("check",), "a photo is checked against the rules of channels: name them in renditions"
    if spec.check and spec.input is None:
        yield ("check",), "there is no photo to check: a wish has none"
    if len(set(spec.renditions)) < len(spec.renditions):
        yield ("renditions",), "each rendition can be asked for once"
    pictures = math.prod(operation.copies for operation in spec.operations)
    if pictures > MAX_PICTURES:
        yield ("operations",), f"the operations would make {pictures} pictures; allowed: {MAX_PICTURES} in one job"
