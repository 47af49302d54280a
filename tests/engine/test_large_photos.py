"""What a large photo costs in memory: its own pixels, and one batch more. The full size is a benchmark."""

import tracemalloc

import numpy as np
import pytest

from engine import Engine, EngineSettings
from engine.backends.fake import FakeBackend, FakePlan, fake_whole_image
from engine.unit_shapes import TileShape
from tests.engine.conftest import make_card

TILE = TileShape(tile_px=240, halo_px=20, scale=2, align_px=2)
SIDE_PX = 3000
MOST_BEYOND_PIXELS = 64 << 20


@pytest.fixture
def large_photo():
    """9 megapixels in which no two tiles are alike."""
    rows, columns = np.ogrid[:SIDE_PX, :SIDE_PX]
    wave = (rows * 7 + columns * 3 + (rows * columns) % 251) % 256
    return np.stack([wave, wave[::-1], wave[:, ::-1]], axis=2).astype(np.uint8)


@pytest.fixture
def peak_bytes():
    """Tells the most memory that Python and NumPy asked for since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("strips", [0, 1])
def test_a_large_photo_costs_its_own_pixels_and_one_batch_more(strips, large_photo, peak_bytes):
    card = make_card(tile=TILE)
    backend = FakeBackend(FakePlan(strips=strips, largest_batch=1))
    with Engine.start(EngineSettings(), backend=backend, cards={card.model: card}) as engine:
        answer = engine.submit(card.model, large_photo).result(100).output
        assert peak_bytes() - answer.nbytes < MOST_BEYOND_PIXELS
    seen, kept = 340, 300  # the last pixels in each direction, with and without what their surroundings change
    expected = fake_whole_image(large_photo[-seen:, -seen:], 2)
    differences = answer[-2 * kept :, -2 * kept :].astype(int) - expected[-2 * kept :, -2 * kept :]
    assert np.abs(differences).max() <= 1
