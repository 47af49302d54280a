"""Photos by URL: where the connection goes, what is taken from it, and what ends it."""

import itertools
import socket
import threading
import time

import pytest

from jobs.problems import ProblemError
from jobs.urls import parse_url
from worker.errors import AttemptEnded, FetchFailed
from worker.exchanges import Exchange, Network, Peer
from worker.fetching import FetchLimits, fetch

from .photo_host import ADDRESS, NAME, PhotoHost, answer

URL = f"https://{NAME}/shoe%20red.jpg?sig=s3cret"
LIMITS = FetchLimits(max_bytes=200_000, timeout_s=20)
LOOPBACK = "127.0.0.1"
HASTY = FetchLimits(max_bytes=200_000, timeout_s=0.3)


@pytest.fixture
def host(tmp_path):
    host = PhotoHost(tmp_path)
    yield host
    host.close()


def get(host, url=URL, limits=LIMITS):
    return fetch(parse_url(url), limits, host.network(), lambda: None)


def problem(host, **options):
    with pytest.raises(ProblemError) as caught:
        get(host, **options)
    return caught.value.problem.type, caught.value.problem.detail


def drip(connection, beginning):
    """Send `beginning`, and then a byte at a time for ever."""
    connection.sendall(beginning)
    pause = threading.Event()
    while not pause.wait(0.02):
        connection.sendall(b"x")


def test_what_lies_under_the_url_is_fetched(host):
    photo = bytes(range(256)) * 600
    host.answers = [answer(photo)]
    assert get(host) == photo
    lines = host.requests[0].splitlines()
    assert lines[0] == "GET /shoe%20red.jpg?sig=s3cret HTTP/1.1"
    assert f"Host: {NAME}" in lines
    assert "Accept-Encoding: identity" in lines
    assert not any(line.startswith(("Cookie", "Authorization")) for line in lines)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\n\r\nphoto",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nphoto",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nph\r\n3\r\noto\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nphoto and more",
    ],
)
def test_a_body_may_be_told_in_any_way(host, reply):
    host.answers = [reply]
    assert get(host) == b"photo"


def test_the_connection_goes_to_the_address_that_was_checked(host):
    host.answers = [answer(b"photo")]
    host.addresses = [[ADDRESS], ["127.0.0.1"]]  # a name server that changes its mind
    assert get(host) == b"photo"
    assert host.resolved == [NAME]
    assert host.connected_to == [ADDRESS]
    assert problem(host) == ("url-forbidden", f"{NAME} leads to an address that is not public")
    assert host.connected_to == [ADDRESS]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fe80::1%1",
    ],
)
def test_one_address_that_is_not_public_forbids_all(host, address):
    for addresses in ([address], [ADDRESS, address], [address, ADDRESS]):
        host.addresses = [addresses]
        assert problem(host)[0] == "url-forbidden"
    assert host.connected_to == []


def test_the_next_address_is_tried_where_one_does_not_answer(host):
    host.answers = [answer(b"photo")]
    host.addresses = [["2606:4700::1", ADDRESS, ADDRESS]]
    host.refused = {"2606:4700::1"}
    assert get(host) == b"photo"
    assert host.connected_to == ["2606:4700::1", ADDRESS]


def test_a_host_that_refuses_connections_may_be_tried_again(host):
    host.refused = {ADDRESS}
    with pytest.raises(FetchFailed, match="could not be reached"):
        get(host)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent", "304 Same"])
def test_a_redirect_is_not_followed(host, status):
    host.answers = [answer(status=status, Location=f"https://{NAME}/other.jpg")]
    assert problem(host) == ("fetch-failed", f"{NAME} answered {status[:3]}; redirects are not followed")
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "401 Who", "403 No", "404 Not Found", "410 Gone"])
def test_what_is_not_there_is_not_asked_for_again(host, status):
    host.answers = [answer(status=status)]
    assert problem(host) == ("fetch-failed", f"{NAME} answered {status[:3]}")


@pytest.mark.parametrize(
    "status", ["408 Slow", "425 Early", "429 Many", "500 Broken", "502 Bad", "503 Busy", "504 Late"]
)
def test_what_may_pass_may_be_tried_again(host, status):
    host.answers = [answer(status=status)]
    with pytest.raises(FetchFailed, match=f"{NAME} answered {status[:3]}"):
        get(host)


