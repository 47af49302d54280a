"""What the server tells about photos and pictures, as frozen values."""

import re
from dataclasses import dataclass

from packshot.catalog.places import safe_name
from packshot.errors import MalformedAnswer
from packshot.reading import Document, take, take_optional

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
class Output:
    """A finished picture. `url` is signed and expires; `bytes` is its size, width and height are in px.

    One that was made for a channel says which (`rendition`), and what to call its file (`name`).
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
        )


@dataclass(frozen=True)
class Progress:
    """How far a job is: `fraction` 0..1 of its work, the `stage` it is in, `queue_position` while it is queued."""

    state: str
    fraction: float = 0.0
    stage: str = ""
    queue_position: int | None = None

    @classmethod
    def parse(cls, document: Document) -> "Progress":
        """From a job's document. Raises MalformedAnswer."""
        told = take_optional(document, "progress", dict) or {}
        return cls(
            state=take(document, "state", str),
            fraction=min(1.0, max(0.0, float(take_optional(told, "fraction", float) or 0.0))),
            stage=take_optional(told, "stage", str) or "",
            queue_position=take_optional(document, "queue_position", int),
        )
