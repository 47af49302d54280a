import numpy as np
import pytest

from engine.pixels.strips import row_strips


@pytest.mark.parametrize(
    ("height", "width", "strip_px", "expected"),
    [
        (10, 5, 20, [(0, 4), (4, 8), (8, 10)]),
        (8, 5, 24, [(0, 4), (4, 8)]),
        (3, 5, 1000, [(0, 3)]),
        (1, 1, 1, [(0, 1)]),
        (3, 50, 20, [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_strips_hold_whole_rows_of_as_many_pixels_as_asked_or_one_row(height, width, strip_px, expected):
    assert [(rows.start, rows.stop) for rows in row_strips(height, width, strip_px)] == expected


@pytest.mark.parametrize("strip_px", [1, 7, 64, 10_000])
def test_strips_cover_every_row_once_and_in_order(strip_px):
    rows = np.arange(97)
    assert np.array_equal(np.concatenate([rows[strip] for strip in row_strips(97, 13, strip_px)]), rows)
