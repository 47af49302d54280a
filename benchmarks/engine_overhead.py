"""What tiles cost: a 12-megapixel photo through the engine beside one bare ONNX Runtime call on the whole of it.

Both sides run in processes of their own, in turns, with the same session options (ONNX Runtime's own defaults take
more time and up to twice the memory). Bare is `session.run` alone, on a float32 array that is ready; the engine takes
the uint8 photo and gives a uint8 picture. The best of four calls counts, so that the bare call's memory, which the
kernel hands out page by page, is there already; peaks are of whole processes.
"""

import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image as Pillow

from benchmarks.child import Figures, peak_mib, run_in_child, tell
from benchmarks.photos import large_photo, with_channels
from engine import Engine, EngineSettings
from engine.backends.cpus import usable_cpus
from engine.backends.onnxruntime import session_options
from engine.cards import Card, load_cards, read_model
from engine.images import Image

_WIDTH_PX, _HEIGHT_PX = 4000, 3000
_CALLS = 2
_ROUNDS = 2


def measure(_folder: Path) -> list[dict[str, float | str]]:
    """One row for each tile model: seconds and CPU seconds for the photo, peak MiB, and the engine's over the bare."""
    models = [card.model for card in load_cards(EngineSettings().weights_dir).values() if card.tile]
    return [_compare(model) for model in models]


def _compare(model: str) -> dict[str, float | str]:
    rounds = [(_announced("bare", model, turn), _announced("tiled", model, turn)) for turn in range(1, _ROUNDS + 1)]
    bare, tiled = ({key: min(pair[side][key] for pair in rounds) for key in rounds[0][side]} for side in (0, 1))
    row: dict[str, float | str] = {"model": model}
    for key in ("wall_s", "cpu_s", "peak_mib"):
        row |= {f"bare_{key}": bare[key], f"tiled_{key}": tiled[key], f"ratio_{key}": tiled[key] / bare[key]}
    return row


def _announced(side: str, model: str, turn: int) -> Figures:
    print(f"  {model}, {side}, round {turn} of {_ROUNDS} ...", flush=True)
    return run_in_child("benchmarks.engine_overhead", side, model)


def _photo(card: Card) -> Image:
    with Pillow.open(BytesIO(large_photo(_WIDTH_PX, _HEIGHT_PX))) as photo:
        return with_channels(np.asarray(photo.convert("RGB")), card.channels_in)


def _bare(model: str) -> Figures:
    card = load_cards(EngineSettings().weights_dir)[model]
    options = session_options(usable_cpus())
    session = onnxruntime.InferenceSession(read_model(card), options, providers=["CPUExecutionProvider"])
    batch = np.divide(_photo(card).transpose(2, 0, 1)[None], np.float32(255), dtype=np.float32)
    return _best_of(lambda: session.run([card.onnx.output], {card.onnx.input: batch}))


def _tiled(model: str) -> Figures:
    card = load_cards(EngineSettings().weights_dir)[model]
    with Engine.start(EngineSettings(backend="onnxruntime", precision="fp32"), cards={model: card}) as engine:
        photo = _photo(card)
        return _best_of(lambda: engine.submit(model, photo).result())


def _best_of(call: Callable[[], object]) -> Figures:
    walls, cpus = [], []
    for _ in range(_CALLS):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {"wall_s": min(walls), "cpu_s": min(cpus), "peak_mib": peak_mib()}


if __name__ == "__main__":
    tell({"bare": _bare, "tiled": _tiled}[sys.argv[1]](sys.argv[2]))
