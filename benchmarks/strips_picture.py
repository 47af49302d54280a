"""Draws one batch as the network sees it: `python -m benchmarks.strips_picture docs/images/strips.jpg`.

The sample photos, at several sizes, go through the real batcher with GPU lanes; what is drawn are the packed slots of
one lane. Halos are darkened, what belongs to no unit is white.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from engine.backends.tile_batches import pack_layout
from engine.batching.batcher import Batcher
from engine.batching.lanes import Lane, Slots, gpu_lanes
from engine.batching.units import Layout, Ticket, new_work
from engine.cards import Card, load_cards
from engine.images import Image

SAMPLES = Path(__file__).parents[1] / "docs" / "samples"
WEIGHTS = Path(__file__).parents[1] / "engine" / "weights"
HEIGHTS_PX = (400, 400, 340, 400, 372, 300, 400, 390)
"""What each sample is shrunk to, so that sizes differ as merchants' photos do and one lane holds them all."""
GAP_PX, WIDTH_PX = 12, 1400


def draw(out: Path) -> None:
    """Write the picture of the batch with most units."""
    card = load_cards(WEIGHTS)["restore"]
    assert card.tile is not None
    layout = max(_batches(card, gpu_lanes(card.tile), _photos()), key=lambda layout: len(layout.placed))
    assert layout.lane is not None
    slots = (pack_layout(layout, layout.lane, card.tile) * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    shown = np.full(slots.shape, 255, np.uint8)
    _show_units(layout, card.tile.halo_px, slots, shown)
    rows = [shown[slot] for slot in range(layout.size)]
    rule = np.full((GAP_PX, rows[0].shape[1], 3), 90, np.uint8)
    stacked = np.concatenate([part for row in rows for part in (row, rule)][:-1])
    height = round(stacked.shape[0] * WIDTH_PX / stacked.shape[1])
    Pillow.fromarray(stacked).resize((WIDTH_PX, height), Pillow.Resampling.LANCZOS).save(out, quality=82, optimize=True)


def _photos() -> list[Image]:
    photos = []
    for path, height in zip(sorted(SAMPLES.glob("*.jpg")), HEIGHTS_PX, strict=True):
        with Pillow.open(path, formats=("JPEG",)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
        size = (round(upright.width * height / upright.height), height)
        photos.append(np.asarray(upright.resize(size, Pillow.Resampling.LANCZOS)))
    return photos


def _batches(card: Card, lanes: tuple[Lane, ...], photos: list[Image]) -> list[Layout]:
    slots = Slots((1, 2, 3), lanes)
    batcher = Batcher({card.model: slots})
    for index, photo in enumerate(photos):
        batcher.add(new_work(card, photo, Ticket(tenant=str(index)), slots), 0.0)
    layouts = []
    while (batch := batcher.next_batch(0.0)) is not None:
        layouts.append(batch.layout)
        batcher.finished(batch, 0.0)
    return layouts


def _show_units(layout: Layout, halo: int, slots: Image, shown: Image) -> None:
    for unit, slot, x in layout.placed:
        height, width = unit.box.height, unit.box.width
        whole = np.s_[slot, : height + 2 * halo, x : x + width + 2 * halo]
        core = np.s_[slot, halo : halo + height, x + halo : x + halo + width]
        shown[whole] = slots[whole] // 3
        shown[core] = slots[core]


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
