"""The planner over HTTP: the same plan as the command's, for operators alone."""

import re
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
        ("photos_per_day=1&mix=00000", "mix", "'00000' costs was not measured"),
        ("photos_per_day=1&gpu_megapixels_per_s=5e-324", "gpu_megapixels_per_s", "greater than or equal to 0.001"),
        ("photos_per_day=1&core_speed=5e-324", "core_speed", "greater than or equal to 0.01"),
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


def test_the_description_says_what_a_mix_looks_like(operator: Any) -> None:
    route = operator.app.test_client().get("/openapi.json").get_json()["paths"]["/v1/operator/capacity"]["get"]
    [mix] = [told for told in route["parameters"] if told["name"] == "mix"]
    assert re.search(mix["schema"]["pattern"], "relight+restore:0.7, cutout+background:0.3")
    assert not re.search(mix["schema"]["pattern"], "00000")
