"""Bands and cuts: every pixel once, within its lane, and little waste."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.batching.cutting import SlotCutting, cutting_of
from engine.batching.lanes import GPU_SLOT_PX, Lane, Slots, cut_into_bands, gpu_lanes, grain_px
from engine.unit_shapes import LatentShape, TileShape
from tests.engine.conftest import make_card

TILE = TileShape(tile_px=240, halo_px=20, scale=1, align_px=2)
GPU = Slots((1, 2, 4), gpu_lanes(TILE))
CPU = Slots((1, 2), (Lane(240, 240),), trims=True)


def cutting_for(slots, height, width, tile=TILE):
    return cutting_of(make_card(tile=tile), slots, height, width)


def cut_all(cutting, room_of=lambda lane: lane.width_px):
    """Take everything, each unit in what `room_of` says is left of a slot; None counts as the end of a slot."""
    pieces = []
    while cutting.has(lane := cutting.lane):
        piece = cutting.take(lane, room_of(lane)) or cutting.take(lane, lane.width_px)
        pieces.append((lane, piece))
    return pieces


@given(st.integers(1, 1500), st.integers(1, 1500), st.sampled_from([GPU, CPU]), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_every_pixel_is_cut_once_and_fits_its_lane(height, width, slots, random):
    seen = np.zeros((height, width), np.uint8)
    grain = grain_px(TILE)
    rooms = lambda lane: lane.width_px if slots.trims else random.randrange(0, lane.width_px + 1, grain)  # noqa: E731
    for lane, (box, length, cost_px) in cut_all(cutting_for(slots, height, width), rooms):
        seen[box.y : box.y + box.height, box.x : box.x + box.width] += 1
        assert box.y % TILE.align_px == box.x % TILE.align_px == 0
        assert box.height + 2 * TILE.halo_px <= lane.height_px
        assert box.width + 2 * TILE.halo_px <= length <= lane.width_px
        assert length % grain == 0
        assert cost_px >= (box.width + 2 * TILE.halo_px) * (box.height + 2 * TILE.halo_px)
    assert (seen == 1).all()


def test_where_slots_are_trimmed_a_photo_is_cut_into_few_units_of_one_size():
    boxes = [piece.box for _, piece in cut_all(cutting_for(CPU, 430, 250))]
    assert [(box.y, box.x) for box in boxes] == [(y, x) for y in (0, 144, 288) for x in (0, 126)]
    assert {(box.height, box.width) for box in boxes} == {(144, 126), (144, 124), (142, 126), (142, 124)}


def test_trimmed_units_cost_what_the_network_sees_of_them():
    cutting = cutting_for(CPU, 210, 30)
    lane = cutting.lane
    assert (cutting.length(lane), cutting.cost_px) == (2 * 240, (106 + 104 + 80) * 70)
    assert cutting.take(lane, 239) is None
    assert cutting.take(lane, 240) == ((0, 0, 106, 30), 240, 146 * 70)
    assert (cutting.length(lane), cutting.cost_px) == (240, 144 * 70)


def test_too_little_room_for_a_unit_cuts_nothing():
    cutting = cutting_for(GPU, 100, 100)
    lane = cutting.lane
    before = cutting.length(lane)
    assert cutting.take(lane, 2 * TILE.halo_px) is None
    assert cutting.length(lane) == before


def test_a_unit_ends_where_its_slot_does_and_the_next_goes_on_there():
    cutting = cutting_for(GPU, 100, 300)
    lane = cutting.lane
    first, second = cutting.take(lane, 160), cutting.take(lane, lane.width_px)
    assert (first.box.x, first.box.width, first.length) == (0, 120, 160)
    assert (second.box.x, second.box.width) == (120, 180)
    assert not cutting.has(lane)


def test_bands_waste_the_least_height():
    heights = {height: [band.lane.height_px for band in cut_into_bands(height, GPU.lanes, 20)] for height in (400, 533)}
    assert heights == {400: [440], 533: [576]}
    assert [band.height for band in cut_into_bands(900, GPU.lanes, 20)] == [712, 188]


@given(st.integers(1, 20_000))
@settings(max_examples=60, deadline=None)
def test_bands_cover_any_height_without_gap_or_overlap(height):
    y = 0
    for band in cut_into_bands(height, GPU.lanes, 20):
        assert band.y == y
        assert 0 < band.height <= band.lane.height_px - 40
        y += band.height
    assert y == height


def test_gpu_lanes_have_nearly_one_area():
    assert all(0.95 * GPU_SLOT_PX < lane.height_px * lane.width_px <= GPU_SLOT_PX for lane in GPU.lanes)
    assert all(lane.width_px % 16 == 0 for lane in GPU.lanes)


def test_a_network_with_a_wide_halo_gets_only_lanes_that_are_worth_it():
    lanes = gpu_lanes(TileShape(tile_px=400, halo_px=96, scale=1, align_px=32))
    assert [lane.height_px for lane in lanes] == [928, 736, 608, 384]
    assert all(lane.width_px % 32 == 0 for lane in lanes)


@given(st.sampled_from([1, 3, 5, 16, 48, 512]), st.integers(0, 500), st.integers(1, 3000))
@settings(max_examples=100, deadline=None)
def test_whatever_a_cards_halo_and_alignment_a_slot_holds_units_and_a_batch_is_sized(align, halo, width):
    tile = TileShape(tile_px=2 * halo * align + align, halo_px=halo * align, scale=1, align_px=align)
    slots = Slots((1, 2, 4), gpu_lanes(tile))
    assert len(set(slots.lanes)) == len(slots.lanes)
    cutting = cutting_for(slots, 1000, width, tile)
    for lane in slots.lanes:
        assert lane.width_px - cutting.cut_px > 0
    assert sum(piece.box.pixels for _, piece in cut_all(cutting)) == 1000 * width


def test_a_frame_is_one_unit(frame_card):
    cutting = cutting_of(frame_card, Slots((1,)), 30, 40)
    assert isinstance(cutting, SlotCutting)
    assert cutting.take(None, 0) is None
    assert cutting.take(None, 1).box == (0, 0, 30, 40)
    assert not cutting.has(None)


def test_each_latent_is_a_unit_of_as_many_pixels_as_its_picture(card_of):
    cutting = cutting_of(card_of(latent=LatentShape(5, (3, 4, 6))), Slots((8,)), 3, 5)
    assert (cutting.length(None), cutting.cost_px, cutting.cut_px) == (3, 3 * 24, 0)
    assert [cutting.take(None, 1) for _ in range(3)] == [((y, 0, 4, 6), 1, 24) for y in (0, 4, 8)]
    assert not cutting.has(None)
    assert cutting.take(None, 1) is None


@pytest.mark.parametrize(("needed", "size"), [(1, 1), (2, 2), (3, 2), (5, 4), (9, 4)])
def test_without_costs_the_size_that_is_filled_is_taken(needed, size):
    assert GPU.size_for(needed) == size


def test_a_batch_is_padded_when_that_is_quicker_than_two():
    slots = Slots((1, 2, 4, 8), GPU.lanes, costs={1: 1.0, 2: 1.1, 4: 1.3, 8: 1.7})
    assert [slots.size_for(needed) for needed in (1, 2, 3, 4, 5, 7)] == [1, 2, 4, 4, 4, 8]


def test_sizes_that_gain_nothing_are_left_out():
    slots = Slots((1, 2, 4, 8, 16), GPU.lanes).with_costs({1: 1.0, 2: 1.2, 4: 2.0, 8: 3.9, 16: 7.8})
    assert slots.sizes == (1, 2, 4)


def test_trimmed_slots_come_in_any_number():
    slots = Slots((1, 2, 8), CPU.lanes, trims=True)
    assert (slots.size_for(5), slots.size_for(20), slots.holding(5)) == (5, 8, 5)


def test_the_last_size_stays_however_little_memory_there_is():
    assert GPU.below(2).sizes == (1,)
    assert GPU.below(1).sizes == (1,)
