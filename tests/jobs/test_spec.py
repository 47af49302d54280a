import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from jobs.problems import ProblemError
from jobs.spec import OPERATION_MODELS, JobSpec, canonical_body, parse_spec, validate_spec
from jobs.strict_json import parse_json

UPLOAD = {"upload": "sha256:" + "0a" * 32}


def spec(*operations: dict[str, Any], **fields: Any) -> JobSpec:
    return validate_spec({"input": UPLOAD, "operations": list(operations or [{"op": "restore"}]), **fields})


def pointers(*operations: Any, **fields: Any) -> list[str]:
    with pytest.raises(ProblemError) as caught:
        spec(*operations, **fields)
    assert caught.value.problem.type == "invalid-parameter"
    return [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]]


def test_a_spec_has_its_defaults():
    parsed = parse_spec(json.dumps({"input": UPLOAD, "operations": [{"op": "upscale"}]}).encode())
    assert parsed.operations[0].model_dump() == {"op": "upscale", "factor": 2, "style": "faithful"}
    assert (parsed.written.format, parsed.written.quality, parsed.priority) == ("auto", 90, "interactive")


def test_every_operation_has_its_model():
    asked = [
        {"op": "restore", "strength": 0.5},
        {"op": "restore", "strength": "auto"},
        {"op": "upscale", "factor": 2},
        {"op": "upscale", "factor": 4, "style": "photo"},
        {"op": "relight"},
        {"op": "relight", "strength": 0, "exposure": -0.5},
        {"op": "cutout", "shadow": "keep"},
        {"op": "background", "color": "#fff", "shadow": "contact"},
        {"op": "inpaint", "boxes": [{"x": 0, "y": 0, "width": 10, "height": 10}]},
        {"op": "resize", "width": 100, "fit": "cover", "enlarge": False},
        {"op": "crop", "x": 0, "y": 0, "width": 10, "height": 10},
        {"op": "crop", "aspect": "4:5"},
        {"op": "rotate", "angle": -90, "fill": "#00FF7f"},
        {"op": "perspective", "auto": True},
        {"op": "variations"},
        {"op": "recolor", "colors": ["navy", "#c02030"], "point": {"x": 10, "y": 20.5}},
    ]
    wish = validate_spec({"operations": [{"op": "generate"}]})
    automatic = spec(operations="auto", renditions=["etsy"])
    asked_for = {each.op for each in (*spec(*asked).operations, *wish.operations, *automatic.operations)}
    assert asked_for == set(OPERATION_MODELS)


def test_a_spec_is_frozen():
    with pytest.raises(ValidationError):
        spec().priority = "bulk"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("operation", "pointer"),
    [
        ({"op": "teleport"}, "/operations/0/op"),
        ({}, "/operations/0/op"),
        ({"op": "restore", "strength": 1.5}, "/operations/0/strength"),
        ({"op": "restore", "strength": "some"}, "/operations/0/strength"),
        ({"op": "restore", "strength": None}, "/operations/0/strength"),
        ({"op": "relight", "exposure": 2.5}, "/operations/0/exposure"),
        ({"op": "relight", "exposure": "1"}, "/operations/0/exposure"),
        ({"op": "upscale", "style": "vivid"}, "/operations/0/style"),
        ({"op": "restore", "strenght": 1}, "/operations/0/strenght"),
        ({"op": "upscale", "factor": 3}, "/operations/0/factor"),
        ({"op": "resize"}, "/operations/0"),
        ({"op": "resize", "width": 0}, "/operations/0/width"),
        ({"op": "resize", "width": 16385}, "/operations/0/width"),
        ({"op": "resize", "width": "100"}, "/operations/0/width"),
        ({"op": "crop"}, "/operations/0"),
        ({"op": "crop", "x": 0, "y": 0, "width": 5}, "/operations/0"),
        ({"op": "crop", "x": 0, "aspect": "1:1"}, "/operations/0"),
        ({"op": "crop", "x": 0, "y": 0, "width": 5, "height": 5, "aspect": "1:1"}, "/operations/0"),
        ({"op": "crop", "aspect": "0:1"}, "/operations/0/aspect"),
        ({"op": "rotate"}, "/operations/0/angle"),
        ({"op": "rotate", "angle": 361}, "/operations/0/angle"),
        ({"op": "rotate", "angle": "90"}, "/operations/0/angle"),
        ({"op": "rotate", "angle": 1, "fill": "whitish"}, "/operations/0/fill"),
        ("restore", "/operations/0"),
    ],
)
def test_a_wrong_operation_is_pointed_at(operation: Any, pointer: str):
    assert pointers(operation) == [pointer]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"webhooks": {"url": "https://x"}}, "/webhooks"),
        ({"webhook": {"url": "https://x", "events": ["job.done"]}}, "/webhook/events/0"),
        ({"webhook": {"events": ["job.*"]}}, "/webhook/url"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"priority": "urgent"}, "/priority"),
        ({"output": {"format": "gif"}}, "/output/format"),
        ({"output": {"quality": 0}}, "/output/quality"),
        ({"deadline_s": 0}, "/deadline_s"),
        ({"expires_in_s": 59}, "/expires_in_s"),
        ({"seed": 2**32}, "/seed"),
        ({"seed": True}, "/seed"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"metadata": {"k": 1}}, "/metadata/k"),
        ({"metadata": {str(k): "" for k in range(51)}}, "/metadata"),
        ({"operations": []}, "/operations"),
        ({"operations": [{"op": "restore"}] * 17}, "/operations"),
        ({"input": {"upload": "sha256:XYZ"}}, "/input/upload"),
    ],
)
def test_a_wrong_field_is_pointed_at(fields: dict[str, Any], pointer: str):
    with pytest.raises(ProblemError) as caught:
        validate_spec({"input": UPLOAD, "operations": [{"op": "restore"}], **fields})
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == [pointer]


