"""The field's first generators, for comparison: their networks and the losses that tell them apart."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.generation.condition import CONDITION_LENGTH
from engine.generation.latents import LATENT_LENGTH
from engine.training.generation import baselines
from engine.training.generation.autoencoder import Batch
from engine.training.generation.classifier import build as build_classifier
from engine.training.generation.contest import Contest, Made, Rivals, made_of_noise
from engine.training.generation.items import Item
from engine.training.run import Run, Schedule

pytestmark = pytest.mark.train


@pytest.mark.parametrize("build", [baselines.build_plain_gan, baselines.build_dcgan, baselines.build_wgan_gp])
def test_a_baseline_makes_pictures_and_scores_them(build) -> None:
    torch.manual_seed(0)
    rivals = build().eval()
    vectors = torch.randn(3, LATENT_LENGTH + CONDITION_LENGTH)
    with torch.no_grad():
        pictures = rivals.generator(vectors)
        scores = rivals.critic(pictures, vectors[:, LATENT_LENGTH:])
        alone = rivals.generator(vectors[1:2])
        elsewhere = rivals.critic(pictures, torch.zeros(3, CONDITION_LENGTH))
    assert pictures.shape == (3, 3, 128, 128)
    assert 0 <= float(pictures.min()) <= float(pictures.max()) <= 1
    assert torch.allclose(pictures[1], alone[0], atol=1e-5)
    assert scores.shape == (3,)
    assert not torch.equal(scores, elsewhere)


class _Linear(nn.Module):
    """A critic whose score has everywhere a gradient of the same norm."""

    def __init__(self, norm: float) -> None:
        super().__init__()
        self.norm = nn.Parameter(torch.tensor(norm))

    def forward(self, picture: Tensor, _condition: Tensor) -> Tensor:
        return self.norm * picture.flatten(start_dim=1).sum(dim=1) / (picture[0].numel() ** 0.5)


class _Grey(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(0.25))

    def forward(self, vector: Tensor) -> Tensor:
        return self.level.expand(len(vector), 3, 4, 4)


def _run(folder: Path, norm: float, learning_rate: float = 0.0) -> Run:
    return Run(Rivals(_Grey(), _Linear(norm)), Schedule(steps=10, batch=2, learning_rate=learning_rate), folder, [])


def _batch() -> Batch:
    conditions, noise = torch.zeros(2, CONDITION_LENGTH), torch.zeros(2, LATENT_LENGTH)
    return Batch(torch.full((2, 3, 4, 4), 0.75), conditions, noise)


@pytest.mark.parametrize(("norm", "penalty"), [(1.0, 0.0), (3.0, 40.0)])
def test_the_penalty_is_ten_times_the_squared_distance_of_the_gradients_norm_from_one(
    norm: float, penalty: float, tmp_path: Path
) -> None:
    run = _run(tmp_path, norm)
    loss = baselines.wasserstein_critic_loss(run, _batch(), made_of_noise(run, _batch()), np.random.default_rng(0))
    apart = norm * 0.5 * 48**0.5  # how much higher the critic scores real pictures
    assert float(loss.detach()) == pytest.approx(penalty - apart, abs=1e-3)


def test_cross_entropy_is_that_of_the_critics_two_answers(tmp_path: Path) -> None:
    run = _run(tmp_path, 1.0)
    given = run, _batch(), made_of_noise(run, _batch()), np.random.default_rng(0)
    real, made = 0.75 * 48**0.5, 0.25 * 48**0.5
    assert float(baselines.discriminator_cross_entropy(*given).detach()) == pytest.approx(
        np.log1p(np.exp(-real)) + np.log1p(np.exp(made)), abs=1e-5
    )
    assert float(baselines.non_saturating_loss(*given).detach()) == pytest.approx(np.log1p(np.exp(-made)), abs=1e-5)
    assert float(baselines.wasserstein_generator_loss(*given).detach()) == pytest.approx(-made, abs=1e-5)


def test_the_plain_bound_counts_nats_of_all_of_a_pictures_values() -> None:
    target = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1).expand(2, 3, 2, 2)
    nats = baselines.bernoulli_nll(None, torch.full((2, 3, 2, 2), 0.5), target)
    assert float(nats) == pytest.approx(12 * np.log(2))


def _train(run: Run, contest: Contest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train to the end, with nothing validated."""
    monkeypatch.setattr("engine.training.generation.contest.Judge", lambda _teacher, _items: None)
    monkeypatch.setattr(Run, "due", lambda _run: False)
    run.teacher = build_classifier()
    item = Item(np.zeros((128, 128, 3), np.uint8), 0, np.zeros(CONDITION_LENGTH, np.float32))
    contest.train(run, [item], [])


def test_the_generators_turn_comes_after_so_many_of_the_critics(tmp_path: Path, monkeypatch) -> None:
    turns = []

    def of(name: str, parameter: str):
        def loss(run: Run, _batch: Batch, _made: Made, _rng: np.random.Generator) -> Tensor:
            turns.append((name, next(run.model.critic.parameters()).requires_grad))
            return run.model.get_parameter(parameter) * 1.0

        return loss

    contest = Contest(of("critic", "critic.norm"), of("generator", "generator.level"), generator_every=5)
    _train(_run(tmp_path, 1.0), contest, monkeypatch)
    assert turns == 2 * [*5 * [("critic", True)], ("generator", False)]


@pytest.mark.parametrize("generator_every", [1, 5])
def test_the_average_moves_in_the_generators_turns_alone(generator_every: int, tmp_path: Path, monkeypatch) -> None:
    turns = []

    def of(name: str, parameter: str):
        def loss(run: Run, _batch: Batch, _made: Made, _rng: np.random.Generator) -> Tensor:
            turns.append((name, [float(value.detach()) for value in run.average.parameters()]))
            return run.model.get_parameter(parameter) * 1.0

        return loss

    contest = Contest(of("critic", "critic.norm"), of("generator", "generator.level"), generator_every)
    _train(_run(tmp_path, 1.0, learning_rate=0.1), contest, monkeypatch)
    for (name, average), (_, after) in pairwise(turns):
        assert (after != average) == (name == "generator")
