"""Batches of mixed traffic as the batcher makes them, and how many bytes packing and unpacking them moves."""

from collections.abc import Sequence

from engine.batching.batcher import Batcher
from engine.batching.lanes import Lane, Slots
from engine.batching.units import Layout, Ticket, new_work
from engine.cards import Card
from engine.images import Image


def full_layout(card: Card, lanes: tuple[Lane, ...], size: int, photos: Sequence[Image]) -> Layout:
    """The first batch of a tile model for `size` slots out of a backlog, which must be enough to fill them."""
    slots = Slots((size,), lanes)
    batcher = Batcher({card.model: slots})
    for photo in photos:
        batcher.add(new_work(card, photo, Ticket(), slots), 0.0)
    batch = batcher.next_batch(0.0)
    assert batch is not None, "a backlog makes a batch"
    return batch.layout


def packed_bytes(layout: Layout, card: Card, itemsize: int) -> int:
    """Read and written by pack: a byte in and a value out for each channel of every pixel of the units, halos too."""
    assert card.tile is not None
    assert layout.lane is not None
    widths = [card.tile.seen_px(unit.box.width) for unit in layout.units]
    return card.channels_in * layout.lane.height_px * sum(widths) * (1 + itemsize)


def unpacked_bytes(layout: Layout, card: Card, itemsize: int) -> int:
    """Read and written by unpack: a value in and a byte out for each channel of every pixel of the answers' cores."""
    assert card.tile is not None
    values = card.tile.channels_out * card.tile.scale**2
    return values * sum(unit.box.pixels for unit in layout.units) * (itemsize + 1)