def test_a_photo_announced_too_large_is_not_read(host):
    host.answers = [answer(Content_Length=200_001)]  # and not a byte of it follows
    assert problem(host) == ("fetch-failed", f"{NAME} sends more than the 200000 bytes allowed")


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_without_end_is_read_as_far_as_is_allowed(host, chunked):
    def endless(connection):
        connection.sendall(answer(Content_Length=None, Transfer_Encoding="chunked" if chunked else None))
        block = b"x" * 4096
        for _ in itertools.count():
            connection.sendall(b"1000\r\n" + block + b"\r\n" if chunked else block)

    host.answers = [endless]
    assert problem(host) == ("fetch-failed", f"{NAME} sends more than the 200000 bytes allowed")


def test_the_largest_allowed_is_taken_whole(host):
    host.answers = [answer(b"x" * 200_000), answer(b"x" * 200_000, Content_Length=None)]
    assert len(get(host)) == 200_000
    assert len(get(host)) == 200_000


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"half a photo", Content_Length=24),
        answer(b"5\r\nphoto\r\n5\r\nph", Content_Length=None, Transfer_Encoding="chunked"),
        answer(b"five\r\nphoto", Content_Length=None, Transfer_Encoding="chunked"),
        b"",
        b"SSH-2.0 GET /shoe%20red.jpg?sig=s3cret\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_a_broken_answer_may_be_asked_for_again_and_is_not_repeated(host, reply):
    host.answers = [reply]
    with pytest.raises(FetchFailed) as caught:
        get(host)
    assert NAME in str(caught.value)
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\nX: "]
)
def test_a_host_that_drips_is_left_in_the_end(host, beginning):
    host.answers = [lambda connection: drip(connection, beginning)]
    with pytest.raises(FetchFailed, match=r"took longer than the 0\.3 s allowed"):
        get(host, limits=HASTY)


def test_a_host_that_never_shakes_hands_is_left_too(host):
    host.greets = lambda connection: connection.recv(1 << 20) and connection.recv(1)  # the hello; then the end
    with pytest.raises(FetchFailed, match="took longer"):
        get(host, limits=HASTY)


def test_a_name_server_that_never_answers_is_left_too(host):
    asked, answered = threading.Event(), threading.Event()

    def resolve(_name):
        asked.set()
        answered.wait()
        return [ADDRESS]

    network = host.network()
    with pytest.raises(FetchFailed, match="took longer"):
        fetch(parse_url(URL), HASTY, Network(resolve, network.connect, network.trust), lambda: None)
    assert asked.is_set()
    answered.set()
    for thread in [thread for thread in threading.enumerate() if thread.name == "exchange"]:
        thread.join()
    assert host.requests == []  # what comes too late is not used


def test_whoever_waits_may_end_the_fetch(host):
    def lose_the_lease():
        raise AttemptEnded("cancel")

    host.answers = [lambda connection: drip(connection, b"")]
    with pytest.raises(AttemptEnded):
        fetch(parse_url(URL), LIMITS, host.network(), lose_the_lease)


def test_a_certificate_of_another_name_is_refused(host):
    kind, detail = problem(host, url="https://other.example/shoe.jpg")
    assert kind == "fetch-failed"
    assert "other.example's certificate is not valid" in detail
    assert host.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused(host):
    network = host.network()
    with pytest.raises(ProblemError, match="certificate is not valid"):
        fetch(parse_url(URL), LIMITS, Network(network.resolve, network.connect), lambda: None)
    assert host.requests == []


def test_a_name_that_does_not_exist_is_told(host):
    host.addresses = [socket.gaierror(socket.EAI_NONAME, "Name or service not known")]
    assert problem(host) == ("fetch-failed", f"there is no host {NAME}")


@pytest.mark.parametrize("answered", [socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), []])
def test_a_name_server_in_trouble_may_be_asked_again(host, answered):
    host.addresses = [answered]
    with pytest.raises(FetchFailed, match=NAME):
        get(host)


def test_proxies_of_the_environment_are_not_used(host, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    host.answers = [answer(b"photo")]
    assert get(host) == b"photo"


def test_the_systems_network_resolves_all_and_connects_to_the_address_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda *arguments: asked.append(arguments))
    network = Network()
    assert network.resolve("127.0.0.1") == ["127.0.0.1"]
    network.connect(ADDRESS, 443, 3.0)
    assert asked == [((ADDRESS, 443), 3.0)]
    assert network.trust().check_hostname


def test_a_time_limit_noticed_by_the_socket_first_is_told_as_one():
    def talk(_connection):
        time.sleep(0.05)  # past the exchange's own limit
        raise TimeoutError("timed out")

    with socket.create_server((LOOPBACK, 0)) as listening:
        peer = Peer(LOOPBACK, listening.getsockname()[1], tls=False, private=True)
        exchange = Exchange(peer, 0.05, Network(), talk)
        exchange._answer.exception(timeout=20)
        with pytest.raises(FetchFailed, match=r"took longer than the 0\.05 s allowed"):
            exchange.wait(lambda: None)
