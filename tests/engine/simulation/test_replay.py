"""The virtual clock, the device's curve and the figures, on runs that can be checked by hand."""

import pytest

from engine.batching.lanes import Slots
from engine.errors import DeviceLost, EngineClosed, UnitCancelled
from engine.simulation.device import DeviceModel, Faults
from engine.simulation.ours import Model, Ours
from engine.simulation.replay import History, replay
from engine.simulation.report import (
    jain,
    latencies_s,
    megapixels_per_s,
    percentile,
    served_px,
    shares_of,
)
from engine.simulation.rivals import Rules, WholePhotos
from engine.simulation.sizes import mixed, phone_photo
from engine.simulation.traces import Crowd, Photo, backlog, on_off, poisson
from tests.engine.simulation.random_schedules import MODELS

DEVICE = DeviceModel(pixels_per_s=100.0, host_s=0.5)
ALONE = Rules()


def run(*photos: Photo, faults: Faults | None = None, depth: int = 1) -> History:
    return replay(photos, WholePhotos(ALONE), DEVICE, faults, depth=depth)


def test_a_batch_starts_when_the_host_has_described_it():
    assert [(ran.chosen_s, ran.start_s, ran.end_s) for ran in run(Photo(1.0, 10, 10)).batches] == [(1.0, 1.5, 2.5)]


def test_a_second_batch_in_flight_hides_the_host():
    photos = [Photo(0.0, 10, 10)] * 3
    assert run(*photos).batches[-1].end_s == pytest.approx(4.5)
    assert run(*photos, depth=2).batches[-1].end_s == pytest.approx(3.5)


def test_a_small_batch_costs_the_floor_and_a_large_one_its_pixels():
    device = DeviceModel(pixels_per_s=100.0, floor_s=3.0, overhead_s=0.5)
    assert device.seconds(400) == pytest.approx(0.5 + 5.0)
    assert device.seconds(0) == pytest.approx(3.5)


def test_a_lost_device_ends_everything():
    photos = [Photo(at_s, 30, 72, model="strips", alone=True) for at_s in (0.0, 0.0, 500.0)]
    history = replay(tuple(photos), Ours(MODELS), DEVICE, Faults(lose_batch=2), depth=2)
    assert [type(history.endings[number].error) for number in range(3)] == [type(None), DeviceLost, DeviceLost]


def test_a_closed_engine_finishes_what_runs_and_refuses_the_rest():
    photos = [Photo(at_s, 30, 72, model="strips", alone=True) for at_s in (0.0, 0.0, 2.0)]
    history = replay(tuple(photos), Ours(MODELS), DEVICE, close_s=1.0)
    assert [type(history.endings[number].error) for number in range(3)] == [type(None), EngineClosed, EngineClosed]
    assert history.endings[1].at_s == history.batches[0].end_s > 1.0


def test_a_photo_called_off_before_it_arrives_never_runs():
    history = replay((Photo(1.0, 30, 30, model="strips", cancel_s=0.0),), Ours(MODELS), DEVICE)
    assert isinstance(history.endings[0].error, UnitCancelled)
    assert not history.batches


def test_a_forgotten_photo_is_a_bug():
    class Forgetful(WholePhotos):
        def add(self, number, photo, now):
            """Drop it."""

    with pytest.raises(AssertionError, match=r"\[0\] were forgotten"):
        replay((Photo(0.0, 10, 10),), Forgetful(ALONE), DEVICE)


def test_time_is_divided_into_useful_failed_and_idle():
    shares = shares_of(run(Photo(0.0, 10, 10), Photo(0.0, 10, 10), faults=Faults(memory_px=99)))
    assert (shares.failed, shares.idle, shares.useful) == pytest.approx((2 / 3, 1 / 3, 0.0))
    shares = shares_of(run(Photo(0.0, 10, 10)))
    assert (shares.useful, shares.idle, shares.useful_beside_halo) == pytest.approx((2 / 3, 1 / 3, 2 / 3))


def test_latency_and_throughput_count_from_the_arrival():
    history = run(Photo(0.0, 10, 10), Photo(1.0, 10, 10))
    assert latencies_s(history) == pytest.approx([1.5, 2.0])
    assert megapixels_per_s(history) == pytest.approx(200 / 1e6 / 3.0)


def test_percentiles_are_values_that_occurred():
    assert [percentile([1.0, 2.0, 3.0, 4.0], percent) for percent in (0, 50, 75, 95, 100)] == [1.0, 2.0, 3.0, 4.0, 4.0]


def test_jain_is_one_for_equals_and_a_share_for_a_winner():
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1.0)
    assert jain([5.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)


def test_tenants_are_compared_while_all_have_work():
    photos = [Photo(0.0, 10, 10, tenant=tenant) for tenant in "abbb"]
    assert served_px(run(*photos)) == {"a": 100, "b": 0}


def test_a_load_tells_why_its_batch_left_and_which_slots_were_empty():
    history = replay((Photo(0.0, 30, 60, model="strips"),), Ours(MODELS), DEVICE)
    assert [(ran.load.reason, ran.load.empty_px) for ran in history.batches] == [("idle", 0)]
    fours = {"frames": Model(MODELS["frames"].card, Slots((4,)))}
    (frames,) = replay((Photo(0.0, 30, 60, model="frames"),) * 3, Ours(fours), DEVICE).batches
    assert (frames.load.area_px, frames.load.useful_px, frames.load.empty_px) == (4 * 64, {0: 64, 1: 64, 2: 64}, 64)


def test_traffic_is_the_same_for_the_same_seed():
    crowd = Crowd(mixed(0.5), tenants=3, bulk_share=0.5)
    assert poisson(20.0, 5.0, crowd, seed=3) == poisson(20.0, 5.0, crowd, seed=3)
    assert poisson(20.0, 5.0, crowd, seed=3) != poisson(20.0, 5.0, crowd, seed=4)
    assert 60 < len(poisson(20.0, 5.0, crowd, seed=3)) < 140


def test_phone_photos_lie_between_a_third_of_a_megapixel_and_24():
    pixels = [photo.pixels for photo in backlog(500, Crowd(phone_photo), seed=1)]
    assert 0.29e6 < min(pixels) < 0.5e6
    assert 15e6 < max(pixels) < 24.1e6


def test_pauses_move_what_comes_after_them():
    trace = tuple(Photo(at_s, 1, 1) for at_s in (0.5, 1.5, 2.5))
    assert [photo.at_s for photo in on_off(trace, on_s=1.0, off_s=10.0)] == [0.5, 11.5, 22.5]
