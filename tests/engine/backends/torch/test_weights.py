"""The committed models, whole, on the sample photos: torch beside ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.backends.torch.convert import convert
from engine.cards import load_cards, read_model
from tests.engine.backends.torch.onnx_graphs import both_answers

ROOT = Path(__file__).parents[4]
CARDS = load_cards(ROOT / "engine" / "weights")


def photos(height: int, width: int) -> np.ndarray:
    """Three samples cut to one size: float32 [3,3,height,width] in 0..1."""
    paths = sorted((ROOT / "docs" / "samples").glob("*.jpg"))[:3]
    cut = [np.asarray(Image.open(path).convert("RGB"))[60 : 60 + height, 60 : 60 + width] for path in paths]
    return np.stack(cut).transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)


def frame_of(model: str) -> np.ndarray:
    """A batch for the model; a fourth channel is a disc, as a matte or a mask may be. Latents are drawn by a seed."""
    card = CARDS[model]
    if card.latent is not None:
        return np.random.default_rng(1).standard_normal((3, card.latent.length), np.float32)
    height, width = (card.frame.height_px, card.frame.width_px) if card.frame else (96, 128)
    batch = photos(height, width)
    if card.channels_in == 3:
        return batch
    rows, columns = np.mgrid[:height, :width]
    radius = np.hypot(rows - height / 2, columns - width / 2)
    disc = np.clip((min(height, width) / 3 - radius) / 4, 0, 1).astype(np.float32)
    return np.concatenate([batch, np.broadcast_to(disc, (3, 1, height, width))], axis=1)


# Of an answer's scale. The generator's last stages reach 1,400 and its layers 700, where a unit of float32's last place
# is 6e-5 to 1.2e-4. Either runtime's layers lie up to 7e-4 from those in float64, ONNX Runtime's 4e-4, and what turns
# them into a picture has slopes of up to 1/4; each operator alone agrees. Measured: 9e-5, of real colours as of random.
FLOAT32 = dict.fromkeys(CARDS, 1e-5) | {"generator": 0.1 / 255}


def largest_of(answer: np.ndarray) -> float:
    """The scale of an answer: 1, or its largest value where that is beyond, as what a classifier sees may be."""
    return max(1.0, float(np.abs(answer).max()))


@pytest.mark.parametrize("model", sorted(CARDS))
def test_a_committed_model_answers_as_in_onnx_runtime(model):
    expected, received = both_answers(read_model(CARDS[model]), frame_of(model))
    assert received.shape == expected.shape
    assert np.abs(received - expected).max() <= FLOAT32[model] * largest_of(expected)


@pytest.mark.parametrize("model", sorted(name for name, card in CARDS.items() if card.takes_half))
def test_a_model_in_half_precision_and_channels_last_stays_within_half_a_code_value(model):
    """On the CPU's float16 arithmetic; a GPU's differs in the order of its sums."""
    data, batch = read_model(CARDS[model]), frame_of(model)
    expected, _ = both_answers(data, batch)
    network = convert(data, torch.float16).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        halves = torch.from_numpy(batch).half().to(memory_format=torch.channels_last)
        received = network(halves).float().numpy()
    assert np.abs(received - expected).max() <= 0.5 / 255
