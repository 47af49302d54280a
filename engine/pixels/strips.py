"""A picture taken a few rows at a time, where a float copy of the whole would be too large."""

from collections.abc import Iterator


def row_strips(height: int, width: int, strip_px: int) -> Iterator[slice]:
    """Yield slices of rows that cover a picture from top to bottom, each of `strip_px` pixels at most, or of one row.

    Height and width are at least 1; what a "row" is, of pixels or of blocks, is up to the caller.
    """
    rows = max(1, strip_px // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
