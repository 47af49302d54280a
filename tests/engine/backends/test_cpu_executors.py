"""How tiles and latents run in pairs, with a network that is a Python function."""

import threading

import numpy as np
import pytest

from engine.backends.cpu_executors import LatentExecutor, TileExecutor
from engine.batching.cutting import Box
from engine.batching.units import Layout, Placed, Unit
from engine.unit_shapes import LatentShape, TileShape
from tests.engine.conftest import make_card, run_photos

TILE = TileShape(tile_px=16, halo_px=2, scale=1, align_px=1)


class Mirror:
    """Answers what it is given, once two threads have asked. A black tile fails; with `slow`, before others answer."""

    def __init__(self, *, slow=False):
        self.meeting = threading.Barrier(2)
        self.failed = threading.Event()
        if not slow:
            self.failed.set()

    def run(self, batch, expected):
        self.meeting.wait(timeout=60)
        if not batch.any():
            self.failed.set()
            raise ValueError("black")
        assert self.failed.wait(timeout=60)
        assert batch.shape == expected
        return batch


def executor_of(mirror):
    return TileExecutor(mirror, TILE, side_px=20, beside=mirror)


def test_two_tiles_of_a_batch_run_at_the_same_time_whatever_their_sizes(photo_of):
    photos = [photo_of(9, 7), photo_of(5, 12)]
    answers = run_photos(executor_of(Mirror()), make_card(tile=TILE), photos)
    for answer, photo in zip(answers, photos, strict=True):
        np.testing.assert_array_equal(answer, photo)


def test_when_one_of_a_pair_fails_the_other_is_done_before_that_is_told(photo_of):
    executor = executor_of(Mirror(slow=True))
    photos = [np.zeros((9, 7, 3), np.uint8), np.maximum(photo_of(9, 7), 1)]
    units = [Unit(photo, np.empty_like(photo), Box(0, 0, 9, 7)) for photo in photos]
    with pytest.raises(ValueError, match="black"):
        executor.start(Layout(executor.lanes[0], 2, tuple(Placed(unit, i, 0) for i, unit in enumerate(units))))
    np.testing.assert_array_equal(units[1].target, photos[1])


class Fill:
    """Answers a picture of a vector's only value, once two threads have asked."""

    def __init__(self):
        self.meeting = threading.Barrier(2)

    def run(self, batch, expected):
        self.meeting.wait(timeout=60)
        assert batch.shape == (1, 1)
        return np.full(expected, batch[0, 0], np.float32)


def test_two_latents_of_a_batch_are_made_at_the_same_time_each_its_own_picture():
    fill, vectors, target = Fill(), np.array([[1.0], [0.0], [0.5]], np.float32), np.zeros((12, 5, 3), np.uint8)
    executor = LatentExecutor(fill, LatentShape(1, (3, 4, 5)), beside=fill)
    units = [Unit(vectors, target, Box(4 * row, 0, 4, 5)) for row in (2, 0)]
    executor.start(Layout(None, 2, tuple(Placed(unit, slot, 0) for slot, unit in enumerate(units))))
    np.testing.assert_array_equal(target, np.repeat(np.array([255, 0, 128], np.uint8), 60).reshape(12, 5, 3))


def test_without_a_second_network_every_batch_is_a_single_tile():
    assert TileExecutor(Mirror(), TILE, side_px=20).batch_sizes == (1,)
    assert LatentExecutor(Fill(), LatentShape(1, (3, 4, 5))).batch_sizes == (1,)
