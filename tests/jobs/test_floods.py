"""Bodies with far too much of something: refused at the cost of reading them, in one mistake, whatever they repeat.

What once took minutes would run into the suite's own time limit; nothing here measures time.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.batches.checking import check_manifest
from jobs.batches.manifests import read_manifest
from jobs.problems import Problem, ProblemError
from jobs.spec import parse_spec
from jobs.spec.fields import MAX_FIELDS
from jobs.strict_json import MAX_DEPTH, parse_json

MANY = 400_000


def refused(read: Callable[[], object]) -> Problem:
    with pytest.raises(ProblemError) as caught:
        read()
    return caught.value.problem


def mistakes(document: object) -> list[dict[str, str]]:
    found: list[dict[str, str]] = refused(lambda: parse_spec(json.dumps(document).encode())).extra["errors"]
    return found


def test_a_key_that_comes_again_behind_very_many_others_is_named() -> None:
    text = "{" + ",".join(f'"{at:x}":0' for at in range(MANY)) + f',"{MANY - 1:x}":0}}'
    problem = refused(lambda: parse_json(text.encode()))
    assert problem.type == "malformed-json"
    assert f"{MANY - 1:x}" in problem.detail


def test_objects_and_lists_without_end_are_not_made() -> None:
    problem = refused(lambda: parse_json(b"[" + b"[]," * 500_000 + b"[]]"))
    assert "more than the 500000 objects and lists" in problem.detail


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({f"{at}": at for at in range(MANY)}, ""),
        ({"operations": [{"op": "restore", **{f"{at}": at for at in range(1000)}}]}, "/operations/0"),
        ({"operations": [1] * MANY}, "/operations"),
        ({"operations": [{"op": "inpaint", "boxes": [{}] * MANY}]}, "/operations/0/boxes"),
        ({"operations": [{"op": "recolor", "colors": [1] * MANY}]}, "/operations/0/colors"),
        ({"operations": [{"op": "generate", "like": [1] * MANY}]}, "/operations/0/like"),
        ({"operations": [{"op": "generate", "adjust": dict.fromkeys(map(str, range(99)))}]}, "/operations/0/adjust"),
        ({"operations": "auto", "renditions": [1] * MANY}, "/renditions"),
        ({"operations": "auto", "metadata": {f"{at}": at for at in range(51)}}, "/metadata"),
    ],
)
def test_too_many_entries_are_one_mistake_and_none_of_them_is_looked_at(document: object, pointer: str) -> None:
    (mistake,) = mistakes(document)
    assert mistake["pointer"] == pointer
    assert "at most" in mistake["detail"]


def test_as_many_unknown_fields_as_may_be_are_all_told_up_to_fifty() -> None:
    assert len(mistakes({f"field-{at}": 1 for at in range(MAX_FIELDS)})) == 50


def test_of_many_wrong_boxes_the_first_is_told() -> None:
    found = mistakes({"operations": [{"op": "inpaint", "boxes": [{}] * 256}]})
    assert {mistake["pointer"].rpartition("/")[0] for mistake in found} == {"/operations/0/boxes/0"}


def test_a_catalogue_of_nothing_but_faults_is_not_read_to_its_end() -> None:
    rows = [{f"field-{at}": 1 for at in range(50)}] * 10_000
    manifest = read_manifest(json.dumps({"items": rows}).encode(), "json", 10_000)
    problem = refused(lambda: check_manifest(manifest, lambda _: frozenset(), lambda _: None))
    assert problem.detail.startswith("40050 faults up to row 801, where reading ends; 801 rows are at fault")
    assert (len(problem.extra["errors"]), problem.extra["faults"]) == (20_000, 40_050)


def test_a_table_with_more_columns_than_any_is_refused_by_its_first_line() -> None:
    table = b"sku" + b"," * MANY + b"\n" + b"x\n" * 9_000
    problem = refused(lambda: read_manifest(table, "csv", 10_000))
    assert "the first line names 400001 columns; allowed are 1000" in problem.detail


def test_rows_of_a_wide_table_share_what_its_columns_are_called() -> None:
    manifest = read_manifest(b"sku,upload," + b",".join(b"c%d" % at for at in range(900)) + b"\na\nb\n", "csv", 9)
    assert manifest.rows[0].columns is manifest.rows[1].columns


def depths(text: str) -> Iterator[int]:
    """How deep brackets lie that stand outside texts, read the plain way: character by character."""
    depth, inside, escaped = 0, False, False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = not escaped and character == "\\"
        elif character == '"':
            inside = True
        else:
            depth += (character in "[{") - (character in "]}")
        yield depth


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='[]{}"\\a\n', max_size=120))
def test_depth_is_counted_outside_of_texts_alone(text: str) -> None:
    text = "[" * MAX_DEPTH + text
    too_deep = max(depths(text)) > MAX_DEPTH
    assert (refused(lambda: parse_json(text.encode())).detail.startswith("nested deeper")) == too_deep


@pytest.mark.parametrize("value", [{}, [], {"a": [1, 2.5, 'x\\"[', None]}])
def test_what_is_read_is_what_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_empty_lines_without_end_are_not_read_to_their_end(kind: Literal["csv", "jsonl"]) -> None:
    first, other = (b"sku\n", b"a\n") if kind == "csv" else (b"", b"{}\n")
    assert len(read_manifest(first + b"\n" * 1000 + other + b"\n" * 1000 + other, kind, 9).rows) == 2
    problem = refused(lambda: read_manifest(first + b"\n" * MANY + other, kind, 9))
    assert "more than the 100000 empty lines" in problem.detail
