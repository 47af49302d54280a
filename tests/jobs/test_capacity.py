"""The capacity planner: hand-reckoned figures, the queueing rule against queues, and what it refuses to guess."""

import dataclasses
import json
import math
import statistics

import pytest
from pydantic import ValidationError

from jobs.capacity import Costs, Demand, plan_capacity, read_costs
from jobs.capacity.__main__ import main
from jobs.capacity.costs import Line
from jobs.capacity.demand import Work, read_mix
from jobs.capacity.queueing import Rule, erlang_c, fewest_cores, p95_wait_s
from jobs.capacity.record import fleet_us_per_s
from jobs.capacity.simulation import Service, p95, waits_s

KINDS = {
    "plain": Line(0.1, 0.05, 0.0),
    "relight": Line(0.2, 0.1, 0.0),
    "restore": Line(0.0, 0.5, 0.0),
    "upscale-x2": Line(0.0, 1.0, 0.0),
    "rendition": Line(0.0, 0.2, 0.0),
    "generate": Line(3.0, 0.0, 0.0),
}
RECORD = {
    "kept_jobs": 100_000,
    "bytes_per_job": 10_000,
    "bytes_per_gone_job": 0,
    "keys_per_job": 5,
    "keys_per_gone_job": 0.75,
    "expire_us": 100,
    "view_us": 50,
    "idle_sweep_us": 1000,
    "listener_us": 2,
    "ear_us": 20,
    "load_cpu_s": 3.0,
    "journal_mb": 400,
    "spread": 2.5,
}
COSTS = Costs(
    kinds=KINDS,
    job={"api_s": 0.02, "redis_us": 1000, "redis_commands": 200, "in_bytes_per_mp": 3e5, "out_bytes_per_mp": 2e5},
    idle_per_s={"redis_us": 500},
    memory={"idle_mib": 400, "plain": 50, "restore": 100, "upscale-x2": 150},
    record=RECORD,
    source="a test",
    record_source="a test",
)


def plan(photos: int = 864_000, **asked):
    return plan_capacity(Demand(photos_per_day=photos, **{"mix": "relight+restore", "megapixels": 1} | asked), COSTS)


def test_a_photo_costs_what_its_parts_do():
    cost = COSTS.of(Work(("relight", "upscale-x2", "restore"), 1.0), 2.0, renditions=1)
    plain, relight, twice, restored, channel = (
        0.2,
        0.4,
        2.0,
        0.5 * 8,
        0.2 * 8,
    )  # what follows on ×2 has four times the pixels
    assert cost.seconds == pytest.approx(plain + relight + twice + restored + channel)
    assert (cost.worked_mp, cost.result_mp) == (2 + 2 + 8, 16)
    assert COSTS.of(Work(("generate",), 1.0), 2.0).seconds == 3.0  # there is no photo to decode


def test_the_busiest_hour_sets_the_cores():
    found = plan(peak=3, utilisation=0.5, cores_per_worker=4, spare_workers=2)
    assert found.value("cpu_per_photo") == pytest.approx(0.15 + 0.3 + 0.5)
    assert found.value("peak_rate") == 30
    assert found.value("cores") == 60  # 28.5 busy ones, at most half of the time, in fours
    assert found.value("workers") == 60 / 4 + 2
    assert plan(peak=3, utilisation=0.5, core_speed=2).value("cores") == 32


def test_a_shorter_wait_takes_more_cores_than_the_load_alone():
    patient, hasty = (plan(86_400, peak=1, utilisation=0.95, cores_per_worker=1, p95_wait_s=s) for s in (60, 0.05))
    assert patient.value("cores") < hasty.value("cores")
    assert hasty.value("p95_wait") <= 0.05


def test_catalogues_keep_cores_busy_and_clicks_still_begin_in_time():
    alone, beside = plan(bulk_share=0.0), plan(bulk_share=0.5, p95_wait_s=5)
    assert beside.value("cores") < alone.value("cores")  # rows may wait for the night
    assert beside.value("cores") >= 10 * 0.95 / 0.75  # but the whole day's work is done within the day
    assert beside.value("p95_wait") <= 5
    assert "missing" in {line.rests_on for line in beside.groups["workers"] if line.name == "p95_wait_simulated"}


