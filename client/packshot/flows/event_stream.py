"""Server-sent events: read as they come, taken up again where the connection broke."""

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import httpx

from packshot.errors import MalformedAnswer, PackshotError
from packshot.flows.steps import Feed, Item, Pause, Request, Step, Steps, opened, read_chunk
from packshot.reading import Document, as_document
from packshot.wire import Wire

SILENCE_S = 45.0  # the server says something every 15 s
MOST_LINE = 1 << 20
T = TypeVar("T")


@dataclass(frozen=True)
class ServerEvent:
    """One event as it came: its `id` is where to go on after it."""

    name: str
    id: str
    data: Document


@dataclass
class EventReader:
    """Cuts a stream's bytes into events, as the HTML standard has it: any line end, comments, data of several lines."""

    id: str = ""
    retry_s: float = 2.0
    _text: str = ""
    _name: str = ""
    _data: list[str] = field(default_factory=list)
    _decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """The events that are whole with this chunk. Raises MalformedAnswer for data that is no JSON object."""
        try:
            self._text += self._decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise MalformedAnswer(f"the server's event stream is not UTF-8: {error}") from error
        # a CR at the end may be half of a CRLF: it waits for the next chunk
        held = "\r" if self._text.endswith("\r") else ""
        text = self._text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        self._text = rest + held
        if len(self._text) > MOST_LINE:
            raise MalformedAnswer(f"a line of the server's event stream is longer than {MOST_LINE} characters")
        for line in lines:
            if not line:
                yield from self._whole()
            else:
                self._take(line)

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_s = int(value) / 1000

    def _whole(self) -> Iterator[ServerEvent]:
        name, data = self._name or "message", "\n".join(self._data)
        self._name, self._data = "", []
        if data:
            yield ServerEvent(name, self.id, _document(data))


def events(
    wire: Wire, path: str, parse: Callable[[ServerEvent], T], is_last: Callable[[T], bool], *, after: str = ""
) -> Feed[T]:
    """Every event, up to the one that `is_last`; a lost stream is taken up again with its Last-Event-ID.

    `after` is the id of an event that was seen before. Raises what lasts longer than the policy's patience.
    """
    policy, reader, failures, failing_since = wire.policy, EventReader(after), 0, 0.0
    while True:
        pause_s = 0.0
        try:
            answer = yield from opened(_request(path, reader.id))
            if answer.status_code == httpx.codes.NO_CONTENT:
                return  # it has ended, and its last event was seen
            reader = EventReader(reader.id, reader.retry_s)
            failures = 0
            while chunk := (yield from read_chunk()):
                for event in reader.feed(chunk):
                    parsed = parse(event)
                    yield Item(parsed)
                    if is_last(parsed):
                        return
        except PackshotError as error:
            failing_since = failing_since if failures else policy.clock()
            failures += 1
            pause_s = policy.pause_s(failures, error.retry_after_s)
            waited_s = policy.clock() - failing_since + pause_s
            if not error.transient or waited_s > wire.patience_s:
                raise
            policy.on_wait(error, waited_s)
        yield Pause(max(reader.retry_s, pause_s))


def noted_first(feed: Feed[T], note: Callable[[T], Steps[None]]) -> Feed[T]:
    """The same feed; each item is noted before it is told, so that whoever leaves the loop there has missed nothing."""
    turn: Callable[[], Step | Item[T]] = partial(feed.send, None)
    while True:
        try:
            step = turn()
        except StopIteration:
            return
        if isinstance(step, Item):
            yield from note(step.value)
        try:
            turn = partial(feed.send, (yield step))
        except Exception as error:  # noqa: BLE001  the feed has the first say in what went wrong
            turn = partial(feed.throw, error)


def _request(path: str, last: str) -> Request:
    seen = {"Last-Event-ID": last} if last else {}
    return Request("GET", path, headers={"Accept": "text/event-stream", **seen}, read_timeout_s=SILENCE_S)


def _document(data: str) -> Document:
    try:
        return as_document(json.loads(data))
    except ValueError as error:
        raise MalformedAnswer(f"the server sent the event {data[:80]!r}; expected JSON") from error
