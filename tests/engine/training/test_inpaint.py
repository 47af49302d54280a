"""The inpainter's network, holes, loop and measures, tiny."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from engine.models.inpainter import Inpainter
from engine.pixels.diffusion import HINTED, KNOWN, UNKNOWN
from engine.training import inpaint
from engine.training.holes import KINDS, draw_hole
from engine.training.measures.perceptual import gradient_deviation, texture_distance
from engine.training.run import Run, Schedule

pytestmark = pytest.mark.train
SCHEDULE = Schedule(steps=8, batch=1, learning_rate=2e-3, warmup_steps=2, validate_every=4, ema_decay=0.8)


def tiny() -> Inpainter:
    torch.manual_seed(0)
    return Inpainter((8, 8, 8, 8), (1,))


def stripes(side: int = 300) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    grey = 128 + 80 * np.sign(np.sin((x + y) / 9))
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 3))
    return np.clip(grey[..., None] + noise, 0, 255).astype(np.uint8)


def coded(picture: np.ndarray) -> inpaint.CodedPhoto:
    return inpaint.CodedPhoto(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())


def test_an_untrained_inpainter_returns_the_prefill() -> None:
    frame = torch.rand(2, 4, 32, 48)
    with torch.no_grad():
        assert torch.equal(tiny()(frame), frame[:, :3])


def test_the_network_leaves_known_pixels_alone_and_changes_hinted_ones() -> None:
    network = tiny()
    torch.nn.init.normal_(network.tail.weight, std=0.1)
    frame = torch.rand(1, 4, 32, 32)
    frame[:, 3] = 0
    frame[:, 3, 8:16, 8:16], frame[:, 3, 20:24, 20:24] = HINTED / 255, UNKNOWN / 255
    with torch.no_grad():
        changed = (network(frame) != frame[:, :3]).any(dim=1)[0]
    assert changed[8:16, 8:16].float().mean() > 0.9
    assert changed[20:24, 20:24].float().mean() > 0.9
    assert torch.equal(changed, changed & (frame[0, 3] > 0))


def test_no_layer_is_without_gradient_once_the_tail_has_moved() -> None:
    network = tiny()
    torch.nn.init.normal_(network.tail.weight, std=0.01)
    spoiled, truth = inpaint.draw_batch([coded(stripes())], 2, 64, np.random.default_rng(0))
    inpaint.loss(network(spoiled), spoiled, truth).backward()
    assert all(float(parameter.grad.abs().max()) > 0 for parameter in network.parameters())


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("size", [(64, 64), (400, 533), (256, 100)])
def test_a_hole_is_neither_empty_nor_more_than_half_and_can_be_repeated(kind: str, size: tuple[int, int]) -> None:
    first, again = (draw_hole(kind, *size, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert set(np.unique(first)) == {0, 255}
    assert np.count_nonzero(first) <= first.size / 2


def test_a_batch_is_the_truth_outside_its_holes() -> None:
    spoiled, truth = inpaint.draw_batch([coded(stripes())], 6, 64, np.random.default_rng(2))
    outside = (spoiled[:, 3:] == KNOWN).expand_as(truth)
    assert torch.equal(spoiled[:, :3][outside], truth[outside])
    codes = {round(float(code) * 255) for code in spoiled[:, 3].unique()}
    assert codes <= {KNOWN, HINTED, UNKNOWN}


def test_a_batch_seen_again_and_again_is_learned() -> None:
    network = tiny()
    batch = inpaint.draw_batch([coded(stripes())], 2, 32, np.random.default_rng(0))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(25):
        losses.append(inpaint.loss(network(batch[0]), *batch))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert float(losses[-1].detach()) < 0.9 * float(losses[0].detach())


def test_the_loop_goes_to_its_end_and_leaves_its_best_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inpaint, "WINDOW_PX", 32)
    monkeypatch.setattr(inpaint, "FRAME_PX", 64)
    run = Run(tiny(), SCHEDULE, tmp_path, [])
    inpaint.train(run, [coded(stripes())], [coded(stripes())])
    assert run.step == SCHEDULE.steps
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == SCHEDULE.steps // SCHEDULE.validate_every
    tiny().load_state_dict(torch.load(tmp_path / "best.pt", weights_only=True)["weights"])


def test_the_distances_are_nought_for_the_truth_and_see_what_is_missing() -> None:
    truth = np.tile(np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8), (12, 12, 1))
    hole = np.zeros((96, 96), bool)
    hole[30:70, 30:70] = True
    smooth = np.where(hole[..., None], np.uint8(128), truth)
    shifted = np.where(hole[..., None], np.roll(truth, 3, axis=0), truth)
    for distance in (gradient_deviation, texture_distance):
        assert distance(truth, truth, hole) == 0
        assert distance(smooth, truth, hole) > 0.1
    assert texture_distance(shifted, truth, hole) < texture_distance(smooth, truth, hole) / 4
