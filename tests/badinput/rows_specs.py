"""Rows about what a spec says: fields, types, ranges, texts, models."""

from collections.abc import Callable

from tests.badinput.place import Place
from tests.badinput.rows import promise
from tests.badinput.rows_access import UNKNOWN_JOB, asks
from tests.badinput.rows_bodies import form, photo_part, spec, spec_of
from tests.badinput.wire import Answer

LONE = b'{"operations": "auto", "external_id": "\\ud800"}'

promise(
    "unknown field, type or range",
    422,
    "invalid-parameter",
    {
        "an unknown field": spec(colour="red"),
        "65 unknown fields": spec(**{f"field-{at}": 1 for at in range(65)}),
        "an unknown operation": spec(operations=[{"op": "teleport"}]),
        "an operation without a name": spec(operations=[{}]),
        "an operation that is a text": spec(operations=["restore"]),
        "17 operations": spec(operations=[{"op": "restore"}] * 17),
        "no operation": spec(operations=[]),
        "a list": spec_of(b"[]"),
        "null": spec_of(b"null"),
        "an unknown parameter": spec(operations=[{"op": "restore", "power": 9}]),
        "a text for a number": spec(seed="7"),
        "a number for a text": spec(external_id=7),
        "true for a number": spec(seed=True),
        "a seed of 2^32": spec(seed=2**32),
        "a seed of 4,000 digits": spec_of(b'{"operations": "auto", "seed": ' + b"9" * 4000 + b"}"),
        "a strength of 1e400": spec_of(b'{"operations": [{"op": "restore", "strength": 1e400}]}'),
        "a width of 0": spec(operations=[{"op": "resize", "width": 0}]),
        "a width of 16,385": spec(operations=[{"op": "resize", "width": 16_385}]),
        "a resize without sides": spec(operations=[{"op": "resize"}]),
        "pictures without end": spec(
            operations=[{"op": "recolor", "colors": ["red"] * 16}, {"op": "variations", "count": 64}]
        ),
        "half a surrogate": spec_of(LONE),
        "an upload that is not there": spec(input={"upload": "sha256:" + "0" * 64}),
        "an upload's id that is none": spec(input={"upload": "sha256:../../etc/passwd"}),
        "an upload and a URL": spec(input={"upload": "sha256:" + "0" * 64, "url": "https://photos.example/a.jpg"}),
        "an unknown channel": spec(renditions=["ebay", "no-such-channel"]),
        "a channel's name that is a path": spec(renditions=["../../etc/passwd"]),
        "a form that names an input": form(
            "/v1/jobs",
            photo_part(),
            b'--b\r\nContent-Disposition: form-data; name="spec"\r\n\r\n{"input": {}, "operations": "auto"}\r\n',
        ),
        "a part nobody knows": form("/v1/uploads", photo_part(), photo_part("note")),
        "a deadline of a year": spec(deadline_s=31_536_000),
        "a parent that is none": spec(parent={"job": "job_x"}),
        "a parent nobody knows": spec(parent={"job": UNKNOWN_JOB}),
        "wait=61": asks("GET", f"/v1/jobs/{UNKNOWN_JOB}?wait=61"),
        "wait=nan": asks("GET", f"/v1/jobs/{UNKNOWN_JOB}?wait=nan"),
        "an unknown query": asks("GET", "/v1/jobs?stat=queued"),
        "a query twice": asks("GET", "/v1/jobs?limit=1&limit=2"),
        "a cursor that is none": asks("GET", "/v1/jobs?cursor=%00"),
        "a cursor of 16 digits and a sign": asks("GET", "/v1/jobs?cursor=-1"),
        "a batch's cursor of 4,000 digits": asks("GET", "/v1/batches?cursor=" + "9" * 4000),
        "limit=10^30": asks("GET", "/v1/jobs?limit=1" + "0" * 30),
        "a time that is none": asks("GET", "/v1/jobs?created_after=yesterday"),
        "the year 0": asks("GET", "/v1/jobs?created_after=0000-01-01T00:00:00Z"),
    },
)
promise(
    "text too long",
    422,
    "invalid-parameter",
    {
        "a reference of 201 characters": spec(external_id="x" * 201),
        "a note of 501 characters": spec(metadata={"note": "x" * 501}),
        "51 notes": spec(metadata={f"{at}": "x" for at in range(51)}),
        "a wish of 501 characters": spec_of(b'{"operations": [{"op": "generate", "text": "' + b"x" * 501 + b'"}]}'),
        "200,000 characters": spec(external_id="x" * 200_000),
    },
    names=("at most",),
)
promise(
    "unknown model",
    422,
    "unknown-model",
    {"a wish for what no worker has learned": spec_of(b'{"operations": [{"op": "generate"}]}')},
    later=True,
    settings=(("BADINPUT_WITHOUT", "generator"),),
)


def catalogue(data: bytes, kind: str = "application/json") -> Callable[[Place], Answer]:
    """These bytes as a catalogue."""
    return lambda place: place.call("POST", "/v1/batches", content=data, headers={"Content-Type": kind})


LIMIT = 15_900_000  # bytes; a catalogue may have 16 MB

promise(
    "a catalogue of 16 MB",
    422,
    "invalid-parameter",
    {
        "of numbers": catalogue(b'{"items": [' + b"0," * (LIMIT // 2) + b"0]}"),
        "of texts": catalogue(b'{"items": [' + b'"ab",' * (LIMIT // 5) + b"0]}"),
        "of columns": catalogue(b"sku" + b"," * (LIMIT // 2) + b"\n" + b"x\n" * 9_000, "text/csv"),
        "of unknown fields": catalogue(
            b"\n".join([b"{" + b",".join(b'"%x":1' % at for at in range(220)) + b"}"] * 9_000), "application/jsonl"
        ),
        "of wrong boxes": catalogue(
            b"\n".join([b'{"operations":[{"op":"inpaint","boxes":[' + b",".join([b"{}"] * 250) + b"]}]}"] * 9_000),
            "application/jsonl",
        ),
        "of lines' ends": catalogue(b"sku\n" + b"\n" * LIMIT, "text/csv"),
    },
)
promise(
    "a catalogue of 16 MB",
    400,
    "malformed-json",
    {
        "of objects": catalogue(b'{"items": [' + b"{}," * (LIMIT // 3) + b"{}]}"),
        "of one text": catalogue(b'{"items": "' + b'\\"' * (LIMIT // 2)),
    },
)
