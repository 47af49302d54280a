"""The clients of `waiting_clients`: bare HTTP over asyncio, so that they cost little beside what they measure."""

import asyncio
import re
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

_UP_S = 60.0
_AT_ONCE = 50
_PAUSE_S = 0.05


@dataclass(frozen=True)
class Address:
    """Where the API is, and the key to it."""

    port: int
    key: str


class _Client:
    """One connection that is kept."""

    def __init__(self, address: Address) -> None:
        self._address = address

    async def connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._address.port)

    def close(self) -> None:
        self._writer.close()

    def ask(self, path: str, *headers: str) -> None:
        lines = [f"GET {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {self._address.key}", *headers]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def answer(self) -> tuple[int, bytes]:
        """Status and head; the body is read and dropped."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        await self._reader.readexactly(int(length[1]) if length else 0)
        return int(head.split()[1]), head

    async def until(self, told: bytes) -> None:
        """Read a stream up to these words. Raises EOFError (IncompleteReadError) where it ends before."""
        await self._reader.readuntil(told)


def wait_for_all(address: Address, paths: Sequence[str], told: "Queue[Any]", busy: Event) -> None:
    """Have a client wait on each path; tells "waiting", then when each had its answer, then listings' times in ms.

    The listings begin once it is ``busy``.
    """
    asyncio.run(_wait_for_all(address, paths, told, busy))


async def _wait_for_all(address: Address, paths: Sequence[str], told: "Queue[Any]", busy: Event) -> None:
    waiting, heard = asyncio.Semaphore(_AT_ONCE), 0

    async def wait(path: str) -> float:
        nonlocal heard
        client = _Client(address)
        async with waiting:
            await client.connect()
            client.ask(path)
            if path.endswith("/events"):
                await client.until(b"event: running")
            connected.append(client)
        if len(connected) == len(paths):
            told.put("waiting")
        if path.endswith("/events"):
            await client.until(b"event: succeeded")
        else:
            assert (await client.answer())[0] == 200
        at = time.monotonic()
        heard += 1
        client.close()
        return at

    async def list_when(busy: Event) -> list[float]:
        await asyncio.to_thread(busy.wait)
        return await listings(address, lambda _: heard < len(paths))

    connected: list[_Client] = []
    others = asyncio.create_task(list_when(busy))
    told.put(await asyncio.gather(*map(wait, paths)))
    told.put(await others)


async def listings(address: Address, goes_on: Callable[[int], bool]) -> list[float]:
    """How long ordinary requests take, in ms, one after the other with pauses, as long as ``goes_on(count)``."""
    client, took_ms = _Client(address), list[float]()
    await client.connect()
    while goes_on(len(took_ms)):
        begun = time.monotonic()
        client.ask("/v1/jobs?limit=1")
        assert (await client.answer())[0] == 200
        took_ms.append((time.monotonic() - begun) * 1000)
        await asyncio.sleep(_PAUSE_S)
    client.close()
    return took_ms


async def poll(address: Address, path: str, clients: int, seconds: float, *, unchanged: bool) -> float:
    """Requests per second of clients that poll as fast as they are answered; whole answers, or 304."""
    done = await asyncio.gather(*(_poll(address, path, seconds, unchanged) for _ in range(clients)))
    return sum(done) / seconds


async def _poll(address: Address, path: str, seconds: float, unchanged: bool) -> int:
    client, count = _Client(address), 0
    await client.connect()
    client.ask(path)
    _, head = await client.answer()
    etag = re.search(rb"(?i)etag: (\S+)", head)
    assert etag
    seen, wanted = ((f"If-None-Match: {etag[1].decode()}",), 304) if unchanged else ((), 200)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.ask(path, *seen)
        status, _ = await client.answer()
        assert status == wanted, status
        count += 1
    client.close()
    return count


def wait_until_up(port: int, key_file: Path) -> str:
    """The development key, once the API answers. Raises TimeoutError."""
    give_up_at = time.monotonic() + _UP_S
    while time.monotonic() < give_up_at:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return key_file.read_text().strip()
        time.sleep(0.1)
    raise TimeoutError(f"the API did not answer within {_UP_S:g} s")
