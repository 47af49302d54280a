import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.batching.tiles import TileGrid


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 20))
def test_the_cores_cover_every_pixel_exactly_once(height, width, core_px):
    covered = np.zeros((height, width), int)
    grid = TileGrid(height, width, core_px)
    for index in range(len(grid)):
        box = grid[index]
        assert 1 <= box.height <= core_px
        assert 1 <= box.width <= core_px
        covered[box.y : box.y + box.height, box.x : box.x + box.width] += 1
    assert (covered == 1).all()


def test_a_picture_of_exactly_one_core_is_one_tile():
    assert list(TileGrid(12, 12, 12)) == [(0, 0, 12, 12)]


def test_a_core_beyond_the_grid_is_refused():
    with pytest.raises(IndexError, match="the grid has 1 cores; received 1"):
        TileGrid(3, 3, 12)[1]
