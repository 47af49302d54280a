"""Small scenes of each rival, so that ours is held against what it is said to be."""

import pytest

from engine.simulation.device import DeviceModel
from engine.simulation.replay import replay
from engine.simulation.rivals import Rules, Squares, WholePhotos, best_canvases
from engine.simulation.traces import BULK, Photo

DEVICE = DeviceModel(pixels_per_s=100.0)
SMALL, WIDE = (5, 10), (5, 20)


def batches(sizes, rules, *, at_s=None):
    """The photos of each batch, in the order they ran."""
    moments = at_s or [0.0] * len(sizes)
    trace = tuple(Photo(moment, *size) for moment, size in zip(moments, sizes, strict=True))
    history = replay(trace, WholePhotos(rules), DEVICE)
    assert all(ending.error is None for ending in history.endings.values())
    return [(list(ran.load.useful_px), ran.load.area_px) for ran in history.batches]


def test_one_at_a_time_wastes_nothing():
    assert batches([SMALL, WIDE], Rules()) == [([0], 50), ([1], 100)]


def test_padding_costs_the_largest_for_each():
    assert batches([SMALL, WIDE, SMALL], Rules(2, pads=True)) == [([0, 1], 200), ([2], 50)]


def test_triton_ends_a_batch_at_another_shape():
    assert [photos for photos, _ in batches([SMALL, SMALL, WIDE, SMALL], Rules(4))] == [[0, 1], [2], [3]]


def test_a_queue_for_each_shape_passes_over_the_others():
    assert [photos for photos, _ in batches([SMALL, WIDE, SMALL], Rules(4, skips=True))] == [[0, 2], [1]]


def test_canvases_pad_to_their_own_size():
    rules = Rules(4, canvases=((5, 12), (6, 20)), skips=True)
    assert batches([SMALL, WIDE, SMALL], rules) == [([0, 2], 120), ([1], 120)]


def test_a_batch_stays_within_memory():
    assert [photos for photos, _ in batches([WIDE] * 3, Rules(8, memory_px=200))] == [[0, 1], [2]]


def test_a_delay_waits_for_another_photo_but_not_longer():
    assert [photos for photos, _ in batches([SMALL] * 3, Rules(8, delay_s=1.0), at_s=[0.0, 0.9, 3.0])] == [[0, 1], [2]]


def test_interactive_photos_go_first():
    trace = (Photo(0.0, *SMALL, priority=BULK), Photo(0.0, *SMALL))
    history = replay(trace, WholePhotos(Rules()), DEVICE)
    assert [list(ran.load.useful_px) for ran in history.batches] == [[1], [0]]


def test_squares_are_counted_whole_with_their_halos():
    history = replay((Photo(0.0, 4, 10),), Squares(tile_px=8, halo_px=1, sizes=(1, 4)), DEVICE)
    (ran,) = history.batches
    load = ran.load
    assert (load.area_px, load.useful_px) == (4 * 8 * 8, {0: 4 * 10})
    assert load.halo_px == (6 * 8 - 4 * 6) + (6 * 6 - 4 * 4)
    assert load.empty_px == 2 * 8 * 8
    assert load.padding_px == 2 * 8 * 8 - 6 * 8 - 6 * 6


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_best_canvases_hold_every_photo_and_pad_less_the_more_there_are(count):
    photos = [Photo(0.0, height, width) for height, width in ((5, 10), (6, 9), (20, 30), (22, 31), (50, 50))]
    canvases = best_canvases(photos, count)
    assert len(canvases) == count
    assert all(any(h >= photo.height_px and w >= photo.width_px for h, w in canvases) for photo in photos)
    if count == 3:
        assert canvases == ((6, 10), (22, 31), (50, 50))
