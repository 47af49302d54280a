"""What a TensorRT plan is made from and for. Two recipes that differ in anything need two plans."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.batching.lanes import Lane
from engine.cards import Card

RECIPE_VERSION = 1
"""Raised with every change to `precision` or `builder` that makes another plan of the same model."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a plan is bound to: it runs on no other."""

    gpu: str
    compute_capability: str
    driver: int
    """Major version of CUDA that the driver speaks."""
    tensorrt: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The shapes of one optimisation profile: [N,C,H,W], or [N,length] of latents."""

    least: tuple[int, ...]
    best: tuple[int, ...]
    most: tuple[int, ...]

    def holds(self, shape: Sequence[int]) -> bool:
        """Whether the profile was built for this shape."""
        return all(low <= size <= high for low, size, high in zip(self.least, shape, self.most, strict=True))


@dataclass(frozen=True, slots=True)
class Recipe:
    """One plan: `slots` are the (height, width) of a batch's items, () where these are vectors; `batch_sizes` how many
    there may be, ascending.
    """

    model: str
    version: str
    digest: str
    """SHA-256 of the ONNX file."""
    precision: str
    input: str
    output: str
    channels: int
    """Of the input; the length of a vector."""
    slots: tuple[tuple[int, ...], ...]
    batch_sizes: tuple[int, ...]
    machine: Machine

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """One profile per slot shape, with the batch as its only range, tuned for the largest batch.

        A profile for every batch size as well would multiply the build's time by their number (TensorRT times each
        layer anew for each profile) and gain little: a slot of 0.66 megapixels fills a GPU alone, so what is quickest
        for eight is quick for one. Saturation is where speed counts, and there the batches are the largest.
        """
        smallest, largest = self.batch_sizes[0], self.batch_sizes[-1]
        slots = [(self.channels, *slot) for slot in self.slots]
        return tuple(Profile((smallest, *slot), (largest, *slot), (largest, *slot)) for slot in slots)

    def key(self) -> dict[str, Any]:
        """Everything that a plan depends on, as JSON values."""
        return {
            "recipe": RECIPE_VERSION,
            "model": self.model,
            "version": self.version,
            "model_sha256": self.digest,
            "precision": self.precision,
            "input": self.input,
            "output": self.output,
            "channels": self.channels,
            "slots": [list(slot) for slot in self.slots],
            "batch_sizes": list(self.batch_sizes),
            "gpu": self.machine.gpu,
            "compute_capability": self.machine.compute_capability,
            "cuda_driver": self.machine.driver,
            "tensorrt": self.machine.tensorrt,
        }

    @property
    def name(self) -> str:
        """The plan's file name, without its ending."""
        text = json.dumps(self.key(), sort_keys=True)
        return f"{self.model}-{self.version}-{self.precision}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def recipe_for(
    card: Card, precision: str, lanes: Sequence[Lane], batch_sizes: Sequence[int], machine: Machine
) -> Recipe:
    """Make the recipe of a card: `lanes` of a tile model; a frame model's slot is its frame, a latent's its vector."""
    slots: list[tuple[int, ...]] = [(lane.height_px, lane.width_px) for lane in lanes]
    if card.frame is not None:
        slots = [(card.frame.height_px, card.frame.width_px)]
    if card.latent is not None:
        slots = [()]
    return Recipe(
        model=card.model,
        version=card.version,
        digest=card.onnx.sha256,
        precision=precision,
        input=card.onnx.input,
        output=card.onnx.output,
        channels=card.channels_in if card.latent is None else card.latent.length,
        slots=tuple(slots),
        batch_sizes=tuple(sorted(batch_sizes)),
        machine=machine,
    )


def precision_for(card: Card, asked: str) -> str:
    """Return "fp16" or "fp32", or what the model's own file is in, such as "int8". `asked`: as PACKSHOT_PRECISION.

    What does not take half precision (see `Card.takes_half`) stays fp32, also where fp16 is asked for by name.
    """
    if card.onnx.precision != "fp32":
        return card.onnx.precision
    return "fp16" if card.takes_half and asked != "fp32" else "fp32"
