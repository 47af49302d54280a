"""An S3 store for tests: moto's server in a thread of this process, with one bucket; it checks no signature."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from unittest.mock import patch

import httpx
from moto.server import ThreadedMotoServer

from tests.ports import free_port

BUCKET = "shop"
_STARTS_S = 60.0


class S3Store:
    """An endpoint until the block ends; this process finds it too, by the variables in `environment`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self.port = host, port or free_port()
        self.endpoint = f"http://{host}:{self.port}"
        self.url = f"s3://{BUCKET}/fleet"
        self._server = ThreadedMotoServer(ip_address=host, port=self.port, verbose=False)
        self.environment = {
            "AWS_ACCESS_KEY_ID": "shop",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "NO_PROXY": "*",
        }
        self._environ = patch.dict("os.environ", self.environment)

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server.start()
        self._environ.start()
        self.make_bucket(BUCKET)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._environ.stop()
        self._server.stop()

    def make_bucket(self, name: str) -> None:
        """Waits until the server answers."""
        give_up_at = time.monotonic() + _STARTS_S
        while True:
            try:
                httpx.put(f"{self.endpoint}/{name}", trust_env=False).raise_for_status()
            except httpx.HTTPError:
                assert time.monotonic() < give_up_at, f"no S3 store at {self.endpoint}"
                time.sleep(0.05)
            else:
                return

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its address; what lies in it stays."""
        self._server.stop()
        try:
            yield
        finally:
            self._server = ThreadedMotoServer(ip_address=self._host, port=self.port, verbose=False)
            self._server.start()
            self.make_bucket(BUCKET)

    def unfinished_uploads(self) -> int:
        """How many photos by parts were begun and neither ended nor given up."""
        return httpx.get(f"{self.endpoint}/{BUCKET}?uploads", trust_env=False).text.count("<Upload>")
