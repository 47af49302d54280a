"""What is drawn: job specs, right ones and broken ones, catalogues, queries, headers, and other routes' bodies."""

import json
from typing import Any

from hypothesis import strategies as st

from jobs.spec import OPERATION_MODELS

_ODD = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202eevil",
    "\U0001f457" * 40,
    "ﬁ",
    "x" * 5000,
    "../../etc/passwd",
    "${jndi:x}",
    "%s%n",
    "{}",
    "NaN",
    "1e999",
)


@st.composite
def odd_texts(draw: st.DrawFn) -> str:
    """Texts that trouble whoever did not think of them; a function, as hypothesis writes out what it draws from."""
    return draw(st.sampled_from(_ODD))


TEXTS = st.one_of(st.text(max_size=40), odd_texts())
NUMBERS = st.one_of(
    st.integers(-3, 3000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -0.0, 2**31, 2**32 - 1, 2**53, -(2**63), 2**64, 10**40, 1e-320, 1.7e308]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
RAW = ("NaN", "-Infinity", "1e400", "9" * 5000, '{"a":1,"a":2}', "[" * 60, '"\\ud800"', "\x00", "", '"\t"', "01", "'a'")
"""Pieces that no JSON writer writes, put in a value's place."""

_COLORS = st.sampled_from(["red", "#abc", "navy blue", "ivory", "#12345g", "x" * 31])
_KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "width": st.integers(1, 200),
    "height": st.integers(1, 200),
    "x": st.integers(0, 9),
    "y": st.integers(0, 9),
    "fit": st.sampled_from(["contain", "cover", "fill", "pad"]),
    "aspect": st.sampled_from(["1:1", "4:5", "0:1", 1.5]),
    "angle": st.sampled_from([0, 90, -45.5, "auto", 361]),
    "strength": st.sampled_from([0, 0.5, 1, "auto", 1.1]),
    "factor": st.sampled_from([2, 4, 3]),
    "color": _COLORS,
    "colors": st.lists(_COLORS, max_size=3),
    "fill": st.sampled_from([0.5, "white", "#fff", 2]),
    "background": st.sampled_from(["transparent", "white", "#0"]),
    "boxes": st.lists(
        st.fixed_dictionaries({name: st.integers(0, 20) for name in ("x", "y", "width", "height")}), max_size=3
    ),
    "text": TEXTS,
    "count": st.integers(0, 5),
    "auto": st.booleans(),
    "yaw": st.sampled_from([-10, 0, 46]),
    "product": st.booleans(),
    "margin": st.sampled_from([0, 0.1, 2]),
    "shadow": st.sampled_from(["none", "contact", "drop", "keep"]),
    "size_px": st.sampled_from([64, 63, 128]),
}


