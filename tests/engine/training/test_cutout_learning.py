from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.edger import Edger
from engine.models.matter import Matter
from engine.training import cutout, cutout_edges
from engine.training.cards import UNITS
from engine.training.cutout_edges import EdgeStock
from engine.training.cutout_losses import edge_loss, matte_loss, soft_iou_loss
from engine.training.cutout_masks import Masked
from engine.training.cutout_mattes import Cutout
from engine.training.cutout_pictures import Stock
from engine.training.data import Pixels
from engine.training.export import check_parity, export_onnx
from engine.training.run import Run, Schedule

pytestmark = pytest.mark.train
SCHEDULE = Schedule(steps=24, batch=4, learning_rate=3e-3, warmup_steps=3, validate_every=12, ema_decay=0.6)


def _photo(seed: int, side: int = 288) -> Masked:
    rng = np.random.default_rng(seed)
    image = np.full((side, side, 3), rng.integers(150, 256, 3), np.uint8)
    mask = np.zeros((side, side), np.uint8)
    top, left = rng.integers(side // 8, side // 3, 2)
    window = np.s_[top : top + side // 2, left : left + side // 2]
    image[window], mask[window] = rng.integers(0, 100, 3), 255
    return Masked(image, mask)


def _stock() -> Stock:
    stock = Stock()
    for seed in range(4):
        stock.add_photo(_photo(seed))
    stock.mattes = [Cutout(_photo(9).image, _photo(9).mask.astype(np.float32) / 255.0)]
    stock.shelves = [_photo(5).image]
    return stock


def _tiny() -> Matter:
    return Matter(widths=(8, 8, 12, 12, 16), blocks=(0, 0, 1, 1, 0))


def test_the_matter_learns_plain_products_in_a_few_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(cutout, "STAGES", ((0.5, 64, 1.0), (1.0, 96, 0.5)))
    run = Run(_tiny(), SCHEDULE, tmp_path, [])
    photos = [_photo(seed) for seed in range(20, 24)]
    cutout.train(run, [_stock()], photos)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert 0 < cutout.validate(run, photos, 64) <= 1


def test_stages_go_from_small_frames_and_large_batches_to_the_models_own_size(tmp_path: Path) -> None:
    run = Run(_tiny(), Schedule(steps=1000, batch=16, learning_rate=1.0), tmp_path, [])
    sizes, batches = zip(*(cutout.stage(run, step) for step in range(1000)), strict=True)
    assert list(sizes) == sorted(sizes)
    assert list(batches) == sorted(batches, reverse=True)
    assert sizes[0] < sizes[-1] == UNITS["cutout"]["frame"]["height_px"]


def test_a_run_that_starts_from_trained_weights_has_only_the_models_own_size(tmp_path: Path) -> None:
    trained = Run(_tiny(), SCHEDULE, tmp_path / "trained", [])
    trained.record("val_iou", 0.5)
    run = Run(_tiny(), SCHEDULE, tmp_path / "further", [])
    run.start_from(tmp_path / "trained" / "best.pt", lambda weights, _network: weights)
    run.record("val_iou", 0.6)
    resumed = Run(_tiny(), SCHEDULE, tmp_path / "further", [])
    resumed.resume()
    for further in (run, resumed):
        assert {cutout.stage(further, step) for step in range(SCHEDULE.steps)} == {(192, 2)}


def test_a_batch_depends_on_its_seed_alone() -> None:
    stock = _stock()
    first, again, other = (cutout.draw_batch(stock, 64, 3, np.random.default_rng([seed, 7])) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_the_averaged_network_follows_the_batch_statistics(tmp_path: Path) -> None:
    run = Run(_tiny(), SCHEDULE, tmp_path, [])
    run.learn(run.model(torch.rand(4, 3, 64, 64)).mean())
    for averaged, current in zip(run.average.buffers(), run.model.buffers(), strict=True):
        assert torch.equal(averaged, current)


def test_a_right_matte_costs_less_than_a_wrong_one() -> None:
    alpha = torch.zeros(1, 1, 32, 32)
    alpha[..., 8:24, 8:24] = 1.0
    right, wrong = (alpha - 0.5) * 20, (0.5 - alpha) * 20
    assert float(soft_iou_loss(right, alpha)) < 0.01 < 0.9 < float(soft_iou_loss(wrong, alpha))
    assert float(matte_loss([right], alpha)) < float(matte_loss([wrong], alpha))


def test_the_matter_is_served_with_its_normalisation_folded_in_and_each_weight_once(tmp_path: Path) -> None:
    network = _tiny()
    network(torch.rand(4, 3, 64, 64))
    served = cutout.serve(network.eval())
    export_onnx(served, tmp_path / "model.onnx", "frame", (1, 3, 64, 64))
    assert check_parity(served, tmp_path / "model.onnx", [(1, 3, 64, 64), (2, 3, 64, 64)]) < 1e-4
    content = (tmp_path / "model.onnx").read_bytes()
    assert b"BatchNormalization" not in content
    assert len(content) < 1.5 * 4 * sum(parameter.numel() for parameter in network.parameters())


def test_a_served_matter_sees_a_mirrored_frame_mirrored_and_is_the_mean_of_both() -> None:
    network = _tiny().eval()
    frame = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        served = cutout.serve(network)
        both = (network(frame) + network(frame.flip(3)).flip(3)) / 2
        assert torch.allclose(served(frame), both, atol=1e-6)
        assert torch.allclose(served(frame.flip(3)), served(frame).flip(3), atol=1e-6)


class _Blurry:
    """A frame network that sees the darker half of every picture, roughly."""

    def predict_matte(self, image: Pixels) -> np.ndarray:
        return np.asarray(image.mean(axis=2)[::8, ::8] < 128, np.float32)


def _edge_stock() -> EdgeStock:
    masked = _photo(3)
    matte = Cutout(masked.image, masked.mask.astype(np.float32) / 255.0)
    return EdgeStock([matte], [_photo(7, 400).image, _photo(8, 380).image], _Blurry())


def test_patches_are_of_one_size_and_most_have_an_edge_in_them() -> None:
    rng = np.random.default_rng(0)
    patches = [patch for _ in range(8) for patch in cutout_edges.draw_patches(_edge_stock(), rng)]
    side = cutout_edges.PATCH_PX
    assert {patch.seen.shape for patch in patches} == {(side, side, 4)}
    assert {patch.alpha.shape for patch in patches} == {(side, side)}
    assert np.mean([np.ptp(patch.alpha) > 0.5 for patch in patches]) > 0.5


def test_the_edger_learns_to_sharpen_in_a_few_steps(tmp_path: Path) -> None:
    torch.manual_seed(0)
    run = Run(Edger(channels=12, blocks=1), replace(SCHEDULE, steps=10, validate_every=10), tmp_path, [])
    rng = np.random.default_rng(0)
    patches = [patch for _ in range(3) for patch in cutout_edges.draw_patches(_edge_stock(), rng)]
    before = cutout_edges.validate(run, patches)
    cutout_edges.train(run, [_edge_stock()], patches)
    assert -run.best < before


def test_an_untrained_edger_returns_its_coarse_matte() -> None:
    seen = torch.rand(1, 4, 16, 24)
    with torch.no_grad():
        assert torch.equal(Edger()(seen), seen[:, 3:])


def test_the_edgers_halo_covers_what_it_sees() -> None:
    assert Edger().radius_px <= UNITS["cutout-edges"]["tile"]["halo_px"]


def test_an_error_beyond_the_cut_costs_nothing_and_one_inside_does() -> None:
    alpha = torch.ones(1, 1, 8, 8)
    assert float(edge_loss(alpha + 0.5, alpha)) == 0.0
    assert float(edge_loss(alpha - 0.5, alpha)) > 0.4
