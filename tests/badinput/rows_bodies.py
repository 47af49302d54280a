"""Rows about bodies: too large, cut short, forms, JSON, media types, specs, idempotency keys."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.api.test_bad_input import part
from tests.badinput.place import MUG, Place
from tests.badinput.rows import promise
from tests.badinput.wire import Answer

Sends = Callable[[Place], Answer]
JSON = "application/json"
UNLIMITED = 4_000_001  # bytes; one more than the installation takes
DEEP = 200_000


def spec_of(data: bytes, kind: str | None = JSON) -> Sends:
    """These bytes as a job's spec."""
    headers = {} if kind is None else {"Content-Type": kind}
    return lambda place: place.call("POST", "/v1/jobs", content=data, headers=headers)


def spec(**fields: Any) -> Sends:
    """A good spec but for these fields."""
    return lambda place: place.submit(place.spec(**fields))


def form(path: str, *parts: bytes, end: bytes = b"--b--\r\n", kind: str = "multipart/form-data; boundary=b") -> Sends:
    """A form of these parts."""
    return lambda place: place.call("POST", path, content=b"".join(parts) + end, headers={"Content-Type": kind})


def photo_part(name: str = "file") -> bytes:
    """A photo as a part."""
    return part(name, MUG.read_bytes(), "image/jpeg")


