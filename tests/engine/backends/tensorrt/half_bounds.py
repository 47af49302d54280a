"""Measures how far fp16 moves our models' answers, on any folder of photos; needs onnx, no GPU.

    .venv-backends/bin/python -m tests.engine.backends.tensorrt.half_bounds FOLDER [--every 4]

Every tensor is rounded to float16 as a GPU would (see `half_rounding`). In levels of 0 to 255: the largest difference
of any value before it becomes a code, the mean, and how many codes differ, by one and by more.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from engine.backends.tensorrt.precision import to_half
from engine.cards import load_cards, read_model
from engine.images import Floats
from engine.settings import EngineSettings
from tests.engine.backends.tensorrt.half_rounding import with_roundings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photos, also in folders below it")
    parser.add_argument("--every", type=int, default=1, help="take each nth photo")
    arguments = parser.parse_args()
    photos = sorted(arguments.folder.rglob("*.jpg"))[:: arguments.every]
    for card in load_cards(EngineSettings.from_env().weights_dir).values():
        single = read_model(card)
        sessions = _session(single), _session(with_roundings(to_half(single)))
        frame = card.frame and (card.frame.width_px, card.frame.height_px)
        rows = np.array([_compare(sessions, _batch(path, frame)[:, : card.channels_in]) for path in photos])
        largest, mean = rows[:, 0].max(), rows[:, 1].mean()
        print(
            f"{card.model} {card.version}: {len(photos)} photos: largest {largest:.2f}, mean {mean:.3f} levels; "
            f"codes off by one {rows[:, 2].mean():.2%}, by more {rows[:, 3].mean():.2%}"
        )


def _compare(sessions: tuple[onnxruntime.InferenceSession, ...], batch: Floats) -> tuple[float, ...]:
    """Largest and mean difference, and the shares of codes that differ by one and by more."""
    batches = batch, batch.astype(np.float16).astype(np.float32)
    single, half = (session.run(None, {"input": each})[0] for session, each in zip(sessions, batches, strict=True))
    apart = np.abs(single - half) * 255
    codes = np.abs(np.floor(single.clip(0, 1) * 255 + 0.5) - np.floor(half.clip(0, 1) * 255 + 0.5))
    return apart.max(), apart.mean(), (codes == 1).mean(), (codes > 1).mean()


def _batch(path: Path, frame: tuple[int, int] | None) -> Floats:
    """The photo, float32 [1,4,h,w], even in size; the fourth channel is a disc with a soft edge, as a matte has."""
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    if frame is not None:
        pixels = cv2.resize(pixels, frame, interpolation=cv2.INTER_AREA)
    height, width = (length // 2 * 2 for length in pixels.shape[:2])
    colours = pixels[:height, :width].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    rows, columns = np.mgrid[:height, :width]
    disc = (min(height, width) / 3 - np.hypot(rows - height / 2, columns - width / 2)) / 8
    return np.concatenate([colours, disc.clip(0, 1).astype(np.float32)[None]])[None]


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