@pytest.mark.parametrize(("cores", "load"), [(1, 0.7), (4, 3.2), (12, 10.8), (60, 54.0)])
def test_the_rule_for_waits_is_what_queues_do(cores: int, load: float):
    service = Service(((0.7, 0.8), (0.3, 2.5)), within_squared=0.5)
    runs = [p95(waits_s(load / service.mean_s, cores, service, jobs=20_000, seed=seed)) for seed in range(4)]
    assert p95_wait_s(cores, load, service) == pytest.approx(statistics.mean(runs), rel=0.3, abs=0.05)


def test_erlangs_formula_and_its_limit_meet():
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(2001, 1960.0) == pytest.approx(erlang_c(2000, 1959.02), rel=0.05)
    assert erlang_c(3, 3.0) == 1.0
    assert math.isinf(p95_wait_s(3, 3.0, Service(((1.0, 1.0),), 0.0)))


def test_no_fewer_cores_would_do():
    service = Service(((1.0, 1.0),), within_squared=0.5)
    rule = Rule(0.2, 0.95, 1)
    cores = fewest_cores(20.0, service, rule)
    assert p95_wait_s(cores, 20.0, service) <= 0.2 < p95_wait_s(cores - 1, 20.0, service)


def test_redis_is_planned_by_its_thread_and_by_what_is_kept():
    found = plan(864_000, peak=3, retention_days=2, polls_per_photo=0, redis_gib=4)
    kept = 864_000 * 2 + 30 * 60
    assert found.value("kept_jobs") == kept
    assert found.value("redis_memory") == pytest.approx(kept * 10_000 * 1.5 / 2**30)
    assert found.value("redis_shares") == math.ceil(kept * 10_000 * 1.5 / 2**30 / 4)
    assert found.value("redis_restart") == pytest.approx(30e-6 * kept / found.value("redis_shares"))
    assert any("installations are needed" in warning for warning in found.warnings)
    assert plan(86_400).value("redis_shares") == 1


@pytest.mark.parametrize(("days", "gone_days"), [(0.5, 3.5), (2, 7)])
def test_tombstones_count_among_keys_and_memory(days: float, gone_days: float):
    costs = dataclasses.replace(COSTS, record=RECORD | {"bytes_per_gone_job": 700})
    asked = Demand(photos_per_day=864_000, mix="relight", peak=3, retention_days=days)
    found = plan_capacity(asked, costs)
    kept, gone = 864_000 * days + 30 * 60, 864_000 * gone_days
    assert found.value("redis_keys") == pytest.approx(kept * 5 + gone * 0.75)
    assert found.value("redis_memory") == pytest.approx((kept * 10_000 + gone * 700) * 1.5 / 2**30)


def test_an_idle_workers_own_sweeps_are_not_counted_twice():
    costs = dataclasses.replace(COSTS, idle_per_s={"redis_us": 800})  # 500 of them sweep: every 2 s, 1,000 µs
    alone, ten = (fleet_us_per_s(workers, costs) for workers in (1, 10))
    assert alone == pytest.approx(800)  # what was measured of one worker is what one worker costs
    assert ten == pytest.approx(10 * 300 + 1.25 * 1000)  # ten take turns


def test_the_nearest_wall_comes_first_and_is_where_the_plan_meets_it():
    found = plan(10_000, retention_days=1)
    at = {wall.name: wall.photos_per_day for wall in found.walls}
    assert [wall.photos_per_day for wall in found.walls] == sorted(at.values())
    assert (
        plan(int(at["redis_time"] * 0.99)).value("redis_busy")
        < 60
        < plan(int(at["redis_time"] * 1.02)).value("redis_busy")
    )
    assert all(wall.moved_by for wall in found.walls)


