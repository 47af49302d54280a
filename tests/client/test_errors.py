"""Problems become typed errors, and none hides behind another."""

import pytest

from packshot import errors
from packshot.problems import FieldError, Problem, parse_problem
from packshot.refusals import error_for


@pytest.mark.parametrize(
    ("slug", "kind"),
    [
        ("unauthorized", errors.Unauthorized),
        ("link-expired", errors.Forbidden),
        ("not-found", errors.NotFound),
        ("expired", errors.Gone),
        ("already-terminal", errors.Conflict),
        ("idempotency-mismatch", errors.Conflict),
        ("image-corrupt", errors.InvalidPhoto),
        ("rate-limited", errors.RateLimited),
        ("overloaded", errors.Unavailable),
    ],
)
def test_a_known_problem_type_has_its_class_whatever_the_status(slug, kind):
    assert type(error_for(Problem(f"/problems/{slug}", "T", status=418))) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [(422, errors.InvalidRequest), (404, errors.NotFound), (503, errors.Unavailable), (507, errors.ProblemError)],
)
def test_an_unknown_problem_type_degrades_to_its_status(status, kind):
    assert type(error_for(Problem("/problems/of-the-future", "T", status=status))) is kind


@pytest.mark.parametrize(
    "uri", ["/problems/image-empty", "https://x.example/problems/image-empty", "https://x.example/p#image-empty"]
)
def test_the_slug_is_the_last_part_of_the_type(uri):
    assert Problem(uri, "T").slug == "image-empty"


def test_a_problem_that_lacks_everything_is_still_a_problem():
    problem = parse_problem({}, status=500)
    assert (problem.slug, problem.status, problem.errors) == ("", 500, ())
    assert str(problem)


def test_fields_at_fault_are_named_in_the_message():
    problem = parse_problem(
        {"title": "Invalid", "detail": "1 mistake", "errors": [{"pointer": "/operations/0/op", "detail": "unknown"}]}
    )
    assert problem.errors == (FieldError("/operations/0/op", "unknown"),)
    assert str(problem) == "Invalid: 1 mistake (/operations/0/op: unknown)"


def test_members_that_nobody_knows_are_kept():
    assert parse_problem({"title": "T", "limit": 64, "errors": "none"}).extra == {"limit": 64}


def test_only_what_waiting_cures_is_transient():
    transient = [slug for slug in ("rate-limited", "unavailable", "not-found") if _error(slug).transient]
    assert transient == ["rate-limited", "unavailable"]
    assert error_for(Problem("/problems/idempotency-in-flight", "T", status=409)).transient


def _error(slug: str) -> errors.ProblemError:
    statuses = {"rate-limited": 429, "unavailable": 503, "not-found": 404}
    return error_for(Problem(f"/problems/{slug}", "T", status=statuses[slug]))
