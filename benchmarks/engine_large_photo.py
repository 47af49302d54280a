"""A photo of 100 megapixels through restore and then upscale-x2, 400 megapixels out, in a process of its own.

`beyond_pixels_mib` is the process' peak less the three pictures' own bytes: interpreter, libraries, networks and
batches. Where tiles meet and at the borders, crops are held against the networks run over the crop's surroundings in
one piece, restore and then upscale-x2. Takes minutes: it runs only by name.
"""

import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from PIL import Image as Pillow

from benchmarks.child import peak_mib, run_in_child, tell
from benchmarks.engine_stitching import whole
from benchmarks.photos import large_photo, with_channels
from engine import Card, Engine, EngineSettings, Ticket
from engine.cards import load_cards, read_model
from engine.images import Image

_SIDE_PX = 10_000
_CROP_PX = 500
_MODELS = ("restore", "upscale-x2")


class _Difference(NamedTuple):
    values: int
    differing: int
    largest: int


def measure(_folder: Path) -> dict[str, float]:
    """Seconds, MiB, and how many values of the crops differ from the whole-image result."""
    return run_in_child("benchmarks.engine_large_photo", str(_SIDE_PX))


def run(side_px: int) -> dict[str, float]:
    """Take a square photo through both models and compare its crops; prints how far it is."""
    cards = load_cards(EngineSettings().weights_dir)
    cards = {model: cards[model] for model in _MODELS}
    photo = _photo(side_px)
    wall, cpu = time.perf_counter(), time.process_time()
    pictures = [photo]
    with Engine.start(EngineSettings(backend="onnxruntime", precision="fp32"), cards=cards) as engine:
        for model in _MODELS:
            ticket = Ticket(on_progress=_teller(model))
            pictures.append(
                engine.submit(model, with_channels(pictures[-1], cards[model].channels_in), ticket).result().output
            )
        cards = dict(engine.models)  # in the precision that they ran in
    wall_s, cpu_s, peak = time.perf_counter() - wall, time.process_time() - cpu, peak_mib()
    pixels = sum(picture.nbytes for picture in pictures) / 2**20
    difference = _compare_crops(photo, pictures[-1], [cards[model] for model in _MODELS])
    return {
        "megapixels": side_px**2 / 1e6,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "pixels_mib": pixels,
        "peak_mib": peak,
        "beyond_pixels_mib": peak - pixels,
        "crop_values": difference.values,
        "crop_values_that_differ": difference.differing,
        "largest_difference": difference.largest,
    }


def _photo(side_px: int) -> Image:
    """A sample, tiled and not enlarged: detail as a camera gives it. Decoded small, so that no peak is its own."""
    with Pillow.open(BytesIO(large_photo(1500, 1100))) as opened:
        sample = np.asarray(opened.convert("RGB"))
    rows, columns = np.arange(side_px) % sample.shape[0], np.arange(side_px) % sample.shape[1]
    photo = np.empty((side_px, side_px, 3), np.uint8)
    for y, row in enumerate(rows):
        photo[y] = sample[row, columns]
    return photo


def _teller(model: str) -> Callable[[int, int], None]:
    told = -1

    def tell_progress(done: int, total: int) -> None:
        nonlocal told
        if (percent := 100 * done // total // 10 * 10) > told:
            told = percent
            print(f"  {model}: {percent}% of {total / 1e6:.0f} megapixels", flush=True)

    return tell_progress


def _compare_crops(photo: Image, enlarged: Image, chain: list[Card]) -> _Difference:
    middle, far = len(photo) // 2, len(photo) - _CROP_PX
    values = differing = largest = 0
    for y, x in ((0, 0), (middle, middle), (middle + 1, far), (far, far)):
        expected, scale = _whole_around(photo, y, x, chain)
        received = enlarged[scale * y : scale * (y + _CROP_PX), scale * x : scale * (x + _CROP_PX)]
        difference = np.abs(received.astype(np.int16) - expected)
        values += difference.size
        differing += int(np.count_nonzero(difference))
        largest = max(largest, int(difference.max()))
    return _Difference(values, differing, largest)


def _whole_around(photo: Image, y: int, x: int, chain: list[Card]) -> tuple[Image, int]:
    """The chain's answer for the crop at y, x, from surroundings that every network sees enough of; and its scale."""
    margin = sum(card.tile.halo_px for card in chain if card.tile) + 4
    top, left = max(0, y - margin) // 4 * 4, max(0, x - margin) // 4 * 4
    piece = photo[top : y + _CROP_PX + margin, left : x + _CROP_PX + margin]
    scale = 1
    for card in chain:
        assert card.tile is not None
        session = onnxruntime.InferenceSession(read_model(card), providers=["CPUExecutionProvider"])
        piece = whole(session, card, with_channels(piece, card.channels_in))
        scale *= card.tile.scale
    rows, columns = scale * (y - top), scale * (x - left)
    return piece[rows : rows + scale * _CROP_PX, columns : columns + scale * _CROP_PX], scale


if __name__ == "__main__":
    tell(run(int(sys.argv[1])))
