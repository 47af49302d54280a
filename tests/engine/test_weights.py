"""The committed weights keep what their cards promise; needs ONNX Runtime but no torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

WEIGHTS = Path(__file__).parents[2] / "engine" / "weights"
FOLDERS = sorted(path.parent for path in WEIGHTS.glob("*/card.json"))
CARDS = {folder.name: json.loads((folder / "card.json").read_text(encoding="utf-8")) for folder in FOLDERS}
TILES = [name for name, card in CARDS.items() if card["kind"] == "tile"]
RGB_TILES = [name for name in TILES if CARDS[name]["tile"].get("channels_out", 3) == 3]
FRAMES = [name for name, card in CARDS.items() if card["kind"] == "frame"]
LATENTS = [name for name, card in CARDS.items() if card["kind"] == "latent"]
TABLES = [name for name in FRAMES if CARDS[name]["frame"]["output"] == "lut3d"]


def _run(name: str, batch: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(WEIGHTS / name / "model.onnx"), options, ["CPUExecutionProvider"])
    return session.run(["output"], {"input": batch})[0]


def test_the_three_first_models_are_there() -> None:
    assert {"relight", "restore", "upscale-x2"} <= {card["model"] for card in CARDS.values()}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_names_its_file_its_data_its_training_and_its_measurements(name: str) -> None:
    card = CARDS[name]
    unit = card["kind"]
    keys = ["model", "version", "kind", "task", "limits", "onnx", unit, "data", "training", "metrics", "licence"]
    assert list(card) == keys + [key for key in ("variants", "besides") if key in card]
    assert f"{card['model']}-{card['version']}" == name
    path = WEIGHTS / name / card["onnx"]["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == card["onnx"]["sha256"]
    assert path.stat().st_size < 16_000_000
    assert all(use["licence"] and use["split"] and use["images"] > 0 for use in card["data"])
    assert card["training"]["command"].startswith(("python -m engine.training train", "packshot-train train"))
    assert card["metrics"]
    assert all(np.isfinite(metric["value"]) and metric["command"] for metric in card["metrics"])


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if "variants" in card])
def test_a_variant_loses_at_most_a_tenth_of_a_decibel(name: str) -> None:
    for variant in CARDS[name]["variants"]:
        assert (WEIGHTS / name / variant["file"]).stat().st_size < 16_000_000
        assert variant["metrics"]
        for metric in variant["metrics"]:
            assert metric["command"].startswith(("python -m engine.training quantise", "packshot-train quantise"))
            assert metric["name"].endswith("_db")
            assert metric["baseline"]["fp32"] - metric["value"] <= 0.1


@pytest.mark.parametrize("name", TILES)
def test_a_tile_and_its_halo_are_aligned(name: str) -> None:
    tile = CARDS[name]["tile"]
    assert tile["tile_px"] > 2 * tile["halo_px"]
    assert tile["tile_px"] % tile["align_px"] == tile["halo_px"] % tile["align_px"] == 0


@pytest.mark.parametrize("name", TILES)
def test_no_pixel_beyond_the_halo_reaches_a_tiles_core(name: str) -> None:
    tile = CARDS[name]["tile"]
    side, halo, scale = 2 * tile["halo_px"] + 32, tile["halo_px"], tile["scale"]
    rng = np.random.default_rng(0)
    larger = rng.random((1, tile.get("channels_in", 3), side + 16, side + 16), np.float32)
    disturbed = rng.random(larger.shape, np.float32)
    disturbed[:, :, 8:-8, 8:-8] = larger[:, :, 8:-8, 8:-8]
    core = slice((8 + halo) * scale, -(8 + halo) * scale)
    outputs = [_run(name, batch)[:, :, core, core] for batch in (larger, disturbed)]
    cut_out = np.ascontiguousarray(larger[:, :, 8:-8, 8:-8])
    outputs.append(_run(name, cut_out)[:, :, halo * scale : -halo * scale, halo * scale : -halo * scale])
    assert np.abs(outputs[0] - outputs[1]).max() < 1e-5
    assert np.abs(outputs[0] - outputs[2]).max() < 1e-5


@pytest.mark.parametrize("name", RGB_TILES)
def test_a_tile_model_keeps_a_flat_grey_flat(name: str) -> None:
    tile = CARDS[name]["tile"]
    output = _run(name, np.full((1, tile.get("channels_in", 3), tile["tile_px"], tile["tile_px"]), 0.5, np.float32))
    halo = tile["halo_px"] * tile["scale"]
    assert output.shape == (1, 3, tile["scale"] * tile["tile_px"], tile["scale"] * tile["tile_px"])
    assert np.abs(output[:, :, halo:-halo, halo:-halo] - 0.5).max() < 4 / 255


@pytest.mark.parametrize("name", FRAMES)
def test_a_frames_answer_has_the_promised_shape_and_range(name: str) -> None:
    frame = CARDS[name]["frame"]
    batch = np.random.default_rng(1).random(
        (2, frame.get("channels_in", 3), frame["height_px"], frame["width_px"]), np.float32
    )
    answer = _run(name, batch)
    assert list(answer.shape[1:]) == frame["output_shape"]
    assert np.isfinite(answer).all()
    if frame["output"] in ("lut3d", "matte"):
        assert 0.0 <= answer.min() <= answer.max() <= 1.0


def test_a_generators_answer_has_the_promised_shape_and_is_a_picture() -> None:
    for name in LATENTS:
        latent = CARDS[name]["latent"]
        answer = _run(name, np.random.default_rng(1).standard_normal((2, latent["length"]), np.float32))
        assert list(answer.shape[1:]) == latent["output_shape"]
        assert -1e-6 <= answer.min() <= answer.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", TABLES)
def test_a_lut_has_the_promised_shape_and_never_turns_back(name: str) -> None:
    frame = CARDS[name]["frame"]
    rng = np.random.default_rng(1)
    for level in (0.05, 0.3, 1.0):
        batch = level * rng.random((2, 3, frame["height_px"], frame["width_px"]), np.float32)
        luts = _run(name, batch)
        assert list(luts.shape[1:]) == frame["output_shape"]
        assert 0.0 <= luts.min() <= luts.max() <= 1.0
        for channel, axis in ((0, 3), (1, 2), (2, 1)):
            assert np.diff(luts[:, channel], axis=axis).min() > -1e-5