def test_all_mistakes_are_reported_together():
    assert pointers({"op": "x"}, {"op": "rotate", "angle": 999}, seed=-1) == [
        "/operations/0/op",
        "/operations/1/angle",
        "/seed",
    ]


@pytest.mark.parametrize("document", [None, [], "spec", 7])
def test_a_spec_that_is_no_object_is_refused(document: Any):
    with pytest.raises(ProblemError, match="invalid-parameter"):
        validate_spec(document)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "\\u0061": 2}}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"1" * 5000,
    ],
)
def test_json_that_is_not_strict_is_malformed(data: bytes):
    with pytest.raises(ProblemError) as caught:
        parse_spec(data)
    assert caught.value.problem.type == "malformed-json"


def test_brackets_in_strings_do_not_nest():
    assert parse_json(json.dumps('\\"[[[[' * 50).encode()) == '\\"[[[[' * 50
    assert parse_json(b"[" * 32 + b"]" * 32) is not None


@given(some.binary(max_size=200) | some.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_spec_or_a_problem(data: bytes):
    with pytest.raises(ProblemError):
        parse_spec(data)


@given(
    some.recursive(
        some.none() | some.booleans() | some.floats(allow_subnormal=False) | some.text(),
        lambda t: some.lists(t) | some.dictionaries(some.sampled_from(["op", "input", "operations", "seed"]), t),
        max_leaves=8,
    )
)
def test_any_document_is_a_spec_or_a_problem(document: Any):
    with pytest.raises(ProblemError):
        validate_spec(document)


def test_a_body_is_the_same_whatever_the_order_and_the_defaults():
    loose = parse_spec(
        b'{"operations": [ {"strength": "auto", "op": "restore"} ], "input": {"upload": "%s"}}'
        % UPLOAD["upload"].encode()
    )
    assert canonical_body(loose, "shop") == canonical_body(spec(), "shop")
    assert canonical_body(spec(seed=1), "shop") != canonical_body(spec(), "shop")
    assert canonical_body(spec(), "other") != canonical_body(spec(), "shop")


@pytest.mark.parametrize(
    ("text", "value"),
    [("2.0", 2), ("-1e3", -1000), ("2.5", 2.5), ("9007199254740992.0", 9007199254740992.0), ("1e400", math.inf)],
)
def test_a_whole_number_may_be_written_with_a_point(text: str, value: float) -> None:
    read = parse_json(text.encode())
    assert (read, type(read)) == (value, type(value))


def test_a_number_of_too_many_digits_is_told_without_a_hint_to_programmers() -> None:
    with pytest.raises(ProblemError, match=r"a number in it has more than 4300 digits$"):
        parse_json(b"9" * 5000)


@pytest.mark.parametrize(
    "fields",
    [
        {"external_id": "\x1b[31mA-1"},
        {"external_id": "A\0"},
        {"metadata": {"note": "\x9b1A"}},
        {"metadata": {"\x07": "x"}},
    ],
)
def test_what_a_terminal_would_obey_is_refused_in_names_and_notes(fields: dict[str, Any]) -> None:
    """They are shown by the command line, to whoever looks at the job."""
    (place,) = pointers(**fields)
    assert place.startswith(("/external_id", "/metadata/"))
    assert spec(external_id="A-1\tb\n", metadata={"note": "two\nlines"}).external_id == "A-1\tb\n"