def test_without_a_price_there_is_no_amount_and_without_a_gpu_no_figure_of_one():
    bare = plan()
    assert {line.name for line in bare.groups["money"]} == {
        line.name for line in bare.groups["money"] if line.value is None
    }
    assert bare.line("gpus").shown == bare.line("gpu_per_1000").shown == "not measured"
    priced = plan(utilisation=0.5, cpu_price=0.04, gpu_megapixels_per_s=100, gpu_price=2, peak=3, spare_workers=0)
    assert priced.value("cpu_per_1000") == pytest.approx(1000 * 0.95 / 3600 / 0.5 * 0.04)
    assert priced.value("gpus") == math.ceil(30 * 2 / 100 / 0.5)
    assert priced.line("gpus").source == "given"
    assert "storage_price" in priced.line("total").why


@pytest.mark.parametrize(("mix", "mp_of_operations"), [("restore", 2), ("relight+upscale-x2+restore", 2 + 2 + 8)])
def test_gpus_and_their_price_rest_on_the_same_megapixels(mix: str, mp_of_operations: float):
    asked = {"mix": mix, "megapixels": 2, "peak": 3, "utilisation": 0.5, "spare_workers": 0, "gpu_price": 2}
    given = plan(gpu_megapixels_per_s=10, **asked)
    assert given.value("gpus") == math.ceil(30 * mp_of_operations / 10 / 0.5)
    assert given.value("gpu_per_1000") == pytest.approx(1000 * mp_of_operations / 10 / 3600 / 0.5 * 2)
    costs = dataclasses.replace(COSTS, gpu={"megapixels_per_s": 10})
    measured = plan_capacity(Demand(photos_per_day=864_000, **asked), costs)
    assert measured.value("gpu_per_1000") == given.value("gpu_per_1000")
    assert (measured.line("gpus").source, given.line("gpus").source) == ("measured", "given")


@pytest.mark.parametrize(
    ("mix", "told"),
    [
        ("relight:0.7", "add up to 0.7"),
        ("relight:0.7,restore:0.7", "add up to 1.4"),
        ("relight:x", "like relight+restore"),
        ("relight+:1", "like relight+restore"),
        ("relight:0,restore:1", "above 0"),
        ("relight:1.0.0", "above 0"),
        ("", "like relight+restore"),
    ],
)
def test_a_mix_that_makes_no_sense_is_told_with_what_it_has(mix: str, told: str):
    with pytest.raises(ValidationError, match=told.replace("+", r"\+")):
        Demand(photos_per_day=1, mix=mix)


def test_a_plan_says_how_far_apart_the_measured_costs_lay():
    assert any("up to 2.5 times as much" in warning for warning in plan().warnings)


def test_an_operation_without_a_cost_is_named():
    assert read_mix("relight+restroe:0.5, upscale:0.5")[0].operations == ("relight", "restroe")
    with pytest.raises(ValueError, match="'restroe' costs was not measured; known are generate, relight"):
        plan(mix="relight+restroe")
    with pytest.raises(ValueError, match="'plain'"):
        plan(mix="plain")


def test_the_figures_that_come_along_plan_a_whole_day():
    found = plan_capacity(Demand(photos_per_day=10_000_000, mix="relight+restore:0.7,cutout+background:0.3"))
    assert found.value("workers") > 100
    assert "make bench ONLY=costs" in found.measured["costs"]
    assert {"relight", "restore", "cutout", "upscale-x4", "generate"} <= read_costs().kinds.keys()


def test_the_command_tells_a_plan_and_refuses_nonsense(capsys: pytest.CaptureFixture[str]):
    assert main(["--photos-per-day", "200000", "--cpu-price", "0.04/core-hour", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [group["name"] for group in told["groups"]] == ["workers", "redis", "serving", "money"]
    assert main(["--photos-per-day", "200000", "--p95-wait", "5"]) == 0
    assert "PACKSHOT_RETENTION_S=86400" in capsys.readouterr().out
    assert main(["--photos-per-day", "0", "--peak", "99"]) == 2
    told = capsys.readouterr().err
    assert "--photos-per-day: Input should be greater than or equal to 1; got '0'" in told
    assert "--peak: Input should be less than or equal to 24; got '99'" in told
    assert main(["--photos-per-day", "5", "--mix", "polish"]) == 2
    assert "'polish'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--photos-per-day", "5", "--cpu-price", "3/month"])
    assert "'3/month' is per 'month'" in capsys.readouterr().err
