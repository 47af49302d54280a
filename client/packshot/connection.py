"""A server, a key, and the photos that were sent there: what every call of both clients works with."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from packshot.errors import Forbidden, Gone, InvalidRequest, NotFound
from packshot.flows.steps import Request, Steps, work
from packshot.locating import Server
from packshot.models import Upload
from packshot.photos import shown
from packshot.wire import Wire
from packshot.wishes import UPLOAD_ID

ASK_FIRST_BYTES = 256 * 1024  # from here on a question costs less than sending what may be there already
WireT = TypeVar("WireT", bound=Wire)
T = TypeVar("T")


class Connection(Generic[WireT]):
    """The part of a client that knows of no job, and of no way to wait for an answer."""

    def __init__(self, transport: WireT) -> None:
        self.server: Server = transport.server
        self._transport = transport
        self._uploads: dict[str, Upload] = {}
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def with_names(self, text: str) -> str:
        """A text of the server's with the names of the files that this client sent in the place of their uploads' ids.

        `the picture sha256:… may be misread` becomes `the picture shoe.jpg may be misread`; other ids stay.
        """
        with self._lock:
            return UPLOAD_ID.sub(lambda found: self._names.get(found[0], found[0]), text)

    def upload_steps(self, photo: str | os.PathLike[str] | bytes) -> Steps[Upload]:
        """Sends a photo, unless this client did, or the server has it from another one."""
        data, name = yield from work(lambda: _looked_at(photo))
        with self._lock:
            if not isinstance(photo, bytes):
                self._names.setdefault(name, shown(Path(photo).name))
            known = self._uploads.get(name)
        if known is not None:
            return known
        upload = yield from self._sent(name, data)
        with self._lock:
            self._uploads[name] = upload
        return upload

    def healthy_steps(self) -> Steps[bool]:
        """Whether the server answers as alive."""
        return (yield from self._transport.sent(Request("GET", "/healthz"))).is_success

    def _sent(self, name: str, data: bytes) -> Steps[Upload]:
        if len(data) >= ASK_FIRST_BYTES:
            try:
                return Upload.parse((yield from self._transport.document(Request("GET", f"/v1/uploads/{name}"))))
            except (NotFound, Gone, Forbidden, InvalidRequest):
                pass  # it is not there, this key may not look (an upload token), or the server cannot tell (405)
        headers = {"Content-Type": "application/octet-stream"}
        sending = Request("POST", "/v1/uploads", headers=headers, content=data)
        return Upload.parse((yield from self._transport.document(sending)))

    def _sent_again_if(self, gone: Callable[[InvalidRequest], bool], attempt: Callable[[], Steps[T]]) -> Steps[T]:
        """What the attempt gives; where it is refused since uploads are `gone`, it is made once more with fresh ones.

        The server keeps unused uploads for a day; this client may live longer.
        """
        try:
            return (yield from attempt())
        except InvalidRequest as error:
            if not gone(error):
                raise
        with self._lock:
            self._uploads.clear()
        return (yield from attempt())


def _looked_at(photo: str | os.PathLike[str] | bytes) -> tuple[bytes, str]:
    data = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
    return data, f"sha256:{hashlib.sha256(data).hexdigest()}"
