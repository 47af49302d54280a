"""Contact sheets: a few test photos as a model received them, as it gave them back, and as they truly are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.training.data import Pixels, clothing_photos, load_rgb
from engine.training.inference import Network
from engine.training.sheets.cutout import cutout_rows, edge_rows
from engine.training.sheets.inpaint import inpaint_rows
from engine.training.sheets.layout import compose, save_small
from engine.training.sheets.rows import photo_row, relight_row, restore_row, upscale_row

ROWS = 5
ROW_OF: dict[str, Callable[[Network, Pixels, int], list[Pixels]]] = {
    "relight": relight_row,
    "restore": restore_row,
    "upscale-x2": upscale_row,
    "upscale-x4": upscale_row,
    "upscale-x2-photo": photo_row,
    "upscale-x4-photo": photo_row,
}


SHEETS: dict[str, Callable[[Network, Path], list[list[Pixels]]]] = {
    "cutout": cutout_rows,
    "cutout-edges": edge_rows,
    "inpaint": inpaint_rows,
}
"""Models whose rows need more than a photo: masks, mattes."""


def write_sheet(network: Network, data: Path, path: Path) -> None:
    """Write a sheet of `ROWS` test photos as JPEG under 300 kB; columns: before, (baseline,) after, truth."""
    if network.card["model"] in SHEETS:
        save_small(compose(SHEETS[network.card["model"]](network, data)), path)
        return
    photos = clothing_photos(data, "test")
    chosen = [photos[(2 * row + 1) * len(photos) // (2 * ROWS)] for row in range(ROWS)]
    draw = ROW_OF[network.card["model"]]
    rows = [draw(network, load_rgb(photo), 3 * row + row % 3) for row, photo in enumerate(chosen)]
    save_small(compose(rows), path)
