"""What a finished training leaves to be served: networks that answer alone, and facts that the studio can work with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.generation.condition import CONDITION_LENGTH, MOST_CATEGORIES
from engine.generation.facts import load_facts, save_facts
from engine.generation.latents import LATENT_LENGTH, draw
from engine.generation.quantities import QUANTITIES
from engine.generation.studio import Order, Studio
from engine.models.classifier import WIDTHS
from engine.training.generation import adversary
from engine.training.generation.adversary import Adversaries
from engine.training.generation.classifier import build as build_classifier
from engine.training.generation.items import load_catalogue
from engine.training.generation.pictures import conditions_of
from engine.training.generation.prior import fit, products_among
from engine.training.generation.serving import CHOSEN_BY, Networks, facts_of, measures_of, networks

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def _few_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.generation.serving.MEASURED", 80)


@pytest.fixture(scope="module")
def trained() -> Adversaries:
    """Networks whose weights are all at work, as none of a trained one is zero."""
    torch.manual_seed(3)
    model = adversary.build().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.04)
    return model


def test_an_opinion_is_the_critics_score_of_every_condition(trained: Adversaries) -> None:
    pictures, conditions = torch.rand(3, 3, 128, 128), torch.rand(3, CONDITION_LENGTH)
    served = networks(trained, build_classifier())
    answer = served["generator-critic"](pictures)
    assert answer.shape == (3, 1 + CONDITION_LENGTH)
    scores = answer[:, 0] + (answer[:, 1:] * conditions).sum(dim=1)
    assert torch.allclose(scores, trained.critic(pictures, conditions).sum(dim=1), atol=1e-4)


def test_the_served_encoder_and_classifier_answer_with_one_row_a_picture(trained: Adversaries) -> None:
    classifier = build_classifier().eval()
    served = networks(trained, classifier)
    pictures = torch.rand(2, 3, 128, 128)
    assert torch.equal(served["generator-encoder"](pictures), trained.encoder(pictures)[0])
    seen = served["generator-classifier"](pictures)
    assert seen.shape == (2, WIDTHS[-1] + MOST_CATEGORIES)
    assert torch.allclose(seen[:, WIDTHS[-1] :], classifier(pictures), atol=1e-5)


def test_a_studio_works_with_what_a_training_leaves(trained: Adversaries, catalogue_folder: Path, tmp_path) -> None:
    catalogue = load_catalogue(catalogue_folder)
    classifier = build_classifier().eval()
    trained.prior.take(fit(trained.encoder, catalogue.items))
    facts = facts_of(trained, classifier, catalogue)
    assert facts.categories == ("box", "disc")
    assert (np.diff(facts.anomaly) >= 0).all()
    assert facts.anomaly[0] < facts.anomaly[-1]
    save_facts(tmp_path / "facts.npz", facts)
    assert facts.quantity_names == CHOSEN_BY
    for items, found in zip(products_among(catalogue.items), facts.quantities, strict=False):
        tall = np.array([QUANTITIES["tallness"](item.picture) for item in items])
        assert found[:, 0] * tall.std() == pytest.approx(tall - tall.mean(), abs=1e-9)
    asking = Networks(networks(trained, classifier))
    made = Studio(load_facts(tmp_path / "facts.npz"), asking).generate(Order(seed=5, category="disc", count=2))
    assert [each.picture.shape for each in made.pictures] == 2 * [(128, 128, 3)]
    assert {each.asked.category for each in made.pictures} == {"disc"}


def test_a_classifier_and_a_critic_are_measured_on_held_out_photos(trained: Adversaries, catalogue_folder) -> None:
    catalogue = load_catalogue(catalogue_folder)
    measures = measures_of(trained, build_classifier().eval(), catalogue)
    seen, told_apart = measures["generator-classifier"], measures["generator-critic"]
    count = len(catalogue.held_out)
    assert (seen["value"] * count) == pytest.approx(round(seen["value"] * count), abs=0.01)
    assert 0.5 <= seen["baseline"]["commonest category"] < 1
    assert 0 <= told_apart["value"] <= 1


def test_the_facts_carry_draws_as_the_training_did(trained: Adversaries, catalogue_folder: Path) -> None:
    catalogue = load_catalogue(catalogue_folder)
    trained.prior.take(fit(trained.encoder, catalogue.items))
    facts = facts_of(trained, build_classifier().eval(), catalogue)
    told = conditions_of(catalogue.items[:5])
    normal = draw(1, 5)
    assert normal.shape == (5, LATENT_LENGTH)
    expected = trained.prior(torch.from_numpy(normal), told).numpy()
    near = facts.settled(normal, told.numpy())
    assert np.abs(near - normal).max() > 0.1
    assert np.abs(facts.own(near, told.numpy()) - expected).max() < 1e-4
    assert np.abs(facts.normal(expected, told.numpy()) - near).max() < 1e-2


def test_facts_are_not_measured_on_a_catalogue_that_the_prior_was_not_fitted_to(trained, catalogue_folder) -> None:
    catalogue = load_catalogue(catalogue_folder)
    trained.prior.take(fit(trained.encoder, catalogue.items))
    with pytest.raises(ValueError, match=r"the prior was fitted to \[.*\] products of each category"):
        facts_of(trained, build_classifier().eval(), replace(catalogue, items=catalogue.items[1:]))
