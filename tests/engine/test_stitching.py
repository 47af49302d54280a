"""Stitched equals whole, and alone equals among strangers: for the committed networks and for the fake one."""

import numpy as np
import pytest
from PIL import Image

from engine import Engine, EngineSettings
from engine.backends.base import DONE
from engine.backends.fake import FakeBackend, FakePlan, fake_whole_image
from engine.backends.onnxruntime import OnnxRuntimeBackend
from engine.backends.tile_batches import pack_layout, unpack_layout
from engine.batching.lanes import Lane
from engine.cards import load_card, read_model
from engine.errors import WeightsError
from tests.engine.conftest import WEIGHTS, make_card, run_photos

SIZES = [(1, 1), (1, 40), (40, 1), (3, 5), (12, 12), (13, 25), (24, 36), (2, 100), (61, 37)]


def tile_models():
    cards = [load_card(path.parent) for path in sorted(WEIGHTS.glob("*/card.json"))]
    return [pytest.param(card, id=f"{card.model}-{card.version}") for card in cards if card.tile]


def whole_image(card, photo):
    """The network over the whole picture in one run, extended by reflection as the weights' contract says."""
    onnxruntime = pytest.importorskip("onnxruntime")
    shape, (height, width) = card.tile, photo.shape[:2]
    rims = [(shape.halo_px, shape.halo_px + -length % shape.align_px) for length in (height, width)]
    extended = np.pad(photo, (*rims, (0, 0)), mode="reflect").transpose(2, 0, 1)[None].astype(np.float32) / 255
    session = onnxruntime.InferenceSession(read_model(card), providers=["CPUExecutionProvider"])
    answer = session.run([card.onnx.output], {card.onnx.input: extended})[0][0].transpose(1, 2, 0)
    rim = shape.halo_px * shape.scale
    kept = answer[rim : rim + height * shape.scale, rim : rim + width * shape.scale]
    return np.floor(np.clip(kept, 0, 1) * 255 + 0.5).astype(int)


def core_of(executor, card):
    """Width of the part of a full tile whose answer is kept."""
    return executor.lanes[0].width_px - 2 * card.tile.halo_px


def run_tiles(executor, card, photo, batch_size):
    return run_photos(executor, card, [photo], batch_size)[0]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("strips", [0, 1])
def test_the_fake_network_stitched_equals_whole(size, strips, photo_of):
    card, photo = make_card(), photo_of(*size)
    stitched = run_tiles(FakeBackend(FakePlan(strips=strips)).load(card), card, photo, 3)
    assert np.abs(stitched.astype(int) - fake_whole_image(photo, 2)).max() <= 1


