"""What a spec may ask of channels: renditions, checks, and what is written beside them."""

import pytest

from jobs.problems import ProblemError
from jobs.spec import OutputSpec, validate_spec

PHOTO = {"upload": "sha256:" + "0" * 64}


def spec(**fields):
    return validate_spec({"input": PHOTO, **fields})


def mistakes(**fields):
    with pytest.raises(ProblemError) as caught:
        spec(**fields)
    return {item["pointer"]: item["detail"] for item in caught.value.problem.extra["errors"]}


def test_a_job_of_renditions_needs_no_operations_and_writes_no_plain_result():
    asked = spec(renditions=["amazon-main", "etsy"])
    assert (asked.operations, asked.written, asked.only_checks) == ((), None, False)


def test_the_plain_result_is_written_beside_renditions_where_it_was_asked_for():
    assert spec(renditions=["etsy"], output={"format": "png"}).written == OutputSpec(format="png")


def test_a_check_alone_makes_nothing():
    assert spec(renditions=["etsy"], check=True).only_checks
    assert not spec(renditions=["etsy"], check=True, operations=[{"op": "relight"}]).only_checks


def test_a_job_that_would_do_nothing_is_refused():
    assert "an operation, or renditions" in mistakes()["/operations"]
    assert "an operation, or renditions" in mistakes(operations=[])["/operations"]


def test_a_check_needs_channels_and_a_photo():
    assert "name them in renditions" in mistakes(check=True, operations=[{"op": "relight"}])["/check"]
    with pytest.raises(ProblemError, match="a wish has none"):
        validate_spec({"operations": [{"op": "generate"}], "renditions": ["etsy"], "check": True})


def test_a_rendition_is_asked_for_once_and_by_a_name():
    assert "once" in mistakes(renditions=["etsy", "etsy"])["/renditions"]
    assert mistakes(renditions=["../etsy"]).keys() == {"/renditions/0"}


def test_a_stored_spec_is_read_back_as_it_was():
    asked = spec(renditions=["etsy"], check=True)
    assert type(asked).model_validate_json(asked.model_dump_json(exclude_none=True)) == asked
