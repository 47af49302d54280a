"""`packshot capacity` in short: what to order first, `auto` as a kind of work, and a reader who stops early."""

import re
import subprocess
import sys

import pytest

from jobs.capacity.__main__ import main
from jobs.capacity.demand import Demand, read_mix
from jobs.capacity.planning import plan_capacity
from jobs.capacity.summary import summary

PRICES = {"cpu_price": 0.04, "storage_price": 0.02}


def told(**asked: object) -> dict[str, str]:
    demand = Demand.model_validate({"photos_per_day": 200_000, **asked})
    return dict(re.split(r"  +", line, maxsplit=1) for line in summary(demand, plan_capacity(demand)))


def test_what_to_order_is_told_in_five_lines() -> None:
    lines = told(**PRICES)
    assert list(lines) == ["workers", "machines", "Redis", "storage", "money"]
    demand = Demand.model_validate({"photos_per_day": 200_000, **PRICES})
    plan = plan_capacity(demand)
    cores = int(plan.value("workers")) * 4 + int(plan.value("api_processes")) + 2
    assert lines["workers"].startswith(f"{plan.line('workers').shown} of 4 cores")
    assert lines["machines"].startswith(f"{cores} cores: ")
    assert plan.line("redis_memory").shown in lines["Redis"]
    assert plan.line("storage").shown in lines["storage"]
    assert lines["money"].startswith(f"{plan.line('total').shown}, {plan.line('total_per_1000').shown}, without ")


def test_without_a_price_there_is_no_amount() -> None:
    assert "--cpu-price" in told()["money"]


def test_the_summary_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--photos-per-day", "1000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "IN SHORT"
    assert lines.index("WORKERS") == 7


def test_auto_is_planned_as_the_most_that_it_does_and_says_so() -> None:
    assert read_mix("auto:0.5,auto+upscale:0.5")[1].operations == ("relight", "restore", "upscale")
    asked, known = (
        plan_capacity(Demand.model_validate({"photos_per_day": 1000, "mix": mix, "renditions": 1}))
        for mix in ("auto", "relight+restore")
    )
    assert asked.groups == known.groups
    assert any("auto was taken for relight+restore on every photo" in warning for warning in asked.warnings)
    assert not any("was taken for" in warning for warning in known.warnings)
    assert told(mix="auto")["assumed"].startswith("auto costs what relight+restore cost")


def test_a_reader_who_stops_early_gets_no_traceback() -> None:
    command = [sys.executable, "-m", "jobs.capacity", "--photos-per-day", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert said == ""
