"""The model of a day loses and makes no photo; what the page says of it is what the planner says."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from benchmarks.scale.day import STEP_S, live_through
from benchmarks.scale.picture import Panel, draw
from benchmarks.scale.report import MILLIONS, PAGE, Moment, by_photos, day_text, spread_text, with_units
from benchmarks.tables import as_table
from jobs.capacity import Demand, plan_capacity, read_costs
from jobs.capacity.document import number

CALLS = ("submit_us", "claim_us", "progress_us", "view_us", "end_us")


@pytest.mark.parametrize("bulk_share", [0.0, 0.4])
def test_a_day_brings_what_was_asked_and_does_it(bulk_share: float):
    demand = Demand(photos_per_day=2_000_000, bulk_share=bulk_share, peak=2.5)
    cores, moments = live_through(demand, read_costs())
    came, ended = (sum(getattr(one, name) for one in moments) * STEP_S for name in ("arrivals", "ended"))
    assert came == pytest.approx(2 * 2_000_000, rel=0.1)
    assert ended + moments[-1].clicks_waiting + moments[-1].rows_waiting == pytest.approx(came)
    assert max(one.busy_cores for one in moments) <= cores * 1.001
    assert moments[-1].kept_jobs == pytest.approx(2_000_000, rel=0.15)  # of one day, however many have passed


def test_a_fleet_that_is_planned_for_clicks_lets_none_wait_for_long():
    demand = Demand(photos_per_day=2_000_000, peak=2.5)
    _, moments = live_through(demand, read_costs())
    assert max(one.clicks_waiting for one in moments) / demand.peak_per_s < demand.p95_wait_s


def test_a_picture_has_each_panel_with_its_lines_and_its_limit():
    panel = Panel("Waits & more", "s", {"a": [(1, 0), (10, 5)], "b": [(1, 1), (10, 2)]}, "h", limit=4, log=True)
    root = ElementTree.fromstring(draw([panel, panel]))
    text = ElementTree.tostring(root, encoding="unicode")
    assert text.count("polyline") == 4
    assert text.count("Waits &amp; more") == 2


def test_the_day_and_the_planner_say_the_same_of_one_load():
    costs, plan = read_costs(), plan_capacity(MILLIONS)
    kept = MILLIONS.photos_per_day + MILLIONS.peak_per_s * MILLIONS.p95_wait_s
    text = day_text(512, [Moment(12.0, 0.0, 0.0, 0.0, 0.0, kept_jobs=kept, ended=MILLIONS.peak_per_s)], costs)
    busy, planned = re.search(r"be ([\d.]+)% busy .* \(([\d.]+)% at", text).groups()
    assert busy == planned == number(plan.value("redis_busy"))
    assert f"{number(plan.value('redis_keys'))} keys and {number(plan.value('redis_memory'))} GiB" in text
    assert f"{plan.value('redis_shares')} are needed" in text


def test_the_page_has_the_plans_of_the_figures_that_come_along():
    page = PAGE.read_text(encoding="utf-8")
    assert as_table(by_photos(read_costs())) in page, "python -m benchmarks.scale.report writes them anew"
    heads = [line for line, rule in pairwise(page.splitlines()) if rule.startswith("| ---")]
    assert len(heads) == 5
    assert not [head for head in heads if "_" in head]


def test_heads_carry_units_that_people_read():
    [row] = with_units([{"submit_us": 1, "load_cpu_s": 2, "lives_per_s": 3, "journal_mb_before": 4, "kept_jobs": 5}])
    assert list(row) == ["submit (µs)", "load cpu (s)", "lives/s", "journal before (MB)", "kept jobs"]


def test_the_page_says_how_far_apart_equal_work_lay():
    rows = [("workers", 1, 100), ("workers", 1000, 9000), ("tenants", 1, 250)]
    text = spread_text([{"many": many, "size": size} | dict.fromkeys(CALLS, us) for many, size, us in rows])
    assert "`submit` 100 to 250 µs" in text
    assert "below 2.5 times" in text
