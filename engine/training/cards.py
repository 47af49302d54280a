"""Model cards: what a model is for, what made it, what it measures. Written beside the ONNX file for the engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from engine.generation.condition import CONDITION_LENGTH, MOST_CATEGORIES
from engine.generation.latents import LATENT_LENGTH
from engine.pixels.light import LIGHT_LENGTH
from engine.training.whole_files import write_whole

CARD_FILE = "card.json"
MODEL_FILE = "model.onnx"
OPSET = 17
LICENCE = "Apache-2.0"  # of what the project trains itself


def _vector_of_product(length: int) -> dict[str, Any]:
    """The unit of a network that says something of a product picture, as a generator makes them, in numbers."""
    return {
        "frame": {"height_px": GENERATED_PX, "width_px": GENERATED_PX, "output": "vector", "output_shape": [length]}
    }


GENERATED_PX = 128
FEATURES_LENGTH = 160  # of the classifier's features

# A tile's core of 200 px cuts the common 400 × 533 photo into 2 × 3 tiles with almost nothing wasted. The tile of
# restore takes it whole, as its halo is wide.
UNITS: dict[str, dict[str, Any]] = {
    "upscale-x2": {"tile": {"tile_px": 224, "halo_px": 12, "scale": 2, "align_px": 2}},
    "upscale-x4": {"tile": {"tile_px": 224, "halo_px": 12, "scale": 4, "align_px": 2}},
    "upscale-x2-photo": {"tile": {"tile_px": 224, "halo_px": 12, "scale": 2, "align_px": 2}},
    "upscale-x4-photo": {"tile": {"tile_px": 224, "halo_px": 12, "scale": 4, "align_px": 2}},
    "restore": {"tile": {"tile_px": 640, "halo_px": 40, "scale": 1, "align_px": 4, "channels_in": 4}},
    "relight": {"frame": {"height_px": 96, "width_px": 96, "output": "light", "output_shape": [LIGHT_LENGTH]}},
    "cutout": {"frame": {"height_px": 192, "width_px": 192, "output": "matte", "output_shape": [1, 192, 192]}},
    "cutout-edges": {
        "tile": {"tile_px": 264, "halo_px": 32, "scale": 1, "align_px": 2, "channels_in": 4, "channels_out": 1}
    },
    "inpaint": {
        "frame": {
            "height_px": 256,
            "width_px": 256,
            "channels_in": 4,
            "output": "image",
            "output_shape": [3, 256, 256],
        }
    },
    "generator": {
        "latent": {"length": LATENT_LENGTH + CONDITION_LENGTH, "output_shape": [3, GENERATED_PX, GENERATED_PX]}
    },
    "generator-encoder": _vector_of_product(LATENT_LENGTH),
    "generator-critic": _vector_of_product(1 + CONDITION_LENGTH),
    "generator-classifier": _vector_of_product(FEATURES_LENGTH + MOST_CATEGORIES),
}
SINGLE_PRECISION = ("cutout-edges",)
"""Tile models that a GPU must not compute in half precision: rounding spoils what they divide by."""
_PHOTO_LIMITS = (
    "Texture as fine as noise is smoothed with it; on a clean photo the faithful network keeps more. It invents "
    "nothing: lost print stays illegible."
)
TASKS = {
    "upscale-x2": (
        "Enlarges a photo by two, sharper than bicubic.",
        (
            "It sharpens what is there and invents nothing: lost print stays illegible. It expects a clean photo: "
            "noise and JPEG blocks are enlarged too, so restore comes first."
        ),
    ),
    "upscale-x4": (
        "Enlarges a photo by four, sharper than bicubic.",
        (
            "It sharpens what is there and invents nothing: lost print stays illegible. It expects a clean photo: "
            "noise and JPEG blocks are enlarged too, so restore comes first, or the photo variant instead."
        ),
    ),
    "upscale-x2-photo": (
        "Enlarges a photo by two and takes noise, JPEG's marks and mild blur out of it on the way.",
        _PHOTO_LIMITS,
    ),
    "upscale-x4-photo": (
        "Enlarges a photo by four and takes noise, JPEG's marks and mild blur out of it on the way.",
        _PHOTO_LIMITS,
    ),
    "restore": (
        (
            "Takes sensor noise, JPEG artefacts and mild blur out of a photo; it is told the photo's noise level and "
            "nothing else."
        ),
        (
            "Fabric texture weaker than the noise is smoothed with it. At full strength so is fine texture in clean "
            "photos, by 1.7 dB on average; the operation's strength auto holds back there, but takes a picture that is "
            "fine texture all over for a noisy one. It removes no motion blur and no strong defocus."
        ),
    ),
    "relight": (
        "Looks at a small frame of the photo and predicts a 3D LUT and a smooth map of local light for full size.",
        (
            "Shadows, vignettes and light from one side are evened out in small part only, and a photo that may have "
            "been meant to be dim is lifted little. Clipped highlights stay white; what was in them is lost. Doubtful "
            "casts are left: where nothing in the picture is grey, a cast and a coloured cloth look alike."
        ),
    ),
    "cutout": (
        "Looks at a frame of 192 × 192 pixels of the photo and says, pixel by pixel, how much of it is the product.",
        (
            "It knows clothes, shoes and hats best; other products it finds where they stand out from what is behind "
            "them. A product in its background's colours, several different things, and a person wearing the product "
            "can mislead it. Glass is kept whole. Holes narrower than two pixels of the frame are missed."
        ),
    ),
    "cutout-edges": (
        (
            "Takes a photo and its coarse matte, enlarged at most about fourfold, and returns the matte with its edges "
            "put where the photo shows them."
        ),
        (
            "It follows edges within ten pixels or so of the coarse matte's; what the coarse matte has missed as a "
            "whole stays missed. Where product and background look alike it leaves the edge as soft as it was."
        ),
    ),
    "inpaint": (
        "Fills holes in a frame of 256 × 256 pixels: colours flowed in from the edge, or a coarser fill, made right.",
        (
            "It continues what surrounds the hole; it knows no objects, so a covered print, button or collar does not "
            "come back. What it adds is smooth: the operation lays the surroundings' texture over it."
        ),
    ),
    "generator": (
        "Makes a product picture on white, 128 × 128 pixels, from a latent and a wish: category, colours, pattern.",
        (
            "It makes what its catalogue holds and nothing else: other categories, logos, legible print and people are "
            "beyond it. Fine detail is smooth at 128 pixels, and upscaling adds none. Its pictures show no product "
            "that exists: they are for ideas, drafts and data, never for an offer."
        ),
    ),
    "generator-encoder": (
        "Finds the latent from which the generator makes a given product picture again.",
        (
            "What comes back is like the product, not the product: prints, trims and odd shapes are lost. It expects a "
            "picture as the generator makes them: one product on white, upright."
        ),
    ),
    "generator-critic": (
        "Says how real a product picture looks and how well it fits a wish; scores compare candidates of one wish.",
        "It learned against this generator: a score means nothing for pictures from elsewhere, or between categories.",
    ),
    "generator-classifier": (
        "Says which category of the catalogue a product picture shows, and gives features to measure pictures by.",
        (
            "It knows the catalogue's categories alone and always answers with one of them; on what is none of them "
            "the answer means nothing."
        ),
    ),
}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def new_card(
    model: str,
    version: str,
    onnx: dict[str, Any],
    training: dict[str, Any],
    data: list[dict[str, Any]],
    licence: str = LICENCE,
) -> dict[str, Any]:
    """Return a card without metrics; ``onnx`` names file, sha256, precision and parameters."""
    task, limits = TASKS[model]
    unit = UNITS[model]
    if model in SINGLE_PRECISION:
        onnx = {**onnx, "half_precision": False}
    return {
        "model": model,
        "version": version,
        "kind": next(iter(unit)),
        "task": task,
        "limits": limits,
        "onnx": onnx,
        **unit,
        "data": data,
        "training": training,
        "metrics": [],
        "licence": licence,
    }


def with_besides(card: dict[str, Any], files: list[Path]) -> dict[str, Any]:
    """Return the card with the files that lie beside the model, and their digests."""
    return card | {"besides": [{"file": path.name, "sha256": sha256_of(path)} for path in files]}


def folder_of(weights: Path, model: str) -> Path:
    """Return the folder of a model's one committed version; raises FileNotFoundError when there is none, or more."""
    found = weights.glob(f"{model}-*/{CARD_FILE}")
    folders = [card.parent for card in found if card.parent.name.removeprefix(f"{model}-").isdigit()]
    if len(folders) != 1:
        raise FileNotFoundError(f"{weights} holds {len(folders)} versions of {model}; needed: one")
    return folders[0]


def read_card(folder: Path) -> dict[str, Any]:
    """Return the card of a weights folder; checks the model's SHA-256 and raises ValueError when it differs."""
    card: dict[str, Any] = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    digest = sha256_of(folder / card["onnx"]["file"])
    if digest != card["onnx"]["sha256"]:
        raise ValueError(f"{folder.name}: the model's SHA-256 is {digest}, its card says {card['onnx']['sha256']}")
    return card


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write a card as UTF-8 JSON with an indent of two, whole."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    write_whole(folder / CARD_FILE, text + "\n")
