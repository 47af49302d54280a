"""Stitched equals whole, and alone equals among strangers: for the committed networks and for the fake one."""

import cv2
import numpy as np
import pytest
from PIL import Image

from engine import Engine, EngineSettings
from engine.backends.base import DONE
from engine.backends.fake import FakeBackend, FakePlan, fake_whole_image
from engine.backends.onnxruntime import OnnxRuntimeBackend
from engine.backends.tile_batches import pack_layout, unpack_layout
from engine.batching.lanes import Lane
from engine.cards import load_card, load_cards, read_model
from engine.errors import WeightsError
from engine.kernels.pack_frames import average
from engine.unit_shapes import TileShape
from tests.engine.conftest import WEIGHTS, make_blur_to_one, make_card, run_photos

SIZES = [(1, 1), (1, 40), (40, 1), (3, 5), (12, 12), (13, 25), (24, 36), (2, 100), (61, 37)]


CARDS = [load_card(path.parent) for path in sorted(WEIGHTS.glob("*/card.json"))]
COMMITTED = [pytest.param(card, id=f"{card.model}-{card.version}") for card in CARDS]


def tile_models():
    return [parameter for parameter in COMMITTED if parameter.values[0].tile]


def photo_size(card, photo):
    """What the answer's shape would be with its channels."""
    return card.tile.scale * photo.shape[0], card.tile.scale * photo.shape[1], card.tile.channels_out


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


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("strips", [0, 1])
@pytest.mark.parametrize(("channels_in", "channels_out"), [(4, 1), (4, 3), (3, 1)])
def test_the_fake_network_of_other_channels_stitched_equals_whole(size, strips, channels_in, channels_out, photo_of):
    card, photo = make_card(tile=TileShape(20, 4, 2, 2, channels_in, channels_out)), photo_of(*size, 0, channels_in)
    stitched = run_tiles(FakeBackend(FakePlan(strips=strips)).load(card), card, photo, 3)
    assert stitched.shape == (2 * size[0], 2 * size[1], channels_out)
    assert np.abs(stitched.astype(int) - fake_whole_image(photo, 2, channels_out)).max() <= 1


@pytest.fixture
def one_channel_card(weights_of):
    """A model of our own that sees four channels, two pixels far, and answers one."""
    tile = {"tile_px": 16, "halo_px": 2, "scale": 1, "align_px": 2, "channels_in": 4, "channels_out": 1}
    return load_cards(weights_of(make_blur_to_one(), tile=tile))["mirror"]


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (441, 37), (450, 460)], ids=str)
def test_a_network_of_four_channels_in_and_one_out_stitched_equals_whole(one_channel_card, size, photo_of):
    executor = OnnxRuntimeBackend().load(one_channel_card)
    photo = photo_of(*size, 0, 4)
    stitched = run_tiles(executor, one_channel_card, photo, 2)
    assert np.abs(stitched.astype(int) - whole_image(one_channel_card, photo)).max() <= 1


def test_four_channels_in_and_one_out_are_each_what_they_are_alone(one_channel_card, photo_of):
    executor = OnnxRuntimeBackend().load(one_channel_card)
    photos = [photo_of(40 + 9 * seed, 60 - 7 * seed, seed, 4) for seed in range(5)]
    for answer, photo in zip(run_photos(executor, one_channel_card, photos), photos, strict=True):
        np.testing.assert_array_equal(answer, run_tiles(executor, one_channel_card, photo, 1))


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
    photo = photo_of(*sizes[size], 0, card.channels_in)
    stitched = run_tiles(executor, card, photo, 2)
    assert np.abs(stitched.astype(int) - whole_image(card, photo)).max() <= 1


@pytest.mark.parametrize("card", tile_models())
def test_a_sample_photo_through_the_whole_engine_equals_whole(card):
    path = sorted((WEIGHTS.parents[1] / "docs" / "samples").glob("*.jpg"))[0]
    with Image.open(path, formats=("JPEG",)) as opened:
        photo = np.asarray(opened.convert("RGBA" if card.channels_in == 4 else "RGB").resize((301, 263)))
    with Engine.start(EngineSettings(backend="onnxruntime", precision="fp32"), cards={card.model: card}) as engine:
        stitched = engine.submit(card.model, photo).result(100).output.reshape(*photo_size(card, photo))
        as_run = engine.models[card.model]  # in the precision that it took
    assert np.abs(stitched.astype(int) - whole_image(as_run, photo)).max() <= 1


