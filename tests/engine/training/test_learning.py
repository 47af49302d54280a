from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from engine.training import relight, restore, upscale
from engine.training.data import Pixels, shrink
from engine.training.losses import FAINT, colour_difference, decibels
from engine.training.run import Run, Schedule

pytestmark = pytest.mark.train
X2 = upscale.Upscaling(factor=2, patch_px=40, channels=12, blocks=2)
X2_PHOTO = replace(X2, photo=True)
SCHEDULE = Schedule(steps=20, batch=2, learning_rate=2e-3, warmup_steps=3, validate_every=10, ema_decay=0.8)
SLOWLY = replace(SCHEDULE, steps=60, learning_rate=6e-4, validate_every=30)


def _photo(seed: int, height: int = 160, width: int = 176) -> Pixels:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 236, (height // 8, width // 8, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _pairs(count: int) -> list[upscale.Pair]:
    blocks = [np.random.default_rng(seed).integers(0, 256, (30, 32, 3)).astype(np.uint8) for seed in range(count)]
    hard_edges = [np.repeat(np.repeat(block, 8, axis=0), 8, axis=1) for block in blocks]
    return [(shrink(photo, 2), photo) for photo in hard_edges]


def _frames(count: int) -> list[relight.LitFrame]:
    side = relight.STORED_PX
    product = np.full((side, side), 0.5, np.float32)
    return [relight.LitFrame(np.ascontiguousarray(_photo(seed)[:side, :side]), product) for seed in range(count)]


def _photos(count: int) -> list[Pixels]:
    return [_photo(seed) for seed in range(count)]


LOOPS = [
    pytest.param(X2.build, X2.train, _pairs, SCHEDULE, id="upscale"),
    pytest.param(X2_PHOTO.build, X2_PHOTO.train, _pairs, SCHEDULE, id="upscale, photo"),
    pytest.param(restore.build, restore.train, _photos, SLOWLY, id="restore"),
    pytest.param(relight.build, relight.train, _frames, SCHEDULE, id="relight"),
]


@pytest.mark.parametrize(("build", "train", "examples", "schedule"), LOOPS)
def test_a_few_steps_make_a_network_better(
    build: Callable, train: Callable, examples: Callable, schedule: Schedule, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    run = Run(build(), schedule, tmp_path, [])
    validate = {
        X2.train: upscale.validate,
        X2_PHOTO.train: upscale.validate,
        restore.train: restore.validate,
        relight.train: _negated,
    }[train]
    before = validate(run, examples(3))
    train(run, examples(6), examples(3))
    assert run.best > before + 0.02
    assert (tmp_path / "best.pt").exists()
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2


def _negated(run: Run, frames: list[relight.LitFrame]) -> float:
    return -relight.validate(run, frames)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    runs = []
    for name in ("whole", "first half"):
        torch.manual_seed(0)
        runs.append(Run(restore.build(), SCHEDULE, tmp_path / name, []))
    whole, half = runs
    restore.train(whole, _photos(4), _photos(1))
    for step in half.steps():
        _restore_step(half, step)
        if half.due():
            half.record("val_psnr_db", 0.0)
            break
    torch.manual_seed(9)
    resumed = Run(restore.build(), SCHEDULE, tmp_path / "first half", [])
    resumed.resume()
    assert resumed.step == 10
    restore.train(resumed, _photos(4), _photos(1))
    for first, second in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.allclose(first, second, atol=1e-6)


def _restore_step(run: Run, step: int) -> None:
    spoiled, clean = restore.draw_batch(_photos(4), run.schedule.batch, np.random.default_rng([1, step]))
    inside = slice(restore.MARGIN_PX, -restore.MARGIN_PX)
    output = run.model(spoiled)[..., inside, inside]
    run.learn(decibels(output, clean[..., inside, inside], restore.CHROMA_WEIGHT))


@pytest.mark.parametrize(
    ("draw", "examples"),
    [
        (X2.draw_batch, _pairs),
        (X2_PHOTO.draw_batch, _pairs),
        (restore.draw_batch, _photos),
        (relight.draw_batch, _frames),
    ],
)
def test_a_batch_depends_on_its_seed_alone(draw: Callable, examples: Callable) -> None:
    first, again, other = (draw(examples(3), 2, np.random.default_rng([seed, 7])) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_the_learning_rate_warms_up_and_ends_at_a_hundredth() -> None:
    schedule = Schedule(steps=1000, batch=1, learning_rate=1.0, warmup_steps=100)
    assert schedule.rate(0) == pytest.approx(0.01, rel=0.01)
    assert schedule.rate(100) > 0.95
    assert schedule.rate(999) == pytest.approx(0.01, rel=0.01)


def test_a_tenfold_squared_error_costs_the_same_in_a_smooth_picture_as_in_a_busy_one() -> None:
    target = torch.zeros(1, 3, 8, 8)
    smooth = [float(decibels(torch.full_like(target, error), target, 0.5)) for error in (0.05, 0.05 * 10**0.5)]
    busy = [float(decibels(torch.full_like(target, error), target, 0.5)) for error in (0.2, 0.2 * 10**0.5)]
    assert smooth[1] - smooth[0] == pytest.approx(busy[1] - busy[0], rel=0.06)
    assert float(decibels(target, target, 0.5)) == pytest.approx(0.01 * np.log(FAINT**2))


def test_the_colour_difference_of_equal_pictures_is_nearly_zero_and_grows_with_a_cast() -> None:
    picture = torch.rand(1, 3, 8, 8) * 0.8
    weights = torch.ones(1, 1, 8, 8)
    mild, strong = (picture * torch.tensor([1.0, 1.0, blue]).reshape(1, 3, 1, 1) for blue in (0.9, 0.5))
    equal, small, large = (float(colour_difference(other, picture, weights)) for other in (picture, mild, strong))
    assert equal == pytest.approx(0.1, abs=1e-3)  # the smoothing at zero: sqrt(0.01)
    assert equal < small < large
