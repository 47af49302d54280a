"""Runs committed weights on whole photos for measuring: ONNX Runtime and NumPy, no torch, no batcher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.kernels.pack_frames import average
from engine.pixels.light import relight
from engine.pixels.noise import with_noise_level
from engine.training.cards import read_card
from engine.training.data import Pixels, as_batch
from engine.training.linear import to_uint8


class Network:
    """One committed model, ready to run on the CPU."""

    def __init__(self, folder: Path, threads: int = 2, file: str | None = None) -> None:
        """``file``: another file of the folder than the card's own, such as a variant of it."""
        self.folder = folder
        self.card: dict[str, Any] = read_card(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        path = folder / (file or self.card["onnx"]["file"])
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a float32 batch, pictures [N,3,H,W] in 0..1 or vectors [N,K], and return the raw output."""
        return np.asarray(self._session.run([self.card["onnx"]["output"]], {self.card["onnx"]["input"]: batch})[0])

    def apply(self, image: Pixels) -> Pixels:
        """Return the model's result for a whole uint8 image [H,W,C] as the engine would give it.

        `restore` is told the noise level of an image of three channels, as its operation does.
        """
        if self.card["kind"] == "tile":
            told = self.card["model"] == "restore" and image.shape[2] == 3
            return self._apply_tile_model(with_noise_level(image) if told else image)
        return relight(image, self.predict_light(image))

    def predict_light(self, image: Pixels) -> NDArray[np.float32]:
        """Return the "light" [K] that a frame model answers for a uint8 image [H,W,3] of any size."""
        return self._answer(image)

    def predict_matte(self, image: Pixels) -> NDArray[np.float32]:
        """Return the matte [h,w] in 0..1 that a frame model sees in a uint8 image [H,W,3] of any size."""
        matte: NDArray[np.float32] = self._answer(image)[0]
        return matte

    def predict_vector(self, image: Pixels) -> NDArray[np.float32]:
        """Return the vector [K] that a frame model answers for a uint8 image [H,W,3] of any size."""
        return self._answer(image)

    def _answer(self, image: Pixels) -> NDArray[np.float32]:
        """Return what a frame model answers, without the batch's axis; it sees what the engine would show it."""
        frame = self.card["frame"]
        answer: NDArray[np.float32] = self.run(average(image, frame["height_px"], frame["width_px"])[None])[0]
        return answer

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
