"""The networks that make pictures, and how they learn: on a handful of drawn products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.generation.condition import CONDITION_LENGTH, colors_of
from engine.models.generator import LATENT_LENGTH, Discriminator, Encoder, Generator
from engine.quality.metrics import srgb_to_lab
from engine.training.__main__ import main
from engine.training.generation import GENERATORS, adversary
from engine.training.generation.autoencoder import build as build_autoencoder
from engine.training.generation.autoencoder import draw_batch
from engine.training.generation.contest import serve
from engine.training.generation.items import augmented, load_catalogue
from engine.training.plots import read_log
from engine.training.run import Run

pytestmark = pytest.mark.train


def test_an_item_is_held_out_by_its_name_alone(catalogue_folder: Path) -> None:
    catalogue = load_catalogue(catalogue_folder)
    assert catalogue.categories == ("box", "disc")
    assert len(catalogue.items) + len(catalogue.held_out) == 80
    assert 1 <= len(catalogue.held_out) <= 12
    again = load_catalogue(catalogue_folder)
    assert [item.category for item in again.held_out] == [item.category for item in catalogue.held_out]


def test_a_folder_without_a_catalogue_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="training dataset PHOTOS --out"):
        load_catalogue(tmp_path)


def test_a_recoloured_products_condition_tells_its_new_colour_and_white_stays_white(catalogue_folder: Path) -> None:
    item = load_catalogue(catalogue_folder).items[0]
    changed = 0
    for seed in range(30):
        picture, condition = augmented(item, np.random.default_rng(seed))
        assert (picture[0, 0] == 255).all()
        told, seen = colors_of(condition)[0], srgb_to_lab(picture[64, 64])
        if (picture[64, 64] > 0).all() and (picture[64, 64] < 255).all():  # within the gamut
            assert np.abs(told - seen).max() < 2.5
        changed += not np.array_equal(condition, item.condition)
    assert 5 < changed < 25


def test_a_generators_picture_depends_on_its_own_vector_alone() -> None:
    torch.manual_seed(1)
    generator = Generator().eval()
    for parameter in generator.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    vectors = torch.randn(5, LATENT_LENGTH + CONDITION_LENGTH)
    with torch.no_grad():
        together, alone = generator(vectors), generator(vectors[3:4])
    assert together.shape == (5, 3, 128, 128)
    assert 0 <= float(together.min()) <= float(together.max()) <= 1
    assert float((together[3] - alone[0]).abs().max()) < 1e-5


def test_encoder_and_critic_answer_for_each_picture() -> None:
    pictures, conditions = torch.rand(3, 3, 128, 128), torch.rand(3, CONDITION_LENGTH)
    mean, log_variance = Encoder()(pictures, conditions)
    assert mean.shape == log_variance.shape == (3, LATENT_LENGTH)
    assert Discriminator()(pictures, conditions).shape == (3,)


def test_a_classifier_learns(classifier_run: Path) -> None:
    first, last = read_log(classifier_run / "log.jsonl")
    assert last["loss"] < first["loss"] - 0.1


class KilledError(Exception):
    """Stands for a machine that goes down."""


def _train_killed_once(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until the first checkpoint, die, and go on."""
    record = Run.record

    def record_and_die(run: Run, metric: str, value: float, **besides: float) -> None:
        record(run, metric, value, **besides)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(Run, "record", record_and_die)
        with pytest.raises(KilledError):
            main(arguments)
    main([*arguments, "--resume"])


@pytest.mark.parametrize("model", GENERATORS)
def test_a_training_that_was_killed_goes_on_as_if_nothing_had_been(
    model: str, catalogue_folder: Path, classifier_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = ["--steps", "4", "--validate-every", "2", "--threads", "1"]
    common = ["train", model, "--data", str(catalogue_folder), "--teacher", str(classifier_run), *steps]
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    main([*common, "--out", str(whole)])
    _train_killed_once([*common, "--out", str(parted)], monkeypatch)
    curves = [[{**line, "wall_s": 0} for line in read_log(run / "log.jsonl")] for run in (whole, parted)]
    assert curves[0] == curves[1]
    ends = [torch.load(run / "last.pt", weights_only=True) for run in (whole, parted)]
    for part in ("model", "average"):
        assert all(torch.equal(value, ends[1][part][name]) for name, value in ends[0][part].items())


def test_a_generator_begins_as_the_autoencoders_decoder() -> None:
    autoencoder = build_autoencoder()
    adversaries = adversary.build()
    adversaries.load_state_dict(adversary.adapt(autoencoder.state_dict(), adversaries, []))
    served = serve(adversaries).state_dict()
    assert all(torch.equal(value, served[name]) for name, value in autoencoder.generator.state_dict().items())


def test_the_critic_learns_to_tell_real_from_made(catalogue_folder: Path) -> None:
    items = load_catalogue(catalogue_folder).items
    torch.manual_seed(0)
    model = adversary.build()
    optimizer = torch.optim.Adam(model.critic.parameters(), lr=1e-3)
    losses = []
    for step in range(8):
        rng = np.random.default_rng(step)
        loss = adversary.critic_loss(model, draw_batch(items, 8, rng), rng, penalised=step % 4 == 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 < losses[1] + 0.3


def test_moving_and_covering_keep_the_size_and_let_the_gradient_through() -> None:
    pictures = torch.rand(2, 3, 128, 128, requires_grad=True)
    moved = adversary.stretch(pictures, np.random.default_rng(1))
    assert moved.shape == pictures.shape
    moved.sum().backward()
    assert 0.7 < float((pictures.grad != 0).float().mean()) < 1


def test_an_autoencoder_without_a_classifier_is_told_what_it_needs(catalogue_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name its run with --teacher"):
        main(["train", "autoencoder", "--data", str(catalogue_folder), "--out", str(tmp_path / "run")])
