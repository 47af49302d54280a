"""Name servers that lie: real sockets, of which one is a service inside that no fetch and no message may reach."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.urls import parse_url
from worker.errors import FetchFailed
from worker.exchanges import Network
from worker.fetching import FetchLimits, fetch
from worker.webhooks.messages import SignedMessage
from worker.webhooks.sending import Poster

from .photo_host import ADDRESS, NAME, PhotoHost, answer

OTHER = "93.184.216.35"
INSIDE = "127.0.0.1"
MESSAGE = SignedMessage(b"{}", {"webhook-id": "msg_1", "Content-Type": "application/json"})
WAYS = ("photo", "webhook")


class Names:
    """In place of the system's resolver. ``answers`` are a name's addresses, one list for each time that it is asked.

    ``routes`` say where on this machine a numeric address is, as the world's routers would.
    """

    def __init__(self, routes: dict[str, tuple[str, int]]) -> None:
        self.answers: list[list[str]] = [[ADDRESS]]
        self.asked: list[str] = []
        self.reached: list[str] = []
        self.routes = routes

    def getaddrinfo(self, host: str, port: int | None, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        if host in self.routes:
            self.reached.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", self.routes[host])]
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0)) for address in found]


class Inside:
    """A service of the inner network; ``calls`` counts who connected."""

    def __init__(self) -> None:
        self.calls = 0
        self._listening = socket.create_server((INSIDE, 0))
        self.place = self._listening.getsockname()
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listening.close()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.calls += 1
                connection.close()


@pytest.fixture
def inside() -> Iterator[Inside]:
    found = Inside()
    yield found
    found.close()


@pytest.fixture
def outside(tmp_path: Any) -> Iterator[PhotoHost]:
    found = PhotoHost(tmp_path)
    found.answers = [answer(b"photo")]
    yield found
    found.close()


@pytest.fixture
def names(outside: PhotoHost, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> Names:
    listening = outside.place
    private = (INSIDE, "10.0.0.5", "169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200")
    names = Names({ADDRESS: listening, OTHER: listening} | dict.fromkeys(private, inside.place))
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


def send(way: str, outside: PhotoHost, *, private: bool = False, url: str = f"https://{NAME}/x") -> str:
    """What came of it: ``photo`` or ``200``, or the problem's type."""
    network = Network(trust=lambda: outside.trust)  # the system's own way out, but for whom it trusts
    if way == "webhook":
        found = Poster(network, 20, private).post(url, MESSAGE, lambda: None)
        return str(found.status or found.error)
    try:
        return fetch(parse_url(url), FetchLimits(1000, 20), network, lambda: None).decode()
    except ProblemError as error:
        return error.problem.detail
    except FetchFailed as error:
        return str(error)


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_changes_its_mind_gains_nothing(way: str, names: Names, outside: PhotoHost, inside: Inside) -> None:
    names.answers = [[ADDRESS], [INSIDE]]
    assert send(way, outside) in {"photo", "200"}
    assert (names.asked, names.reached) == ([NAME], [ADDRESS])  # asked once; then its number alone
    assert "not public" in send(way, outside)
    assert (names.asked, names.reached, inside.calls) == ([NAME, NAME], [ADDRESS], 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("private", ["10.0.0.5", "169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200"])
@pytest.mark.parametrize("first", [True, False])
def test_one_private_address_among_public_ones_closes_the_name(
    way: str, private: str, first: bool, names: Names, outside: PhotoHost, inside: Inside
) -> None:
    names.answers = [[private, ADDRESS] if first else [ADDRESS, OTHER, private]]
    assert "not public" in send(way, outside)
    assert (names.reached, inside.calls, outside.requests) == ([], 0, [])


@pytest.mark.parametrize("way", WAYS)
def test_the_second_address_is_no_second_look(way: str, names: Names, outside: PhotoHost, inside: Inside) -> None:
    names.answers = [[OTHER, ADDRESS], [INSIDE]]
    with socket.create_server((INSIDE, 0)) as closed:
        names.routes[OTHER] = closed.getsockname()
    assert send(way, outside) in {"photo", "200"}  # the first one refuses, the second one was checked with it
    assert (names.asked, names.reached, inside.calls) == ([NAME], [OTHER, ADDRESS], 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["https://127.0.0.1/x", "https://photos.internal/", "http://169.254.169.254/latest"])
def test_a_redirect_is_not_followed_anywhere(
    way: str, place: str, names: Names, outside: PhotoHost, inside: Inside
) -> None:
    outside.answers = [answer(status="302 Found", Location=place)]
    assert "302" in send(way, outside)
    assert (names.asked, names.reached, inside.calls, len(outside.requests)) == ([NAME], [ADDRESS], 0, 1)


METADATA = ("169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200")


@pytest.mark.parametrize("address", METADATA)
def test_where_private_receivers_are_let_in_metadata_is_not(
    address: str, names: Names, outside: PhotoHost, inside: Inside
) -> None:
    names.answers = [[address]]
    assert "credentials" in send("webhook", outside, private=True, url="http://any.example:8080/")
    assert "credentials" in send("webhook", outside, private=True, url=f"http://{address}/latest/meta-data")
    assert (names.reached, inside.calls) == ([], 0)


@pytest.mark.parametrize("number", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"])
def test_numbers_in_odd_clothes_are_looked_at_as_what_they_lead_to(
    number: str, names: Names, outside: PhotoHost, inside: Inside
) -> None:
    names.answers = [["169.254.169.254"]]  # what the C library makes of each
    assert "credentials" in send("webhook", outside, private=True, url=f"http://{number}/")
    assert inside.calls == 0
