"""What somebody who got a spec wrong is told."""

from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.spec import JobSpec, validate_spec
from jobs.spec.guesses import guess
from jobs.spec.job import MAX_METADATA_KEYS, MAX_OPERATIONS
from jobs.spec.mistakes import shown

PHOTO = {"upload": "sha256:" + "0" * 64}


def told(**fields: Any) -> dict[str, str]:
    with pytest.raises(ProblemError) as caught:
        validate_spec({"input": PHOTO, **({} if "operations" in fields else {"operations": "auto"}), **fields})
    (mistake,) = caught.value.problem.extra["errors"]
    return mistake


@pytest.mark.parametrize(
    ("fields", "pointer", "meant", "also"),
    [
        ({"sku": "A"}, "/sku", "external_id", "metadata"),
        ({"exernal_id": "A"}, "/exernal_id", "external_id", "seed"),
        ({"operation": "auto"}, "/operation", "operations", "renditions"),
        ({"operations": [{"op": "upscale", "scale": 2}]}, "/operations/0/scale", "factor", "style"),
        ({"operations": [{"op": "relight", "strengt": 1}]}, "/operations/0/strengt", "strength", "op"),
        ({"operations": [{"op": "recolor", "colour": "red"}]}, "/operations/0/colour", "color", "from"),
        ({"input": {**PHOTO, "link": ""}}, "/input/link", None, "upload, url"),
        ({"webhook": {"url": "https://a.example", "event": []}}, "/webhook/event", "events", "url"),
    ],
)
def test_a_strange_field_is_told_what_was_meant_and_what_there_is(
    fields: dict[str, Any], pointer: str, meant: str | None, also: str
) -> None:
    mistake = told(**fields)
    assert mistake["pointer"] == pointer
    assert (f"did you mean {meant!r}? there are " in mistake["detail"]) == (meant is not None)
    assert also in mistake["detail"].partition("there are ")[2]


def test_only_the_fields_of_that_operation_are_named() -> None:
    assert told(operations=[{"op": "auto", "factor": 2}])["detail"] == "there is no such field here; there are op"


@pytest.mark.parametrize(
    ("operation", "detail"),
    [
        ("relight", 'an operation is an object: write {"op": "relight"}; got "relight"'),
        ("upscal", 'an operation is an object: write {"op": "upscale"}; got "upscal"'),
        (5, 'an operation is an object: write {"op": "relight"}; got 5'),
    ],
)
def test_an_operation_that_is_no_object_is_told_how_to_write_it(operation: object, detail: str) -> None:
    assert told(operations=[operation])["detail"] == detail


def test_an_operation_under_another_name_is_told_which_it_is() -> None:
    said = told(operations=[{"operation": "relight"}])["detail"]
    assert said.endswith("did you mean 'op' where it says 'operation'?")
    assert "there is no operation \"relite\"; did you mean 'relight'?" in told(operations=[{"op": "relite"}])["detail"]


@pytest.mark.parametrize(("name", "written"), [(None, "null"), (1, "1"), ("1", '"1"'), (["resize"], "a list")])
def test_an_operations_name_that_is_none_is_shown_as_json(name: object, written: str) -> None:
    assert told(operations=[{"op": name}])["detail"].startswith(f"there is no operation {written};")


def test_what_came_is_shown_as_json() -> None:
    assert told(operations=[{"op": "resize", "width": "800"}])["detail"].endswith('; got "800"')
    assert told(operations=[{"op": "resize", "width": 0}])["detail"].endswith("; got 0")
    assert told(operations=[{"op": "resize", "width": True}])["detail"].endswith("; got true")
    assert told(operations=[{"op": "resize", "width": [1]}])["detail"].endswith("; got a list")
    assert shown("\u202e\n中") == '"?\\n中"'
    assert shown("a" * 100) == '"' + "a" * 59 + "…"


def test_forms_of_ids_are_told_in_words() -> None:
    assert told(input={"upload": "5"})["detail"] == (
        'an upload\'s id is sha256: and 64 hex digits in small letters; got "5"'
    )
    assert "job_ and 26" in told(parent={"job": "job_1"})["detail"]


def test_nothing_is_guessed_where_nothing_is_alike() -> None:
    assert guess("zzz", ["width", "height"]) is None
    assert guess("Width", ["width"]) == "width"
    assert guess("x" * 10_000, ["width"]) is None


def test_a_description_has_the_bound_that_a_list_is_held_to():
    described = JobSpec.model_json_schema()["properties"]
    assert described["metadata"]["maxProperties"] == MAX_METADATA_KEYS
    assert described["operations"]["maxItems"] == MAX_OPERATIONS
    mistake = told(operations=[{"op": "restore"}] * (MAX_OPERATIONS + 1))
    assert f"at most {MAX_OPERATIONS} items" in mistake["detail"]
    mistake = told(metadata={str(number): "x" for number in range(MAX_METADATA_KEYS + 1)})
    assert f"at most {MAX_METADATA_KEYS} items" in mistake["detail"]
