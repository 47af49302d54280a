"""Which pictures a person should look at, and why."""

import pytest

from jobs.spec.review import DEFAULT_LIMITS, Review
from worker.review import measures, review


def report(**changed):
    """A report of a picture that nothing is wrong with, but for what is `changed`."""
    parts = {
        "compared": True,
        "asked": [],
        "beyond_light": {"mean": 0.4},
        "worst_color": {"value": 1.0, "box": [1, 2, 30, 40]},
        "worst_texture": {"value": 0.02, "box": [5, 6, 30, 40]},
        "texture_kept": 0.99,
        "sharpness": (2.0, 1.9),
        "light": {"unasked": 0.3, "asked": 0.0},
        "outline": {"missing": 0.0, "added": None, "cut_off": 0.0},
    }
    return parts | changed


def rule(name, kind="technical", *, passed=False):
    """A grade of a channel's rule, as a file's facts have it."""
    told = {"measured": "99.55%", "required": "at least 99.9% white"}
    return {"rule": name, "title": f"The {name}", "kind": kind, "passed": passed, **told}


def reasons(*reports, operations=(), limits=DEFAULT_LIMITS):
    return review([{"fidelity": one} for one in reports], operations, limits)["reasons"]


def test_an_honest_picture_needs_no_look():
    assert review([{"fidelity": report()}, {}], [{"op": "relight", "warnings": []}], DEFAULT_LIMITS) == {
        "needs_review": False,
        "reasons": [],
    }


@pytest.mark.parametrize(
    ("changed", "measure", "told"),
    [
        ({"beyond_light": {"mean": 3.2}}, "beyond_light", "ΔE2000 3.2 on average"),
        ({"worst_color": {"value": 9.0, "box": [7, 8, 20, 21]}}, "worst_color", "20 × 21 px from (7, 8)"),
        ({"worst_texture": {"value": 0.5, "box": [7, 8, 20, 21]}}, "worst_texture", "50%"),
        ({"texture_kept": 0.8}, "texture_kept", "0.8"),
        ({"sharpness": (2.0, 1.0)}, "sharpness_kept", "50%"),
        ({"light": {"unasked": 5.0, "asked": 0.0}}, "unasked_light", "nobody asked"),
        ({"light": {"unasked": 0.0, "asked": 11.0}}, "asked_light", "ΔE2000 11"),
        ({"outline": {"missing": 0.06, "added": 0.0, "cut_off": 0.0}}, "missing", "6.0%"),
        ({"outline": {"missing": 0.0, "added": 0.06, "cut_off": 0.0}}, "added", "6.0%"),
        ({"outline": {"missing": 0.0, "added": 0.0, "cut_off": 0.06}}, "cut_off", "6.0%"),
    ],
)
def test_what_is_over_its_limit_is_told_with_its_output(changed, measure, told):
    (reason,) = reasons(report(), report(**changed))
    assert (reason["output"], reason["measure"]) == (1, measure)
    assert reason["allowed"] == DEFAULT_LIMITS[measure]
    assert told in reason["sentence"]


def test_what_was_asked_for_is_not_held_against_a_picture():
    recolored = report(asked=["recolor"], light={"unasked": 0.0, "asked": 40.0})
    cropped = report(asked=["crop"], outline={"missing": 0.0, "added": 0.0, "cut_off": 0.5})
    assert reasons(recolored, cropped) == []


def test_what_was_not_compared_has_no_measures():
    assert measures({"generated": True, "compared": False}) == {}
    assert reasons({"generated": True, "compared": False}) == []


def test_a_file_that_breaks_a_rule_of_its_channel_needs_a_look():
    rules = [rule("border"), rule("fill", passed=True), rule("whole", "advice")]
    facts = {"fidelity": report(), "checks": {"passed": False, "rules": rules}}
    found = review([{"fidelity": report()}, facts], [], DEFAULT_LIMITS)
    assert found["needs_review"]
    (reason,) = found["reasons"]
    assert (reason["output"], reason["measure"], reason["rule"]) == (1, "rule", "border")
    assert reason["sentence"] == ("the channel's rule is not kept: The border: 99.55%; required: at least 99.9% white")


def test_a_warning_concerns_all_of_a_job_s_pictures():
    (reason,) = reasons(report(), operations=[{"op": "cutout", "warnings": ["look at the outline"]}])
    assert (reason["output"], reason["measure"]) == (None, "warning")
    assert reason["sentence"] == "cutout: look at the outline"


def test_a_spec_s_limit_wins_over_the_operator_s_and_that_over_the_default():
    limits = Review(missing=0.5).limits(Review(missing=0.1, added=0.2))
    assert (limits["missing"], limits["added"], limits["cut_off"]) == (0.5, 0.2, DEFAULT_LIMITS["cut_off"])


def test_a_warning_of_a_channel_s_files_says_no_word_of_the_service_s_own():
    (reason,) = reasons(report(), operations=[{"op": "renditions", "warnings": ["amazon-main: too small"]}])
    assert reason["sentence"] == "amazon-main: too small"
