"""Rows about addresses that clients give: of photos, which a worker fetches, and of webhooks."""

import time
from collections.abc import Callable

from jobs.photos import FORMATS
from tests.badinput.place import MUG, REBINDING, Place
from tests.badinput.rows import promise
from tests.badinput.wire import Answer
from tests.worker.photo_host import NAME, answer

Sends = Callable[[Place], Answer]

FORBIDDEN = {
    "plain http": "http://photos.example/a.jpg",
    "ftp": "ftp://photos.example/a.jpg",
    "file": "file:///etc/passwd",
    "data": "data:image/png;base64,AAAA",
    "gopher": "gopher://photos.example/",
    "no scheme": "photos.example/a.jpg",
    "a scheme alone": "https://",
    "no host": "https:///a.jpg",
    "loopback": "https://127.0.0.1/",
    "localhost": "https://localhost/",
    "localhost with a dot": "https://localhost./",
    "private 10/8": "https://10.0.0.1/",
    "private 172.16/12": "https://172.16.0.1/",
    "private 192.168/16": "https://192.168.0.1/",
    "carriers' 100.64/10": "https://100.64.0.1/",
    "the clouds' metadata": "https://169.254.169.254/latest/meta-data/",
    "Azure's host": "https://168.63.129.16/",
    "Oracle's metadata": "https://192.0.0.192/",
    "Google's metadata by name": "https://metadata.google.internal/",
    "0.0.0.0": "https://0.0.0.0/",
    "multicast": "https://224.0.0.1/",
    "broadcast": "https://255.255.255.255/",
    "an address as one number": "https://2130706433/",
    "an address in hex": "https://0x7f000001/",
    "an address in octal": "https://0177.0.0.1/",
    "an address in short": "https://127.1/",
    "an address with leading zeros": "https://127.000.000.001/",
    "an address in full-width digits": "https://１２７.0.0.1/",
    "IPv6 loopback": "https://[::1]/",
    "IPv6 unspecified": "https://[::]/",
    "IPv4 in IPv6": "https://[::ffff:127.0.0.1]/",
    "IPv4, compatible": "https://[::127.0.0.1]/",
    "NAT64": "https://[64:ff9b::7f00:1]/",
    "6to4": "https://[2002:7f00:1::]/",
    "Teredo": "https://[2001::1]/",
    "unique local": "https://[fd00::1]/",
    "link-local": "https://[fe80::1]/",
    "link-local with a zone": "https://[fe80::1%25eth0]/",
    "site-local": "https://[fec0::1]/",
    "IPv6 multicast": "https://[ff02::1]/",
    "IPv6 without an end": "https://[::1/",
    "a user": "https://user@photos.example/",
    "a user and a password": "https://user:secret@photos.example/",
    "a host behind an @": "https://photos.example@127.0.0.1/",
    "a host behind a backslash": "https://photos.example\\@127.0.0.1/",
    "a host behind a hash": "https://photos.example#@127.0.0.1/",
    "port 80": "https://photos.example:80/",
    "port 6379": "https://photos.example:6379/",
    "port 0": "https://photos.example:0/",
    "an empty port": "https://photos.example:/",
    "a port of 400 digits": "https://photos.example:" + "4" * 400 + "/",
    "an inner name": "https://intranet/",
    "a .local name": "https://printer.local/",
    "a .internal name": "https://db.internal/",
    "a name with a line's end": "https://photos.example\r\nHost: x/",
    "a name with a tab": "https://photos\t.example/",
    "a name in other letters": "https://фото.example/",
    "a name with an escape": "https://%31%32%37.0.0.1/",
    "a label of 64": "https://" + "a" * 64 + ".example/",
    "2,049 characters": "https://photos.example/" + "a" * 2026,
    "a space in the path": "https://photos.example/a b",
}