@pytest.mark.parametrize("card", tile_models())
def test_the_halo_is_as_wide_as_the_network_sees(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    core, halo = core_of(executor, card), card.tile.halo_px
    photo = photo_of(60, core + halo + 40, 0, card.channels_in)
    disturbed = photo.copy()
    disturbed[:, core + halo :] ^= 255
    kept = [run_tiles(executor, card, image, 1)[:, : core * card.tile.scale] for image in (photo, disturbed)]
    np.testing.assert_array_equal(*kept)


@pytest.mark.parametrize("card", tile_models())
def test_a_full_tile_is_the_same_to_the_byte_alone_and_in_a_pair(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    core = core_of(executor, card)
    photos = [photo_of(core, 130, seed, card.channels_in) for seed in range(2)]
    for answer, photo in zip(run_photos(executor, card, photos, 2), photos, strict=True):
        np.testing.assert_array_equal(answer, run_tiles(executor, card, photo, 1))


@pytest.mark.parametrize("card", tile_models())
def test_a_committed_networks_answer_does_not_depend_on_batch_mates(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(40, 40, seed, card.channels_in) for seed in range(5)] + [photo_of(33, 52, 0, card.channels_in)]
    alone = [run_tiles(executor, card, photo, 1) for photo in photos]
    for size in (2, 3, 6):
        for answer, expected in zip(run_photos(executor, card, photos, size), alone, strict=True):
            np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("card", [parameter for parameter in tile_models() if parameter.values[0].variants])
def test_an_int8_variant_stitched_equals_whole_and_does_not_depend_on_batch_mates(card, photo_of):
    card = card.in_precision("int8")
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(70, core_of(executor, card) + 60, seed, card.channels_in) for seed in range(2)]
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
        expected = (layout.size, self._shape.channels_out, *sides)
        answer = self._network.run(pack_layout(layout, layout.lane, self._shape), expected)
        unpack_layout(answer, layout, self._shape)
        return DONE


@pytest.mark.parametrize("card", tile_models())
def test_photos_side_by_side_in_strips_equal_their_whole_images(card, photo_of):
    sizes = [(90, 131), (33, 200), (1, 1), (61, 40), (118, 77)]
    photos = [photo_of(*size, seed, card.channels_in) for seed, size in enumerate(sizes)]
    executor = StripsOnTheCpu(card, (Lane(128, 320), Lane(96, 480)))
    for photo, answer in zip(photos, run_photos(executor, card, photos), strict=True):
        assert np.abs(answer.astype(int) - whole_image(card, photo)).max() <= 1


def test_photos_side_by_side_in_strips_are_each_what_they_are_alone(photo_of):
    card = make_card()
    executor = FakeBackend(FakePlan(strips=1)).load(card)
    photos = [photo_of(3 + 11 * seed, 97 - 5 * seed, seed) for seed in range(12)]
    for photo, answer in zip(photos, run_photos(executor, card, photos), strict=True):
        assert np.abs(answer.astype(int) - fake_whole_image(photo, 2)).max() <= 1


def test_a_frame_of_four_channels_answers_a_matte_of_its_own_shape(weights_of, photo_of):
    frame = {"height_px": 9, "width_px": 12, "channels_in": 4, "output": "matte", "output_shape": [1, 9, 12]}
    card = load_cards(weights_of(make_blur_to_one(), kind="frame", frame=frame))["mirror"]
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(9, 12, 1, 4), photo_of(100, 3, 2, 4), photo_of(1, 1, 3, 4)]
    for photo, answer in zip(photos, run_photos(executor, card, photos), strict=True):
        frame = average(photo, 9, 12)
        expected = np.mean([cv2.blur(plane, (5, 5), borderType=cv2.BORDER_CONSTANT) for plane in frame], axis=0)
        np.testing.assert_allclose(answer, expected[None], rtol=0, atol=1e-6)


@pytest.mark.parametrize("card", [card for card in COMMITTED if card.values[0].frame])
def test_a_frame_networks_answer_does_not_depend_on_batch_mates(card, photo_of):
    executor = OnnxRuntimeBackend().load(card)
    photos = [photo_of(90 + seed, 70, seed, card.channels_in) for seed in range(3)]
    for photo, answer in zip(photos, run_photos(executor, card, photos, 3), strict=True):
        # The backend runs frames one by one; together they differ by float rounding, 1/4,000 of a grey level.
        np.testing.assert_allclose(answer, run_photos(executor, card, [photo])[0], rtol=0, atol=1e-6)
        if card.frame.output in ("lut3d", "matte"):
            assert answer.min() >= 0.0
            assert answer.max() <= 1.0


def test_weights_that_are_missing_stop_the_start(tmp_path):
    with pytest.raises(WeightsError):
        Engine.start(EngineSettings(weights_dir=tmp_path))
