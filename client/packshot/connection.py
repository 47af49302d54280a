"""A server, a key, and the photos that were sent there: what every call of the SDK works with."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx

from packshot.errors import InvalidRequest
from packshot.locating import Server, locate
from packshot.models import Upload
from packshot.photos import shown
from packshot.retries import RetryPolicy
from packshot.transport import Transport, read_document
from packshot.wishes import UPLOAD_ID

T = TypeVar("T")


class Connection:
    """The part of a Client that knows of no job."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        retries: RetryPolicy | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.server: Server = locate(base_url, api_key)
        self._transport = Transport(self.server, retries or RetryPolicy(), http=transport)
        self._uploads: dict[str, Upload] = {}
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; jobs already submitted go on."""
        self._transport.close()

    def upload(self, photo: str | os.PathLike[str] | bytes) -> Upload:
        """Sends a photo, given as a path or as its bytes; the same bytes are sent once per client.

        Raises InvalidPhoto for what is no photo, InvalidRequest for one that is too large, OSError for an
        unreadable file.
        """
        data = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
        name = f"sha256:{hashlib.sha256(data).hexdigest()}"
        with self._lock:
            if not isinstance(photo, bytes):
                self._names.setdefault(name, shown(Path(photo).name))
            known = self._uploads.get(name)
        if known is not None:
            return known
        headers = {"Content-Type": "application/octet-stream"}
        upload = Upload.parse(read_document(self._transport.send("POST", "/v1/uploads", content=data, headers=headers)))
        with self._lock:
            self._uploads[name] = upload
        return upload

    def with_names(self, text: str) -> str:
        """A text of the server's with the names of the files that this client sent in the place of their uploads' ids.

        `the picture sha256:… may be misread` becomes `the picture shoe.jpg may be misread`; other ids stay.
        """
        with self._lock:
            return UPLOAD_ID.sub(lambda found: self._names.get(found[0], found[0]), text)

    def healthy(self) -> bool:
        """Whether the server answers as alive. Raises ServerUnreachable."""
        return self._transport.send("GET", "/healthz").is_success

    def _sent_again_if(self, gone: Callable[[InvalidRequest], bool], attempt: Callable[[], T]) -> T:
        """What the attempt gives; where it is refused since uploads are `gone`, it is made once more with fresh ones.

        The server keeps unused uploads for a day; this client may live longer.
        """
        try:
            return attempt()
        except InvalidRequest as error:
            if not gone(error):
                raise
        with self._lock:
            self._uploads.clear()
        return attempt()
