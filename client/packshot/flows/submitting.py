"""Starts jobs: what is asked for becomes a spec, its files become uploads, and a job comes back. In steps."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packshot.catalog.asking import AUTO
from packshot.connection import Connection, WireT
from packshot.errors import InvalidRequest
from packshot.flows.steps import Request, Steps
from packshot.models import Upload
from packshot.operation_text import Operation, as_operations, with_uploads
from packshot.problems import Problem
from packshot.reading import Document
from packshot.validation import Validation
from packshot.wishes import GenerateFields, Photo, VariationFields, as_file, as_files, as_parent, not_finite, parted


@dataclass(frozen=True)
class Asked:
    """What a job is to do: the photo (None for a wish), its operations, which may name files, and the spec's rest."""

    photo: Photo | None
    operations: list[dict[str, Any]]
    spec: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None

    @classmethod
    def of(
        cls,
        photo: Photo | None,
        operations: Iterable[Operation],
        *,
        output: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> "Asked":
        """As `Client.submit` takes it. Raises InvalidRequest, TypeError, ValueError."""
        asked = as_operations([AUTO] if operations == AUTO else operations)
        spec = dict(more) if output is None else {**more, "output": dict(output)}
        if spec.get("parent") is not None:
            spec["parent"] = as_parent(spec["parent"])
        require_finite({"operations": asked, **spec})
        return cls(photo, asked, spec, idempotency_key)

    @classmethod
    def generation(
        cls, text: str | None, like: Iterable[Photo], then: Iterable[Operation], asked: GenerateFields
    ) -> "Asked":
        """As `Client.generate` takes it."""
        fields, spec = parted(asked)
        wish: dict[str, Any] = {"op": "generate", **fields}
        if text is not None:
            wish["text"] = text
        if liked := as_files("like", like):
            wish["like"] = liked
        return cls.of(None, [wish, *as_operations(then)], **spec)

    @classmethod
    def variations(
        cls, photo: Photo, towards: Photo | None, then: Iterable[Operation], asked: VariationFields
    ) -> "Asked":
        """As `Client.variations` takes it."""
        fields, spec = parted(asked)
        wanted: dict[str, Any] = {"op": "variations", **fields}
        if towards is not None:
            wanted["towards"] = as_file(towards)
        return cls.of(photo, [wanted, *as_operations(then)], **spec)

    @classmethod
    def grading(cls, photo: Photo, presets: Iterable[str]) -> "Asked":
        """As `Client.check` takes it."""
        if isinstance(presets, str):
            raise TypeError("presets is a single str; expected a list, such as ['amazon-main']")
        return cls.of(photo, [], renditions=list(presets), check=True)


class Submitting(Connection[WireT]):
    """The part of a client that starts jobs."""

    def submit_steps(self, asked: Asked) -> Steps[Document]:
        """What the server answers to a job that it took. Retries carry one Idempotency-Key."""
        key = asked.key or str(uuid.uuid4())
        return (yield from self._with_uploads(asked, lambda spec: _submission(spec, key)))

    def validate_steps(self, asked: Asked) -> Steps[Validation]:
        """What would become of a job; none is made."""
        return Validation.parse((yield from self._with_uploads(asked, _dry_run)))

    def resubmit_steps(self, spec: Mapping[str, Any]) -> Steps[Document]:
        """A job by a whole spec, whose uploads are on the server."""
        require_finite(spec)
        return (yield from self._transport.document(_submission(spec, str(uuid.uuid4()))))

    def _with_uploads(self, asked: Asked, request: Callable[[Mapping[str, Any]], Request]) -> Steps[Document]:
        ours = not isinstance(asked.photo, Upload)

        def attempt() -> Steps[Document]:
            spec = yield from self._spec_of(asked)
            return (yield from self._transport.document(request(spec)))

        return self._sent_again_if(lambda error: _says_upload_is_gone(error, ours=ours), attempt)

    def _spec_of(self, asked: Asked) -> Steps[dict[str, Any]]:
        """The spec as the wire takes it, every file being sent."""
        photo = asked.photo
        upload = photo if isinstance(photo, Upload | None) else (yield from self.upload_steps(photo))
        ids: dict[Path | bytes, str] = {}
        for file in _files_of(asked.operations):
            ids[file] = (yield from self.upload_steps(file)).id
        sent = [with_uploads(operation, ids.__getitem__) for operation in asked.operations]
        begun = {} if upload is None else {"input": {"upload": upload.id}}
        return {**begun, "operations": sent, **asked.spec}


def require_finite(spec: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for numbers that JSON has no word for."""
    if faults := tuple(not_finite(spec)):
        raise InvalidRequest(Problem("about:blank", "A number is not finite", errors=faults))


def _submission(spec: Mapping[str, Any], key: str) -> Request:
    return Request("POST", "/v1/jobs", json=spec, headers={"Idempotency-Key": key})


def _dry_run(spec: Mapping[str, Any]) -> Request:
    return Request("POST", "/v1/jobs", json=spec, params={"validate_only": "true"})


def _files_of(operations: Iterable[Mapping[str, Any]]) -> list[Path | bytes]:
    """The files that operations name, in their order, each once."""
    found: dict[Path | bytes, None] = {}

    def note(file: Path | bytes) -> str:
        found[file] = None
        return ""

    for operation in operations:
        with_uploads(operation, note)
    return list(found)


def _says_upload_is_gone(error: InvalidRequest, *, ours: bool) -> bool:
    """Whether the photo (if it is `ours` to send again) or a picture of an operation is not on the server any more."""
    return any(
        (ours and field.pointer == "/input/upload")
        or (field.pointer.startswith("/operations/") and "no upload" in field.detail)
        for field in error.problem.errors
    )
