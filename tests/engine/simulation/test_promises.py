"""The figures that Packshot promises of its batching, on smaller runs of the benchmark's traffic (virtual time)."""

import pytest

from benchmarks.batching import own_s, saturating
from benchmarks.policies import cpu_model, full_batch_s, is_click, ours, run, run_rival
from engine.errors import DeadlineExceeded, UnitCancelled
from engine.simulation.device import CPU, GPU
from engine.simulation.report import jain, megapixels_per_s, percentile, served_px, shares_of, waits_s
from engine.simulation.rivals import Rules, Squares, WholePhotos
from engine.simulation.sizes import mixed, phone_photo, shop_photo
from engine.simulation.traces import Crowd, backlog, bursts, due, impatient, merged, on_off, poisson


@pytest.mark.parametrize("halo_px", [12, 20])
@pytest.mark.parametrize("phones", [0.0, 0.05, 0.4])
def test_a_saturated_gpu_spends_95_percent_beside_the_halo_on_useful_pixels(phones, halo_px):
    shares = shares_of(run(saturating(phones), GPU, ours(GPU, halo_px)))
    assert shares.useful_beside_halo >= 0.95
    assert shares.useful >= 0.78


def test_a_saturated_cpu_spends_all_but_the_halo_on_useful_pixels():
    assert shares_of(run(saturating(0.4, 60), CPU, cpu_model(), depth=1)).useful_beside_halo >= 0.99


@pytest.mark.parametrize("clicks_per_s", [50, 200, 800])
def test_clicks_under_a_flood_wait_two_batch_times_at_most_beyond_their_own_work(clicks_per_s):
    flood = backlog(180, Crowd(mixed(0.4), bulk_share=1.0), seed=1)
    clicks = poisson(clicks_per_s, 0.4, Crowd(shop_photo, tenants=10**6, name="click"), seed=2)
    model = ours(GPU)
    history = run(merged(flood, clicks), GPU, model)
    waits = waits_s(history, own_s(GPU, model), is_click)
    assert percentile(waits, 95) <= 2 * full_batch_s(GPU, model)
    assert max(photo.at_s for photo in clicks) < history.batches[-1].end_s, "the flood must outlast the clicks"


def test_eight_equal_tenants_are_served_equally():
    catalogues = (backlog(30, Crowd(mixed(0.4), name=f"shop {number}"), seed=number) for number in range(8))
    assert jain(served_px(run(merged(*catalogues), GPU, ours(GPU))).values()) >= 0.99


def test_tenants_of_small_and_of_large_photos_are_served_equally():
    small = (backlog(160, Crowd(shop_photo, name=f"shop {number}"), seed=number) for number in range(4))
    large = (backlog(20, Crowd(phone_photo, name=f"phone {number}"), seed=number) for number in range(4))
    assert jain(served_px(run(merged(*small, *large), GPU, ours(GPU))).values()) >= 0.95


def test_strips_beat_squares_and_padded_batches():
    trace = saturating(0.4, 150)
    mine = megapixels_per_s(run(trace, GPU, ours(GPU)))
    assert mine >= 1.3 * megapixels_per_s(run_rival(trace, GPU, Squares(240, 20, (1, 2, 4, 8, 16, 32))))
    assert mine >= 1.4 * megapixels_per_s(run_rival(trace, GPU, WholePhotos(Rules(2, pads=True))))
    assert mine >= 2.0 * megapixels_per_s(run_rival(trace, GPU, WholePhotos(Rules(8, pads=True))))


def test_little_time_goes_to_photos_that_nobody_waits_for_any_more():
    """Half the senders give up at some time during a backlog: of theirs, only what was on the device is lost."""
    trace = impatient(saturating(0.05, 300), share=0.5, patience_s=0.1, seed=4)
    history = run(trace, GPU, ours(GPU))
    ends = {type(ending.error) for ending in history.endings.values()}
    assert ends == {type(None), UnitCancelled}
    assert _answered_share(history) >= 0.95


def test_overload_before_a_common_deadline_is_mostly_spent_on_photos_that_meet_it():
    """What is lost is each tenant's large photo that was begun."""
    trace = due(saturating(0.05, 300), within_s=0.1)
    history = run(trace, GPU, ours(GPU))
    ends = {type(ending.error) for ending in history.endings.values()}
    assert ends == {type(None), DeadlineExceeded}
    assert _answered_share(history) >= 0.75


@pytest.mark.parametrize(
    "trace",
    [
        bursts(4, 0.02, 12, Crowd(mixed(0.2), tenants=3, bulk_share=0.5), seed=5),
        on_off(poisson(300.0, 0.3, Crowd(mixed(0.05), tenants=3, bulk_share=0.8), seed=6), 0.05, 0.1),
    ],
    ids=["bursts", "on and off"],
)
def test_uneven_traffic_is_answered_whole_and_the_same_each_time(trace):
    first, second = (run(trace, GPU, ours(GPU)) for _ in range(2))
    assert all(ending.error is None for ending in first.endings.values())
    assert first.endings == second.endings


def _answered_share(history):
    """Of all useful pixels computed, those of photos that were answered."""
    computed = [(number, pixels) for ran in history.batches for number, pixels in ran.load.useful_px.items()]
    answered = sum(pixels for number, pixels in computed if history.endings[number].error is None)
    return answered / sum(pixels for _, pixels in computed)