@pytest.mark.parametrize("card", tile_models())
@pytest.mark.parametrize("size", ["one pixel", "under the halo", "one core", "two by two", "wide", "tall"])
def test_a_committed_network_stitched_equals_whole(card, size, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    core = core_of(executor, card)
    sizes = {
        "one pixel": (1, 1),
        "under the halo": (5, 3),
        "one core": (core, core),
        "two by two": (core + 31, core + 1),
        "wide": (7, core + 90),
        "tall": (core + 90, 7),
    }
    photo = photo_of(*sizes[size])
    stitched = run_tiles(executor, card, photo, 2)
    assert np.abs(stitched.astype(int) - whole_image(card, photo)).max() <= 1


@pytest.mark.parametrize("card", tile_models())
def test_a_sample_photo_through_the_whole_engine_equals_whole(card):
    path = sorted((WEIGHTS.parents[1] / "docs" / "samples").glob("*.jpg"))[0]
    with Image.open(path, formats=("JPEG",)) as opened:
        photo = np.asarray(opened.convert("RGB").resize((301, 263)))
    with Engine.start(EngineSettings(backend="onnxruntime"), cards={card.model: card}) as engine:
        stitched = engine.submit(card.model, photo).result(100).output
    assert np.abs(stitched.astype(int) - whole_image(card, photo)).max() <= 1


@pytest.mark.parametrize("card", tile_models())
def test_the_halo_is_as_wide_as_the_network_sees(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    core, halo = core_of(executor, card), card.tile.halo_px
    photo = photo_of(60, core + halo + 40)
    disturbed = photo.copy()
    disturbed[:, core + halo :] ^= 255
    kept = [run_tiles(executor, card, image, 1)[:, : core * card.tile.scale] for image in (photo, disturbed)]
    np.testing.assert_array_equal(*kept)


@pytest.mark.parametrize("card", tile_models())
def test_a_full_tile_is_the_same_to_the_byte_alone_and_in_a_pair(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    core = core_of(executor, card)
    photos = [photo_of(core, 130, seed) for seed in range(2)]
    for answer, photo in zip(run_photos(executor, card, photos, 2), photos, strict=True):
        np.testing.assert_array_equal(answer, run_tiles(executor, card, photo, 1))


@pytest.mark.parametrize("card", tile_models())
def test_a_committed_networks_answer_does_not_depend_on_batch_mates(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(40, 40, seed) for seed in range(5)] + [photo_of(33, 52)]
    alone = [run_tiles(executor, card, photo, 1) for photo in photos]
    for size in (2, 3, 6):
        for answer, expected in zip(run_photos(executor, card, photos, size), alone, strict=True):
            np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("card", [parameter for parameter in tile_models() if parameter.values[0].variants])
def test_an_int8_variant_stitched_equals_whole_and_does_not_depend_on_batch_mates(card, photo_of):
    card = card.in_precision("int8")
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(70, core_of(executor, card) + 60, seed) for seed in range(2)]
    for answer, photo in zip(run_photos(executor, card, photos), photos, strict=True):
        assert np.abs(answer.astype(int) - whole_image(card, photo)).max() <= 1
        np.testing.assert_array_equal(answer, run_tiles(executor, card, photo, 1))


class StripsOnTheCpu:
    """A committed network over slots of fixed shape, units side by side, as a GPU runs it."""

    batch_sizes = (1, 2)
    trims = False

    def __init__(self, card, lanes):
        self.lanes = lanes
        self._shape = card.tile
        self._network = OnnxRuntimeBackend().load(card).network

    def start(self, layout):
        sides = (self._shape.scale * layout.lane.height_px, self._shape.scale * layout.lane.width_px)
        answer = self._network.run(pack_layout(layout, layout.lane, self._shape), (layout.size, 3, *sides))
        unpack_layout(answer, layout, self._shape)
        return DONE


@pytest.mark.parametrize("card", tile_models())
def test_photos_side_by_side_in_strips_equal_their_whole_images(card, photo_of):
    photos = [photo_of(*size, seed) for seed, size in enumerate([(90, 131), (33, 200), (1, 1), (61, 40), (118, 77)])]
    executor = StripsOnTheCpu(card, (Lane(96, 320), Lane(64, 480)))
    for photo, answer in zip(photos, run_photos(executor, card, photos), strict=True):
        assert np.abs(answer.astype(int) - whole_image(card, photo)).max() <= 1


def test_photos_side_by_side_in_strips_are_each_what_they_are_alone(photo_of):
    card = make_card()
    executor = FakeBackend(FakePlan(strips=1)).load(card)
    photos = [photo_of(3 + 11 * seed, 97 - 5 * seed, seed) for seed in range(12)]
    for photo, answer in zip(photos, run_photos(executor, card, photos), strict=True):
        assert np.abs(answer.astype(int) - fake_whole_image(photo, 2)).max() <= 1


def test_the_relight_network_answers_a_table_that_does_not_depend_on_batch_mates(weights_dir, photo_of):
    card = load_card(weights_dir / "relight-1")
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(90 + seed, 70, seed) for seed in range(3)]
    for photo, answer in zip(photos, run_photos(executor, card, photos, 3), strict=True):
        # The backend runs frames one by one; together they differ by float rounding, 1/4,000 of a grey level.
        np.testing.assert_allclose(answer, run_photos(executor, card, [photo])[0], rtol=0, atol=1e-6)
        assert answer.min() >= 0.0
        assert answer.max() <= 1.0


def test_weights_that_are_missing_stop_the_start(tmp_path):
    with pytest.raises(WeightsError):
        Engine.start(EngineSettings(weights_dir=tmp_path))