WEBHOOKS = {
    name: url
    for name, url in FORBIDDEN.items()
    if name in {
        "plain http", "ftp", "loopback", "localhost", "private 10/8", "the clouds' metadata", "Azure's host",
        "an address as one number", "IPv6 loopback", "IPv4 in IPv6", "NAT64", "6to4", "a user", "port 6379",
        "an inner name", "a host behind an @", "a name with a line's end",
    }
}  # fmt: skip


def photo_at(url: str) -> Sends:
    """A job about a photo by URL."""
    return lambda place: place.submit({"input": {"url": url}, "operations": [{"op": "restore"}]})


def row_at(url: str) -> Sends:
    """A catalogue of one such row."""
    body = {"items": [{"url": url, "operations": "auto"}]}
    return lambda place: place.call("POST", "/v1/batches", json=body)


def told_at(url: str) -> Sends:
    """A job that tells its end there."""
    return lambda place: place.submit(place.spec(webhook={"url": url}))


def endpoint_at(url: str) -> Sends:
    """An endpoint of the tenant's own."""
    return lambda place: place.call("POST", "/v1/webhooks", json={"url": url})


def hosted(reply: object, name: str = NAME) -> Sends:
    """A job about a photo on our host, which answers so."""

    def sends(place: Place) -> Answer:
        place.photo_host.answers[:] = [reply]
        return photo_at(f"https://{name}/a.jpg")(place)

    return sends


def drips(connection: object) -> None:
    """A byte now and then, for as long as anybody listens."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")  # type: ignore[attr-defined]
    while True:
        connection.sendall(b"\xff")  # type: ignore[attr-defined]
        time.sleep(0.3)


def floods(connection: object) -> None:
    """Without a length, and without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")  # type: ignore[attr-defined]
    while True:
        connection.sendall(b"\xff" * 65536)  # type: ignore[attr-defined]


promise(
    "URL private, metadata, odd IP, userinfo, scheme, port",
    422,
    "url-forbidden",
    {name: photo_at(url) for name, url in FORBIDDEN.items()},
)
promise(
    "URL private, metadata, odd IP, userinfo, scheme, port",
    422,
    "invalid-parameter",
    {f"in a catalogue: {name}": row_at(FORBIDDEN[name]) for name in ("loopback", "the clouds' metadata", "a user")},
)
promise(
    "URL rebinding",
    422,
    "url-forbidden",
    {"a name that leads to a public and a private address": hosted(answer(MUG.read_bytes()), REBINDING)},
    later=True,
    names=("not public",),
)
promise(
    "URL redirect, slow, too large",
    422,
    "fetch-failed",
    {
        "a redirect": hosted(answer(status="302 Found", Location="https://127.0.0.1/")),
        "a redirect to itself": hosted(answer(status="308 Permanent Redirect", Location=f"https://{NAME}/a.jpg")),
        "not found": hosted(answer(status="404 Not Found")),
        "too large, announced": hosted(answer(Content_Length=4_000_001)),
        "too large, without a length": hosted(floods),
        "shorter than announced": hosted(answer(b"\xff\xd8", Content_Length=100)),
        "no HTTP": hosted(b"\x00\x01\x02\x03" * 100),
        "a head without an end": hosted(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000),
        "no such name": photo_at("https://nobody.example/a.jpg"),
        "slow": hosted(drips),
    },
    later=True,
)
promise(
    "what a URL leads to", 422, "unsupported-image", {"a page": hosted(answer(b"<html>"))}, later=True, names=FORMATS
)
promise(
    "webhook to http or private",
    422,
    "webhook-url-forbidden",
    {f"of a job: {name}": told_at(url) for name, url in WEBHOOKS.items()}
    | {f"of a tenant: {name}": endpoint_at(url) for name, url in WEBHOOKS.items()}
    | {
        "of a batch": lambda place: place.call(
            "POST",
            "/v1/batches",
            json={
                "items": [{"upload": place.good_photo(), "operations": "auto"}],
                "webhook": {"url": "https://127.0.0.1/"},
            },
        )
    },
)
