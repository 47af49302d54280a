"""The planner over HTTP: the same plan as the command's, for operators alone."""

from typing import Any

import pytest

from jobs.capacity import Demand, plan_capacity


@pytest.fixture
def operator(make_shop: Any, shop: Any, settings: Any) -> Any:
    return make_shop(settings, "house", shop.app, scopes=["operator"])


def test_a_plan_is_the_planners(operator: Any) -> None:
    found = operator.get(
        "/v1/operator/capacity?photos_per_day=200000&mix=relight:1&megapixels=2&cpu_price=0.04"
    ).get_json()
    demand = Demand(photos_per_day=200_000, mix="relight:1", megapixels=2, cpu_price=0.04)
    assert found == plan_capacity(demand).to_json() | {"asked": demand.model_dump()}


@pytest.mark.parametrize(
    ("query", "parameter", "told"),
    [
        ("photos_per_day=0", "photos_per_day", "greater than or equal to 1"),
        ("photos_per_day=1&mix=relight:0.4", "mix", "add up to 0.4"),
        ("photos_per_day=1&mix=polish", "mix", "'polish' costs was not measured"),
        ("photos_per_day=1&peek=3", "peek", "peak"),
        ("photos_per_day=1&megapixels=nan", "megapixels", "finite"),
        ("", "photos_per_day", "required"),
    ],
)
def test_nonsense_is_told_by_its_parameter(
    operator: Any, problem_of: Any, query: str, parameter: str, told: str
) -> None:
    answer = operator.get(f"/v1/operator/capacity?{query}")
    assert problem_of(answer) == (422, "invalid-parameter")
    [mistake] = answer.get_json()["errors"]
    assert mistake["parameter"] == parameter
    assert told in mistake["detail"]
