"""Multipart forms, read strictly: Werkzeug's own ``request.form`` makes an empty form of a broken body, silently."""

import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from api.spool import Spool
from jobs.problems import ProblemError

FILE, SPEC = "file", "spec"
MAX_PARTS = 8
MAX_NAME_BYTES = 255  # of a file, with its folders, where a client sends the name in place of the photo
MAX_BUFFER_BYTES = 1024 * 1024  # what the decoder may hold back while it looks for a part's head or end
BOUNDARY = re.compile(r"[ -~]{0,199}[!-~]")  # RFC 2046 allows 70 characters; some clients send more


@dataclass(frozen=True)
class Form:
    """The parts that came: the photo, spooled, and the spec's bytes (None where that part is absent)."""

    file: Spool
    spec: bytes | None


@dataclass
class Part:
    """A small part: its bytes, and what its head says they are."""

    content_type: str
    file_name: str
    data: bytearray = field(default_factory=bytearray)


def read_form(chunks: Iterable[bytes], boundary: str | None, limits: Mapping[str, int], stack: ExitStack) -> Form:
    """Read a whole ``multipart/form-data`` body; ``limits`` holds the parts that may occur, and their most bytes.

    The photo's spool lives as long as ``stack``. Raises ProblemError: malformed-body (no boundary, cut short),
    too-many-parts, duplicate-part, body-too-large, missing-image (no part ``file``), invalid-parameter (a part of
    another name).
    """
    reader = _FormReader(limits, stack)
    _read(chunks, boundary, reader)
    return reader.finish()


def read_parts(chunks: Iterable[bytes], boundary: str | None, limits: Mapping[str, int]) -> dict[str, Part]:
    """Read a form whose parts are all small enough for memory; ``limits`` as for ``read_form``.

    Raises ProblemError as ``read_form``, but for missing-image.
    """
    reader = _PartReader(limits)
    _read(chunks, boundary, reader)
    return reader.finish()


def _read(chunks: Iterable[bytes], boundary: str | None, reader: "_FormReader | _PartReader") -> None:
    if boundary is None or not BOUNDARY.fullmatch(boundary):
        raise ProblemError("malformed-body", "the Content-Type names no usable multipart boundary")
    decoder = MultipartDecoder(boundary.encode("ascii"), MAX_BUFFER_BYTES)
    try:
        for chunk in chunks:
            decoder.receive_data(chunk)
            _drain(decoder, reader)
        decoder.receive_data(None)
        _drain(decoder, reader)
    except (ValueError, RequestEntityTooLarge) as error:
        raise ProblemError("malformed-body", "the multipart body is malformed, or cut short") from error


def _drain(decoder: MultipartDecoder, reader: "_FormReader | _PartReader") -> None:
    while not isinstance(event := decoder.next_event(), NeedData):
        reader.take(event)
        if isinstance(event, Epilogue):
            return


class _FormReader:
    """Sorts the decoder's events into the form."""

    def __init__(self, limits: Mapping[str, int], stack: ExitStack) -> None:
        self._limits = limits
        self._stack = stack
        self._names: list[str] = []
        self._received = 0
        self._spec = bytearray()
        self._file: Spool | None = None
        self._file_is_text = False  # a part without a file's name: a photo sent by hand, or a forgotten "@"

    def take(self, event: Event) -> None:
        if isinstance(event, Field | File):
            self._begin(event)
        elif isinstance(event, Data):
            self._write(event.data)

    def finish(self) -> Form:
        strange = [name for name in self._names if name not in self._limits]
        if self._file is None:
            raise ProblemError("missing-image", f"the form has no part {FILE!r}; its parts are {self._names}")
        if strange:
            detail = f"the part {strange[0]!r} is unknown; known are {list(self._limits)}"
            raise ProblemError("invalid-parameter", detail, errors=[{"pointer": f"/{strange[0]}", "detail": detail}])
        self._file.flush()
        if self._file_is_text and (text := _short_text(self._file)):
            detail = f"the part {FILE!r} is {self._file.size} bytes of text; did you mean {FILE}=@{text}?"
            raise ProblemError("missing-image", detail)
        return Form(self._file, bytes(self._spec) if SPEC in self._names else None)

    def _begin(self, part: Field | File) -> None:
        name = (part.name or "")[:100]
        if len(self._names) == MAX_PARTS:
            raise ProblemError("too-many-parts", f"the form has more than the {MAX_PARTS} parts allowed")
        if name in self._names and name in self._limits:
            raise ProblemError("duplicate-part", f"the part {name!r} occurs twice")
        self._names.append(name)
        self._received = 0
        if name == FILE and name in self._limits:
            content_type = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            self._file_is_text = isinstance(part, Field)
            self._file = self._stack.enter_context(Spool(content_type or None))

    def _write(self, data: bytes) -> None:
        name = self._names[-1]
        self._received += len(data)
        if name not in self._limits:
            return  # told at the end: how many parts there are, and which occur twice, comes first
        if self._received > self._limits[name]:
            raise ProblemError("body-too-large", f"the part {name!r} is larger than {self._limits[name]} bytes")
        if self._file is not None and name == FILE:
            self._file.write(data)
        else:
            self._spec += data


def _short_text(file: Spool) -> str:
    """What was sent where it is one short line, such as a photo's name; "" of anything else, as every photo is."""
    if file.size > MAX_NAME_BYTES:
        return ""
    text = file.path.read_bytes().decode("utf-8", errors="ignore").strip()
    return text if text.isprintable() and len(text.encode()) > file.size - 3 else ""


class _PartReader:
    """Keeps every part in memory."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._parts: dict[str, Part] = {}
        self._name = ""

    def take(self, event: Event) -> None:
        if isinstance(event, Field | File):
            self._begin(event)
        elif isinstance(event, Data):
            data = self._parts[self._name].data
            data += event.data
            if len(data) > self._limits[self._name]:
                detail = f"the part {self._name!r} is larger than {self._limits[self._name]} bytes"
                raise ProblemError("body-too-large", detail)

    def finish(self) -> dict[str, Part]:
        return self._parts

    def _begin(self, part: Field | File) -> None:
        self._name = (part.name or "")[:100]
        if self._name not in self._limits:
            detail = f"the part {self._name!r} is unknown; known are {list(self._limits)}"
            raise ProblemError("invalid-parameter", detail, errors=[{"pointer": f"/{self._name}", "detail": detail}])
        if self._name in self._parts:
            raise ProblemError("duplicate-part", f"the part {self._name!r} occurs twice")
        content_type = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._parts[self._name] = Part(content_type, getattr(part, "filename", None) or "")
