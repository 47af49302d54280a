"""Stitched against whole, on photos: how far the tiled result is from the network over the whole picture at once.

    python -m benchmarks.engine_stitching FOLDER [--photos 20]

Prints, for each tile model, the largest difference over all photos in 255ths, and how many values differ at all.
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image as Pillow

from benchmarks.photos import with_channels
from engine import Card, Engine, EngineSettings
from engine.cards import read_model
from engine.images import Image


def main() -> None:
    """Read the arguments, compare every tile model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photos, searched in subfolders too")
    parser.add_argument("--photos", type=int, default=20, help="how many to take, evenly spread over the folder")
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    paths = paths[:: max(1, len(paths) // arguments.photos)][: arguments.photos]
    photos = [np.asarray(Pillow.open(path).convert("RGB")) for path in paths]
    with Engine.start(EngineSettings(backend="onnxruntime")) as engine:
        for card in engine.models.values():
            if card.tile is not None:
                compare(engine, card, photos)


def compare(engine: Engine, card: Card, photos: list[Image]) -> None:
    """Print one model's differences."""
    session = onnxruntime.InferenceSession(read_model(card), providers=["CPUExecutionProvider"])
    largest = differing = values = tiles = 0
    for photo in (with_channels(photo, card.channels_in) for photo in photos):
        result = engine.submit(card.model, photo).result()
        expected = whole(session, card, photo)
        difference = np.abs(result.output.astype(np.int16) - expected.reshape(result.output.shape))
        largest = max(largest, int(difference.max()))
        differing += int(np.count_nonzero(difference))
        values += difference.size
        tiles += result.facts.units
    print(
        f"{card.model}-{card.version}: {len(photos)} photos, {tiles} tiles, largest difference {largest}/255, "
        f"{differing} of {values} values differ"
    )


def whole(session: onnxruntime.InferenceSession, card: Card, photo: Image) -> Image:
    """The network over the whole photo, extended by reflection."""
    assert card.tile is not None
    halo, scale, align = card.tile.halo_px, card.tile.scale, card.tile.align_px
    height, width = photo.shape[:2]
    rims = ((halo, halo + -height % align), (halo, halo + -width % align), (0, 0))
    extended = np.pad(photo, rims, mode="reflect").transpose(2, 0, 1)[None].astype(np.float32) / 255
    answer = session.run([card.onnx.output], {card.onnx.input: extended})[0][0].transpose(1, 2, 0)
    kept = answer[halo * scale : (halo + height) * scale, halo * scale : (halo + width) * scale]
    codes: Image = np.floor(np.clip(kept, 0, 1) * 255 + 0.5).astype(np.uint8)
    return codes


if __name__ == "__main__":
    main()
