"""The model of a day loses and makes no photo; its pictures show what they are given."""

from xml.etree import ElementTree

import pytest

from benchmarks.scale.day import STEP_S, live_through
from benchmarks.scale.picture import Panel, draw
from jobs.capacity import Demand, read_costs


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
