"""Filling holes with a network that answers its own prefill: what is left is the operation's part of the work."""

import numpy as np
import pytest

from engine.pixels.diffusion import HINTED, KNOWN, UNKNOWN, diffuse, masked_frame
from engine.pixels.inpainting import FRAME_PX, fill_holes
from engine.pixels.texture import lay_texture


class Prefill:
    """A network that finds nothing to add; remembers the codes of the frames it saw, call by call."""

    def __init__(self):
        self.calls = []

    def __call__(self, frames):
        assert all(frame.shape == (FRAME_PX, FRAME_PX, 4) and frame.dtype == np.uint8 for frame in frames)
        self.calls.append([set(np.unique(frame[..., 3]).tolist()) for frame in frames])
        return [np.moveaxis(frame[..., :3], -1, 0).astype(np.float32) / 255 for frame in frames]


def weave(height, width):
    """Stripes of period 8 with a little noise: a fabric."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    return np.clip(128 + 60 * np.sin(2 * np.pi * (x + y) / 8)[..., None] + noise, 0, 255).astype(np.uint8)


def hole_at(shape, *boxes):
    hole = np.zeros(shape, bool)
    for y, x, height, width in boxes:
        hole[y : y + height, x : x + width] = True
    return hole


@pytest.mark.parametrize(
    ("size", "boxes"),
    [
        ((60, 50), [(10, 10, 20, 20)]),
        ((7, 5), [(2, 2, 2, 2)]),
        ((3, 400), [(0, 100, 3, 20)]),
        ((300, 280), [(0, 0, 30, 30), (270, 250, 30, 30), (5, 200, 1, 1)]),
        ((400, 300), [(100, 0, 9, 300)]),
        ((500, 450), [(50, 60, 300, 280)]),
    ],
)
def test_what_is_outside_the_hole_keeps_its_bytes_and_the_hole_is_filled(size, boxes):
    picture, hole = weave(*size), hole_at(size, *boxes)
    blanked = np.where(hole[..., None], np.uint8(255), picture)
    filled = fill_holes(blanked, hole, Prefill())
    assert np.array_equal(filled[~hole], picture[~hole])
    assert (filled[hole] == 255).all(axis=-1).mean() < 0.01


def test_what_stood_in_the_hole_has_no_influence():
    picture, hole = weave(300, 320), hole_at((300, 320), (40, 50, 200, 190), (5, 300, 4, 4))
    painted = np.where(hole[..., None], np.random.default_rng(1).integers(0, 256, picture.shape), picture)
    assert np.array_equal(fill_holes(picture, hole, Prefill()), fill_holes(painted.astype(np.uint8), hole, Prefill()))


def test_small_holes_far_apart_are_asked_for_together_and_once():
    network = Prefill()
    fill_holes(weave(800, 900), hole_at((800, 900), (10, 10, 5, 5), (30, 60, 5, 5), (700, 800, 9, 9)), network)
    assert network.calls == [[{KNOWN, UNKNOWN}] * 2]


def test_a_large_hole_is_filled_from_coarse_to_fine():
    network = Prefill()
    fill_holes(weave(700, 700), hole_at((700, 700), (150, 150, 400, 400)), network)
    first, *later = network.calls
    assert first == [{KNOWN, UNKNOWN}]
    assert len(later) >= 1
    assert all(HINTED in codes and UNKNOWN not in codes for call in later for codes in call)


def test_a_long_thin_hole_needs_no_coarser_fill():
    network = Prefill()
    fill_holes(weave(300, 900), hole_at((300, 900), (140, 0, 8, 900)), network)
    assert len(network.calls) == 1
    assert all(codes == {KNOWN, UNKNOWN} for codes in network.calls[0])


def test_equal_pictures_give_equal_fills():
    picture, hole = weave(280, 300), hole_at((280, 300), (100, 100, 60, 70))
    assert np.array_equal(fill_holes(picture, hole, Prefill()), fill_holes(picture, hole, Prefill()))


@pytest.mark.parametrize("hole", [np.ones((9, 9), bool), np.zeros((8, 9), bool)])
def test_a_hole_without_a_picture_around_it_is_refused(hole):
    with pytest.raises(ValueError, match="a hole is a part of its picture"):
        fill_holes(weave(9, 9), hole, Prefill())


def test_texture_continues_a_fabric_better_than_a_smooth_fill():
    picture, hole = weave(120, 120), hole_at((120, 120), (40, 40, 36, 36))
    smooth = masked_frame(picture, np.where(hole, UNKNOWN, KNOWN).astype(np.uint8))[..., :3]
    laid = lay_texture(smooth, hole)

    def error(fill):
        return np.abs(fill[hole].astype(int) - picture[hole]).mean()

    assert error(laid) < error(smooth) / 3
    assert np.array_equal(laid[~hole], picture[~hole])


def test_texture_is_laid_over_the_target_alone_and_never_taken_from_a_hole():
    picture = weave(100, 100)
    target, other = hole_at((100, 100), (20, 20, 20, 20)), hole_at((100, 100), (60, 60, 25, 25))
    guide = np.where(other[..., None], np.array([255, 0, 255], np.uint8), picture)
    laid = lay_texture(guide, target | other, target)
    assert np.array_equal(laid[~target], guide[~target])
    assert np.ptp(laid[target].astype(int), axis=-1).max() < 60  # the fabric is grey, the other hole magenta


def test_texture_without_a_whole_patch_to_take_leaves_the_guide():
    guide = weave(9, 9)
    assert lay_texture(guide, hole_at((9, 9), (4, 4, 1, 1))) is guide


def test_a_diffused_hole_lies_between_its_edges():
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.float32)[None, :, None], (48, 1, 3))
    unknown = hole_at((48, 64), (8, 20, 30, 24))
    filled = diffuse(np.where(unknown[..., None], np.float32(-1e4), ramp), unknown)
    assert np.array_equal(filled[~unknown], ramp[~unknown])
    assert np.abs(filled - ramp).max() < 20


def test_a_frame_of_which_nothing_is_known_is_grey():
    codes = np.full((5, 6), UNKNOWN, np.uint8)
    assert (masked_frame(weave(5, 6), codes)[..., :3] == 128).all()