def chunks(size: int) -> Iterator[bytes]:
    """So many bytes, piece by piece, whose number nobody is told before."""
    for _ in range(-(-size // 65536)):
        yield b"\xff" * 65536


def chunked(path: str, size: int, **headers: str) -> Sends:
    """A body without a length."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda place: place.call("POST", path, content=chunks(size), headers=told)


def announced(path: str, size: int, *lines: str) -> Sends:
    """The length of a huge body, and none of it."""
    return lambda place: place.say(
        place.head("POST", path, f"Content-Length: {size}", "Connection: close", *lines), b"x", ends=False
    )


def cut_short(path: str, *lines: str) -> Sends:
    """A body that ends before its announced length."""
    return lambda place: place.say(place.head("POST", path, "Content-Length: 1000", *lines), b"\xff\xd8\xff\xe0" * 9)


def keyed(key: str) -> Sends:
    """A good spec with this Idempotency-Key."""
    return lambda place: place.submit(place.spec(), headers={"Idempotency-Key": key})


def raw_key(key: bytes) -> Sends:
    """The same for keys that no library sends."""
    head = b"\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\nIdempotency-Key: "
    return lambda place: place.say(
        place.head("POST", "/v1/jobs").removesuffix(b"\r\n\r\n") + head + key + b"\r\n\r\n{}"
    )


def another_body(place: Place) -> Answer:
    """The same key for two different specs."""
    headers = {"Idempotency-Key": "row-mismatch"}
    place.submit(place.spec(external_id="first"), headers=headers)
    return place.submit(place.spec(external_id="second"), headers=headers)


def at_once(place: Place) -> Answer:
    """The same request eight times at once under one key: one job, whoever comes first."""
    body = place.spec(external_id="at-once")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: place.submit(body, headers={"Idempotency-Key": "row-at-once"}), range(8)))
    assert {answer.status for answer in answers} == {202}, [answer.text for answer in answers]
    assert len({answer.document["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 7
    return answers[0]


promise(
    "body over the limit",
    413,
    "body-too-large",
    {
        "a photo, declared": lambda place: place.upload(b"\xff" * UNLIMITED),
        "a photo, chunked": chunked("/v1/uploads", UNLIMITED),
        "a photo in a form": form("/v1/uploads", part("file", b"\xff" * UNLIMITED)),
        "a terabyte announced, nothing sent": announced("/v1/uploads", 10**12),
        "10^30 bytes announced": announced("/v1/uploads", 10**30),
        "a spec": spec_of(b" " * 300_000),
        "a spec, chunked": chunked("/v1/jobs", 300_000, Content_Type=JSON),
        "a spec in a form": form("/v1/jobs", photo_part(), part("spec", b" " * 300_000)),
        "a manifest": lambda place: place.call(
            "POST", "/v1/batches", content=b"sku\n" * 4_200_000, headers={"Content-Type": "text/csv"}
        ),
    },
    names=("bytes",),
)
promise(
    "too many parts",
    413,
    "too-many-parts",
    {"nine parts": form("/v1/uploads", *(part(f"p{n}", b"x") for n in range(9)))},
)
promise(
    "multipart without boundary or cut short",
    400,
    "malformed-body",
    {
        "without boundary": form("/v1/uploads", photo_part(), kind="multipart/form-data"),
        "an empty boundary": form("/v1/uploads", photo_part(), kind="multipart/form-data; boundary="),
        "a boundary of 7,000 characters": form("/v1/uploads", kind="multipart/form-data; boundary=" + "b" * 7000),
        "cut short in the photo": form("/v1/uploads", photo_part(), end=b""),
        "cut short in a part's head": form("/v1/jobs", end=b"--b\r\nContent-Disposition: form-da"),
        "nothing in it": form("/v1/jobs", end=b""),
        "line ends alone, 3 MB": form("/v1/uploads", end=b"\r\n" * 1_500_000),
        "dashes alone, 3 MB": form("/v1/uploads", end=b"--" * 1_500_000),
        "a part without a name": form("/v1/uploads", end=b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n"),
        "a part's head of 2 MB": form("/v1/uploads", end=b"--b\r\nX: " + b"y" * 2_000_000 + b"\r\n\r\nz\r\n--b--\r\n"),
        "shorter than announced": cut_short("/v1/uploads"),
        "a spec shorter than announced": cut_short("/v1/jobs", f"Content-Type: {JSON}"),
    },
)
promise(
    "no image",
    400,
    "missing-image",
    {
        "a form without parts": form("/v1/uploads"),
        "a form without the photo": form("/v1/jobs", part("spec", b"{}")),
        "the photo under another name": form("/v1/uploads", photo_part("image")),
        "its name in its place": form("/v1/uploads", part("file", b"mug.jpg").replace(b'; filename="x"', b"")),
    },
)
promise(
    "two images",
    400,
    "duplicate-part",
    {
        "two photos": form("/v1/uploads", photo_part(), photo_part()),
        "two photos and a spec": form("/v1/jobs", photo_part(), photo_part(), part("spec", b"{}")),
        "two specs": form("/v1/jobs", photo_part(), part("spec", b"{}"), part("spec", b"{}")),
    },
)
promise(
    "bad JSON",
    400,
    "malformed-json",
    {
        "nothing": spec_of(b""),
        "half an object": spec_of(b'{"input": '),
        "two objects": spec_of(b"{}{}"),
        "a comma too many": spec_of(b'{"operations": [],}'),
        "other quotes": spec_of(b"{'operations': []}"),
        "bytes that are no UTF-8": spec_of(b'{"external_id": "\xff"}'),
        "UTF-16": spec_of('{"operations": []}'.encode("utf-16")),
        "a byte order mark": spec_of(b"\xef\xbb\xbf{}"),
        "200,000 lists deep": spec_of(b"[" * DEEP),
        "200,000 objects deep": spec_of(b'{"a":' * (DEEP // 4)),
        "33 deep and closed": spec_of(b"[" * 33 + b"]" * 33),
        "NaN": spec_of(b'{"seed": NaN}'),
        "Infinity": spec_of(b'{"seed": Infinity}'),
        "-Infinity": spec_of(b'{"seed": -Infinity}'),
        "a number of 200,000 digits": spec_of(b'{"seed": ' + b"9" * DEEP + b"}"),
        "a key twice": spec_of(b'{"seed": 1, "seed": 2}'),
        "a key twice, 28,000 keys apart": spec_of(
            b"{" + b",".join(b'"%x":0' % at for at in range(28_000)) + b',"6d5f":0}'
        ),
        "a control character in a text": spec_of(b'{"external_id": "\x00"}'),
        "in a form": form("/v1/jobs", photo_part(), part("spec", b"{")),
        "in a decision": lambda place: place.call(
            "POST", f"/v1/jobs/{place.done()['id']}/outputs/0/decision", content=b"{", headers={"Content-Type": JSON}
        ),
    },
)
promise(
    "wrong Content-Type",
    415,
    "unsupported-media-type",
    {
        "a spec as text": spec_of(b"{}", "text/plain"),
        "a spec as nothing": spec_of(b"{}", None),
        "a spec as a web form": spec_of(b"{}", "application/x-www-form-urlencoded"),
        "a photo as JSON": lambda place: place.upload(b"{}", JSON),
        "a photo as a web form": lambda place: place.upload(b"x", "application/x-www-form-urlencoded"),
        "a manifest as a photo": lambda place: place.call(
            "POST", "/v1/batches", content=b"x", headers={"Content-Type": "image/jpeg"}
        ),
        "a type that is none": spec_of(b"{}", ";;;"),
    },
    names=("expected",),
)
promise(
    "Idempotency-Key invalid or over 255",
    400,
    "bad-idempotency-key",
    {
        "empty": keyed(""),
        "a space in it": keyed("a b"),
        "256 characters": keyed("k" * 256),
        "7,000 characters": keyed("k" * 7000),
        "beyond ASCII": raw_key("ключ".encode()),
        "a tab in it": raw_key(b"a\tb"),
    },
    names=("1 to 255",),
)
promise("same key, other body", 422, "idempotency-mismatch", {"two specs under one key": another_body})
promise("same key, at once", 202, None, {"eight times the same request: one job": at_once})
