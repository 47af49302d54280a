import cv2
import numpy as np
import pytest

from engine.pixels import enlarging
from engine.pixels.enlarging import enlarged_rows, strips


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (1, 1), (2, 5), (1, 6, 3)])
@pytest.mark.parametrize("size", [(9, 7), (40, 33), (10, 8)])
def test_the_strips_are_the_whole_map_enlarged_at_once(shape, size, monkeypatch):
    small = np.random.default_rng(1).random(shape, dtype=np.float32)
    whole = cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR).reshape((*size, *shape[2:]))
    monkeypatch.setattr(enlarging, "STRIP_PX", 3 * size[1])
    parts = [enlarged_rows(small, size, rows) for rows in strips(*size)]
    assert len(parts) > 1
    assert np.allclose(np.concatenate(parts), whole, atol=1e-5)


def test_strips_cover_every_row_of_a_very_wide_picture():
    wide = 10 * enlarging.STRIP_PX
    assert [(rows.start, rows.stop) for rows in strips(3, wide)] == [(0, 1), (1, 2), (2, 3)]
