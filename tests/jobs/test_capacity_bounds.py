"""Whatever the planner is asked, a plan comes out or a clear mistake: no number overflows."""

import json
import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.capacity import CapacityPlan, Demand, plan_capacity, read_costs
from jobs.capacity.__main__ import main
from jobs.capacity.costs import PLAIN
from jobs.capacity.demand import MIX_PATTERN, OPERATIONS

NUMBERS = sorted(Demand.model_fields.keys() - {"mix"})
EDGES = (5e-324, 1e-300, 1e-9, 0.001, 0.01, 0.5, 1 - 2**-53, 1.0, 24.0, 3650.0, 86_400.0, 1e6, 1e9, 1.7e308)
ANY_NUMBER = st.one_of(st.sampled_from(EDGES), st.floats(), st.integers(-1, 10**10))
WHOLE = re.compile(MIX_PATTERN)


@st.composite
def mixes(draw: st.DrawFn) -> str:
    """Of the known names, as many as there may be, with shares of any size that make 1."""
    kinds = draw(st.lists(st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=16), min_size=1, max_size=3))
    first = draw(st.integers(1, 999)) / 1000
    shares = {1: [1.0], 2: [first, 1 - first], 3: [first, (1 - first) / 2, (1 - first) / 2]}[len(kinds)]
    return ",".join(f"{'+'.join(names)}:{share:.6f}" for names, share in zip(kinds, shares, strict=True))


def answer(asked: dict[str, Any]) -> tuple[CapacityPlan | None, set[str], str]:
    """The plan, or the fields that are at fault and what is told of them."""
    try:
        return plan_capacity(Demand(**asked)), set(), ""
    except ValidationError as error:
        return None, {str(mistake["loc"][0]) for mistake in error.errors()}, str(error)
    except ValueError as error:
        return None, set(), str(error)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(NUMBERS), ANY_NUMBER, max_size=6), st.one_of(st.just("relight:1"), mixes()))
def test_any_numbers_make_a_plan_or_a_mistake_that_names_its_field(asked: dict[str, Any], mix: str) -> None:
    plan, at_fault, told = answer({"photos_per_day": 1000} | asked | {"mix": mix})
    if plan is None:
        assert at_fault <= {*asked, "mix"}
        assert at_fault or "allowed are at most 4,000" in told
    else:
        json.dumps(plan.to_json(), allow_nan=False)


def _outermost() -> list[dict[str, float]]:
    """For each number, its least and its largest allowed value beside the usual others; and the worst of all."""
    told = Demand.model_json_schema()["properties"]
    found, worst = [], {}
    for name in NUMBERS:
        schema = next((one for one in told[name].get("anyOf", ()) if "minimum" in one), told[name])
        low, high = schema["minimum"], schema.get("maximum", 1 - 2**-53)
        found += [{name: low}, {name: high}]
        worst[name] = low if name in {"p95_wait_s", "core_speed", "gpu_megapixels_per_s", "utilisation"} else high
    return [*found, worst]


@pytest.mark.parametrize("asked", _outermost(), ids=lambda asked: next(iter(asked)) if len(asked) == 1 else "worst")
@pytest.mark.parametrize("mix", ["relight+restore:0.7,cutout+background:0.3", "upscale-x4:1"])
def test_the_ends_of_each_range_make_a_plan(asked: dict[str, float], mix: str) -> None:
    plan = plan_capacity(Demand(**{"photos_per_day": 1_000_000_000, "gpu_price": 1e6} | asked, mix=mix))
    json.dumps(plan.to_json(), allow_nan=False)
    assert all(math.isfinite(wall.photos_per_day) for wall in plan.walls)


@pytest.mark.parametrize("name", ["gpu_megapixels_per_s", "core_speed", "p95_wait_s", "photo_mb"])
@pytest.mark.parametrize("value", [5e-324, 1e300])
def test_a_number_beyond_its_range_is_told_with_the_limit(
    name: str, value: float, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = "--p95-wait" if name == "p95_wait_s" else "--" + name.replace("_", "-")
    assert main(["--photos-per-day", "1000", flag, str(value)]) == 2
    assert re.search(rf"{flag}: Input should be (greater|less) than or equal to [\d.]+", capsys.readouterr().err)


def test_the_description_names_the_operations_whose_cost_is_known() -> None:
    assert {*OPERATIONS, "generate"} == {*read_costs().kinds, "upscale"} - {PLAIN, "rendition"}


@settings(max_examples=50, deadline=None, database=None, derandomize=True)
@given(st.from_regex(WHOLE, fullmatch=True).filter(lambda mix: len(mix) <= 1000 and not mix.endswith("\n")))
def test_what_fits_the_pattern_of_a_mix_is_refused_for_its_sum_or_size_alone(mix: str) -> None:
    plan, _, told = answer({"photos_per_day": 1000, "mix": mix})
    assert plan or re.search(r"the shares of the mix add up to|allowed are at most 4,000", told), mix


@pytest.mark.parametrize(
    "mix",
    [
        *("00000", "RELIGHT", "relight\n", "relight,,restore", "relight+generate", "+".join(["relight"] * 17)),
        *("relight:", "relight:.", "relight:0", "relight:0.00000000001", "relight:5.", "relight:1.5"),
        "relight:0.5,restore:0.5\t",
    ],
)
def test_what_does_not_fit_the_pattern_is_refused(mix: str) -> None:
    assert not WHOLE.fullmatch(mix)
    with pytest.raises(ValueError, match=r"the mix has|was not measured"):
        plan_capacity(Demand(photos_per_day=1000, mix=mix))
