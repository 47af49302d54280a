"""What the server says of a job before it is made, as frozen values."""

from dataclasses import dataclass

from packshot.reading import Document, as_document, take, take_optional


@dataclass(frozen=True)
class Validation:
    """A job that could be made: its `spec` as it would be kept, and the operations that it would go through.

    `seconds` until it would be done, and its place in the queue, are None where the server cannot tell.
    """

    spec: Document
    operations: tuple[Document, ...] = ()
    seconds: float | None = None
    queue_position: int | None = None

    @classmethod
    def parse(cls, document: Document) -> "Validation":
        """Raises MalformedAnswer."""
        estimate = take_optional(document, "estimate", dict) or {}
        return cls(
            spec=take(document, "spec", dict),
            operations=tuple(map(as_document, take_optional(document, "operations", list) or [])),
            seconds=take_optional(estimate, "seconds", float),
            queue_position=take_optional(estimate, "queue_position", int),
        )