def _parameters(name: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = [field.alias or own for own, field in OPERATION_MODELS[name].model_fields.items() if own != "op"]
    return st.fixed_dictionaries(
        {"op": st.just(name)}, optional={field: st.one_of(_KNOWN.get(field, SCALARS), SCALARS) for field in fields}
    )


def _sensible(name: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = [field.alias or own for own, field in OPERATION_MODELS[name].model_fields.items()]
    return st.fixed_dictionaries(
        {"op": st.just(name)}, optional={field: _KNOWN[field] for field in fields if field in _KNOWN}
    )


OPERATIONS = st.one_of(*map(_sensible, OPERATION_MODELS), *map(_parameters, OPERATION_MODELS), ANYTHING)
QUICK = st.sampled_from(
    [{"op": "resize", "width": 16}, {"op": "rotate", "angle": 90}, {"op": "crop", "aspect": "1:1"}, {"op": "restore"}]
)


@st.composite
def specs(draw: st.DrawFn, upload: str) -> dict[str, Any]:
    """Specs about that upload: half of them right but for what is drawn into some fields."""
    return draw(_specs(upload))


def _specs(upload: str) -> st.SearchStrategy[dict[str, Any]]:
    right = {"input": st.just({"upload": upload}), "operations": st.lists(QUICK, min_size=1, max_size=3)}
    more = {
        "seed": st.one_of(st.integers(0, 2**32 - 1), SCALARS),
        "external_id": st.one_of(st.text(min_size=1, max_size=30), TEXTS),
        "metadata": st.one_of(st.dictionaries(TEXTS, TEXTS, max_size=5), ANYTHING),
        "priority": st.sampled_from(["interactive", "bulk", "urgent", 1]),
        "renditions": st.lists(st.sampled_from(["ebay", "amazon-main", "../x", 7]), max_size=3),
        "output": st.one_of(st.just({"format": "webp", "quality": 60}), ANYTHING),
        "check": st.booleans(),
        "review": ANYTHING,
        "deadline_s": st.one_of(st.integers(60, 900), NUMBERS),
        "expires_in_s": st.one_of(st.integers(60, 900), NUMBERS),
        "webhook": st.one_of(st.just({"url": "https://192.0.2.1/"}), ANYTHING),
        "parent": ANYTHING,
        "validate_only": st.sampled_from([True, True, False, "yes"]),
        "operations": st.one_of(st.just("auto"), st.lists(OPERATIONS, max_size=20)),
        "input": ANYTHING,
    }
    rest = {name: strategy for name, strategy in more.items() if name not in right}
    return st.fixed_dictionaries(right, optional=rest) | st.fixed_dictionaries(
        {}, optional={name: strategy | ANYTHING for name, strategy in more.items()}
    )


@st.composite
def sound(draw: st.DrawFn, upload: str) -> bytes:
    """A dry run of a spec whose operations have parameters that go together more often than not."""
    rest = {"seed": st.integers(0, 2**32 - 1), "metadata": st.dictionaries(st.text(min_size=1, max_size=9), st.text())}
    fixed = {"input": st.just({"upload": upload}), "validate_only": st.just(True)}
    operations = st.lists(QUICK | st.one_of(*map(_sensible, OPERATION_MODELS)), min_size=1, max_size=2)
    document = draw(st.fixed_dictionaries({**fixed, "operations": operations}, optional=rest))
    return json.dumps(document).encode()


@st.composite
def written(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> bytes:
    """A document as bytes; now and then with something in it that JSON does not know."""
    text = json.dumps(draw(documents), allow_nan=False)
    if draw(st.integers(0, 9)) == 7 and ":" in text:
        places = [at for at, character in enumerate(text) if character == ":"]
        at = draw(st.sampled_from(places)) + 1
        text = text[:at] + draw(st.sampled_from(RAW)) + ("" if draw(st.booleans()) else "," + text[at:])
    return text.encode("utf-8", "surrogatepass")


_ROWS = st.dictionaries(
    st.sampled_from(["sku", "upload", "url", "preset", "color", "operations", "seed", "metadata", "input", "webhook"])
    | TEXTS,
    SCALARS | ANYTHING,
    max_size=6,
)
_CELLS = st.one_of(
    TEXTS, st.sampled_from(["relight; upscale:factor=2", "auto", "[{", "ebay|amazon-main", '"', ";;", "=1+1"])
)


@st.composite
def catalogues(draw: st.DrawFn, upload: str) -> tuple[str, bytes]:
    """A media type, and a manifest of it."""
    rows = draw(st.lists(_ROWS | st.just({"upload": upload, "operations": [{"op": "restore"}]}), max_size=6))
    kind = draw(st.sampled_from(["application/json", "application/jsonl", "text/csv"]))
    if kind == "application/json":
        members = {"items": st.just(rows), "name": TEXTS, "defaults": _ROWS | ANYTHING, "webhook": ANYTHING}
        return kind, draw(written(st.fixed_dictionaries({}, optional=members)))
    if kind == "application/jsonl":
        return kind, b"\n".join(draw(written(st.just(row))) for row in rows)
    columns = draw(
        st.lists(st.sampled_from(["sku", "upload", "preset", "operations", "seed", "Farbe", "color"]), max_size=5)
    )
    lines = [columns, *draw(st.lists(st.lists(_CELLS, max_size=6), max_size=5))]
    return kind, "\r\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass")


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Idempotency-Key": st.sampled_from(["k", "k1", "k2", "~" * 255, "~" * 256, "a b", ""]),
        "Prefer": st.sampled_from(["wait=1", "wait=1e9", 'wait="1"', "respond-async", 'x="' + "\\" * 900, "," * 900]),
        "If-None-Match": st.sampled_from(["*", '"x"', 'W/"x"', '"' * 99, "x" * 5000]),
        "If-Modified-Since": st.sampled_from(["yesterday", "Mon, 99 Foo 9999 99:99:99 GMT"]),
        "Range": st.sampled_from(
            ["bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=" + "0-0," * 500, "x=1", "bytes=99999999999999999999-"]
        ),
        "X-Request-Id": st.sampled_from(["a", "x" * 129, "<script>", "a b", '"']),
        "Accept": st.sampled_from(["*/*", "text/html", "application/json;q=-1", ",;,;" * 50]),
        "Last-Event-ID": st.sampled_from(["0", "x", "9" * 400, "-1"]),
        "Origin": st.sampled_from(["null", "https://evil.example", "x" * 3000]),
        "X-Forwarded-For": st.sampled_from(["127.0.0.1", "x", "1.1.1.1," * 400]),
        "Expect": st.sampled_from(["100-continue"]),
        "Accept-Encoding": st.sampled_from(["gzip", "br;q=x", "*;q=0"]),
    },
)
CONTENT_TYPES = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "application/JSON",
        "text/plain",
        "",
        "x",
        "multipart/form-data",
        'multipart/form-data; boundary="',
        "application/json;" + "a=b;" * 200,
    ]
)
NAMES = (
    "cursor",
    "limit",
    "state",
    "external_id",
    "created_after",
    "metadata",
    "wait",
    "name",
    "preset",
    "validate_only",
    "id",
    "since",
    "format",
    "x\x00",
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.one_of(
            TEXTS,
            st.sampled_from(
                ["-1", "1", "9" * 30, "nan", "true", "a:b", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"]
            ),
        ),
    ),
    max_size=4,
)
