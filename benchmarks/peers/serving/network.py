"""One task as a competent shop would write it for any model server: bytes to pixels, the network, pixels to bytes.

The arithmetic around the networks is Packshot's own (`engine/pixels`) and so are the session options, the decoder
(Pillow) and the encoder (OpenCV, with the same options): what differs between systems is how they serve.
"""

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps

from engine.backends.onnxruntime import session_options
from engine.kernels.pack_frames import pack_frames
from engine.pixels.light import relight
from engine.pixels.noise import with_noise_level

Pixels = NDArray[np.uint8]

TASKS = ("restore", "relight")
_FOLDERS = {"restore": "restore-6", "relight": "relight-3"}
_WEIGHTS = Path(__file__).parents[3] / "engine" / "weights"
_ALIGN_PX = 4
_FRAME_PX = 96
_JPEG = [
    cv2.IMWRITE_JPEG_QUALITY, 90,
    cv2.IMWRITE_JPEG_OPTIMIZE, 1,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]  # fmt: skip
_PROGRESSIVE_PX = 1_000_000  # as Packshot's own files


@dataclass(frozen=True)
class Setup:
    """What every peer is told, by its environment: `PEERS_PRECISION`, `PEERS_POLICY`, `PEERS_BATCH`, `PEERS_WAIT_MS`.

    `policy`: "shape" runs the photos of one shape together and the others by themselves, "pad" enlarges all photos of a
    batch to the largest. `wait_ms`: how long a batch may gather.
    """

    precision: str = "fp32"
    policy: str = "shape"
    batch: int = 8
    wait_ms: int = 10

    @classmethod
    def from_env(cls) -> "Setup":
        """Read it; what is not set keeps its default."""
        told = {name: os.environ.get(f"PEERS_{name.upper()}", "") for name in cls.__dataclass_fields__}
        return cls(
            told["precision"] or cls.precision,
            told["policy"] or cls.policy,
            int(told["batch"] or cls.batch),
            int(told["wait_ms"] or cls.wait_ms),
        )


def decode(photo: bytes) -> Pixels:
    """Upright RGB uint8 [H,W,3]; raises what Pillow raises for a broken photo."""
    with Pillow.open(io.BytesIO(photo)) as opened:
        return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))


def encode(picture: Pixels) -> bytes:
    """A JPEG file, with the options that Packshot writes its own with."""
    progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, int(picture.shape[0] * picture.shape[1] <= _PROGRESSIVE_PX)]
    written, buffer = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), progressive + _JPEG)
    assert written
    return bytes(buffer)


class Networks:
    """Every task's network, opened once, with so many threads. Thread-safe, as sessions are."""

    def __init__(self, threads: int, setup: Setup | None = None) -> None:
        self._setup = setup or Setup.from_env()
        self._sessions = {task: _open(task, threads, self._setup.precision) for task in TASKS}

    def answer(self, asked: Sequence[tuple[str, Pixels]]) -> list[Pixels | Exception]:
        """Each photo's picture, or why there is none: one that fails does not take the others along."""
        answers: list[Pixels | Exception] = [KeyError(task) for task, _ in asked]
        for task in TASKS:
            places = [place for place, (name, _) in enumerate(asked) if name == task]
            for place, picture in zip(places, self._of_task(task, [asked[place][1] for place in places]), strict=True):
                answers[place] = picture
        return answers

    def _of_task(self, task: str, photos: list[Pixels]) -> list[Pixels | Exception]:
        answers: list[Pixels | Exception] = [ValueError("unanswered")] * len(photos)
        for places in self._groups(photos):
            try:
                made: Iterable[Pixels | Exception] = self._run(task, [photos[place] for place in places])
            except Exception as error:  # noqa: BLE001  (ONNX Runtime raises classes of its own; the edge of a batch)
                made = [error] * len(places)
            for place, picture in zip(places, made, strict=True):
                answers[place] = picture
        return answers

    def _groups(self, photos: list[Pixels]) -> list[list[int]]:
        """Which photos run together."""
        if self._setup.policy == "pad":
            return [list(range(len(photos)))] if photos else []
        groups: dict[tuple[int, ...], list[int]] = {}
        for place, photo in enumerate(photos):
            groups.setdefault(photo.shape, []).append(place)
        return list(groups.values())

    def _run(self, task: str, photos: list[Pixels]) -> list[Pixels]:
        session = self._sessions[task]
        if task == "relight":
            frames = np.empty((len(photos), 3, _FRAME_PX, _FRAME_PX), np.float32)
            pack_frames(photos, frames)
            return [relight(photo, light) for photo, light in zip(photos, _ask(session, frames), strict=True)]
        batch = _padded([with_noise_level(photo) for photo in photos])
        answer = _ask(session, batch)
        return [_codes(values, photo) for values, photo in zip(answer, photos, strict=True)]


def _padded(photos: list[Pixels]) -> NDArray[np.float32]:
    """Float32 [N,C,H,W] in 0..1, as large as the largest photo asks, the others continued by reflection."""
    height, width = (-(-max(photo.shape[axis] for photo in photos) // _ALIGN_PX) * _ALIGN_PX for axis in (0, 1))
    batch = np.empty((len(photos), photos[0].shape[2], height, width), np.float32)
    for photo, place in zip(photos, batch, strict=True):
        beyond = height - photo.shape[0], width - photo.shape[1]
        whole = cv2.copyMakeBorder(photo, 0, beyond[0], 0, beyond[1], cv2.BORDER_REFLECT_101)
        np.divide(whole.transpose(2, 0, 1), np.float32(255), out=place)
    return batch


def _codes(values: NDArray[np.float32], photo: Pixels) -> Pixels:
    """The network's answer, float32 [3,H,W] in 0..1, as code values of the photo's size."""
    inside = values[:, : photo.shape[0], : photo.shape[1]] * np.float32(255)
    inside += np.float32(0.5)
    np.clip(inside, 0, 255, out=inside)
    return np.asarray(cv2.merge(list(inside.astype(np.uint8))))


def _ask(session: Any, batch: NDArray[np.float32]) -> Any:
    return session.run(["output"], {"input": batch})[0]


def _open(task: str, threads: int, precision: str) -> Any:
    file = _WEIGHTS / _FOLDERS[task] / ("model.int8.onnx" if precision == "int8" else "model.onnx")
    path = file if file.exists() else file.with_name("model.onnx")
    return onnxruntime.InferenceSession(str(path), session_options(threads), providers=["CPUExecutionProvider"])
