"""Runs committed weights on whole photos for measuring: ONNX Runtime and NumPy, no torch, no batcher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.training.cards import read_card
from engine.training.data import Pixels, as_batch
from engine.training.linear import to_uint8


class Network:
    """One committed model, ready to run on the CPU."""

    def __init__(self, folder: Path, threads: int = 2, file: str | None = None) -> None:
        """``file``: another file of the folder than the card's own, such as a variant of it."""
        self.card: dict[str, Any] = read_card(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        path = folder / (file or self.card["onnx"]["file"])
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a float32 batch [N,3,H,W] in 0..1 and return the raw output."""
        return np.asarray(self._session.run([self.card["onnx"]["output"]], {self.card["onnx"]["input"]: batch})[0])

    def apply(self, image: Pixels) -> Pixels:
        """Return the model's result for a whole uint8 image [H,W,3] as the engine would give it."""
        return (
            self._apply_tile_model(image) if self.card["kind"] == "tile" else apply_lut(image, self.predict_lut(image))
        )

    def predict_lut(self, image: Pixels) -> NDArray[np.float32]:
        """Return the LUT [3,S,S,S] of a frame model for a uint8 image [H,W,3] of any size."""
        frame = self.card["frame"]
        small = cv2.resize(image, (frame["width_px"], frame["height_px"]), interpolation=cv2.INTER_AREA)
        lut: NDArray[np.float32] = self.run(as_batch([np.asarray(small, np.uint8)]))[0]
        return lut

    def _apply_tile_model(self, image: Pixels) -> Pixels:
        """Run the whole picture as one tile, extended by reflection as far as the network sees."""
        halo, scale, align = (self.card["tile"][key] for key in ("halo_px", "scale", "align_px"))
        height, width = image.shape[:2]
        extended = np.pad(
            image, ((halo, halo + -height % align), (halo, halo + -width % align), (0, 0)), mode="reflect"
        )
        output = self.run(as_batch([extended]))[0].transpose(1, 2, 0)
        start = halo * scale
        return to_uint8(output[start : start + height * scale, start : start + width * scale])


def apply_lut(image: Pixels, lut: NDArray[np.float32]) -> Pixels:
    """Apply a 3D LUT [3,S,S,S], indexed [channel, b, g, r], to a uint8 image [H,W,3] with trilinear interpolation."""
    steps = lut.shape[1]
    position = image.reshape(-1, 3).astype(np.float32) * np.float32((steps - 1) / 255.0)
    low = np.minimum(position.astype(np.int32), steps - 2)
    share = position - low
    table = lut.reshape(3, -1).T
    result = np.zeros((len(position), 3), np.float32)
    for corner in range(8):
        step = np.array([corner & 1, corner >> 1 & 1, corner >> 2])  # r, g, b
        weight = np.prod(np.where(step, share, 1 - share), axis=1, keepdims=True)
        node = low + step
        result += weight * table[(node[:, 2] * steps + node[:, 1]) * steps + node[:, 0]]
    return to_uint8(result).reshape(image.shape)
