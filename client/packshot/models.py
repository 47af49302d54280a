"""What the server tells about photos and pictures, as frozen values."""

import re
from dataclasses import dataclass, field

from packshot.catalog.places import safe_name
from packshot.errors import MalformedAnswer
from packshot.reading import Document, as_document, take, take_optional

_SUFFIX = re.compile(r"[a-z0-9]{1,5}")


def suffix_of(kind: str) -> str:
    """What a file of a format ends in, without the dot."""
    return "jpg" if kind == "jpeg" else kind


@dataclass(frozen=True)
class Upload:
    """A photo that the server has. `id` is `sha256:<hex>` of its bytes; `size` in bytes, width and height in px."""

    id: str
    size: int
    format: str
    width: int
    height: int

    @classmethod
    def parse(cls, document: Document) -> "Upload":
        """Raises MalformedAnswer."""
        return cls(
            id=take(document, "id", str),
            size=take(document, "size", int),
            format=take(document, "format", str),
            width=take(document, "width", int),
            height=take(document, "height", int),
        )


@dataclass(frozen=True)
class Decision:
    """What a person said of a picture: `verdict` is `approved` or `rejected`; `at` is a time as RFC 3339 has it."""

    verdict: str
    note: str = ""
    at: str = ""

    @classmethod
    def parse(cls, document: Document) -> "Decision":
        """Raises MalformedAnswer."""
        told = (take_optional(document, name, str) or "" for name in ("note", "at"))
        return cls(take(document, "verdict", str), *told)


@dataclass(frozen=True)
class Output:
    """A finished picture. `url` is signed and expires; `bytes` is its size, width and height are in px.

    One that was made for a channel says which (`rendition`), and what to call its file (`name`). `decision` is what a
    person said of it, if anybody did; `needs_review` asks for one.
    """

    index: int
    url: str
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    rendition: str = ""
    name: str = ""
    needs_review: bool = False
    decision: Decision | None = None

    @property
    def suffix(self) -> str:
        """What a file of this format ends in, without the dot. Raises MalformedAnswer for what no file may end in."""
        suffix = suffix_of(self.format)
        if not _SUFFIX.fullmatch(suffix):
            raise MalformedAnswer(f"the server's format is {self.format!r}; expected a short word, such as 'jpeg'")
        return suffix

    def file_name(self, stem: str) -> str:
        """`<stem>-amazon-main.jpg` of one that was made for a channel, else `<stem>-0.jpg`: no way out of a folder.

        Raises MalformedAnswer for a format that no file's name may end in.
        """
        own = f"{self.index}.{self.suffix}"
        return f"{safe_name(stem, 'job')}-{safe_name(self.name, own) if self.name else own}"

    @classmethod
    def parse(cls, document: Document) -> "Output":
        """Raises MalformedAnswer."""
        decision = take_optional(document, "decision", dict)
        return cls(
            index=take(document, "index", int),
            url=take(document, "url", str),
            format=take(document, "format", str),
            width=take(document, "width", int),
            height=take(document, "height", int),
            bytes=take(document, "bytes", int),
            sha256=take(document, "sha256", str),
            rendition=take_optional(document, "rendition", str) or "",
            name=take_optional(document, "name", str) or "",
            needs_review=bool(document.get("needs_review")),
            decision=None if decision is None else Decision.parse(decision),
        )


@dataclass(frozen=True)
class OperationProgress:
    """How far one operation of a job is: `waiting`, `running` or `done`; `fraction` 0..1 of its work."""

    op: str
    state: str
    fraction: float = 0.0

    @classmethod
    def parse(cls, document: Document) -> "OperationProgress":
        """Raises MalformedAnswer."""
        return cls(take(document, "op", str), take(document, "state", str), _share(document))


@dataclass(frozen=True)
class Progress:
    """How far a job is: `fraction` 0..1 of its work, the `stage` it is in, `queue_position` while it is queued.

    `eta_s`: seconds until it is expected to be done, where the server can tell; two that differ by it alone are equal.
    `attempt`: how many times it was begun.
    """

    state: str
    fraction: float = 0.0
    stage: str = ""
    queue_position: int | None = None
    operations: tuple[OperationProgress, ...] = ()
    eta_s: float | None = field(default=None, compare=False)
    attempt: int = 0

    @property
    def again(self) -> bool:
        """Whether an attempt came to no end, and the server waits a little before the next."""
        return self.state == "queued" and self.attempt > 0 and self.queue_position is None

    def __str__(self) -> str:
        """`running 42 % relight, about 3 s left`."""
        told = self.state
        if self.state == "queued" and self.queue_position is not None:
            told += f", {self.queue_position} before it"
        elif self.again:
            told += f" again after attempt {self.attempt}"
        elif self.state == "running":
            told += f" {self.fraction * 100:.0f} % {self.stage}".rstrip()
        left = self.state in {"queued", "running"} and self.eta_s is not None
        return f"{told}, about {self.eta_s:.0f} s left" if left else told

    @classmethod
    def parse(cls, document: Document) -> "Progress":
        """From a job's document. Raises MalformedAnswer."""
        told = take_optional(document, "progress", dict) or {}
        operations = take_optional(told, "operations", list) or []
        return cls(
            state=take(document, "state", str),
            fraction=_share(told),
            stage=take_optional(told, "stage", str) or "",
            queue_position=take_optional(document, "queue_position", int),
            operations=tuple(OperationProgress.parse(as_document(one)) for one in operations),
            eta_s=take_optional(document, "eta_s", float),
            attempt=take_optional(document, "attempt", int) or 0,
        )


def _share(document: Document) -> float:
    return min(1.0, max(0.0, float(take_optional(document, "fraction", float) or 0.0)))
