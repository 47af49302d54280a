"""The networks that make pictures, and how they learn: on a handful of drawn products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.generation.attributes import PATTERNS
from engine.generation.condition import COLORS_AT, CONDITION_LENGTH, PATTERN_AT, colors_of
from engine.generation.latents import draw
from engine.generation.settling import MOST_PRODUCTS
from engine.models.generator import LATENT_LENGTH, LAYERS, Discriminator, Encoder, Generator, composed, srgb_of
from engine.models.weaving import LARGEST_WARP_PX, woven
from engine.quality.metrics import srgb_to_lab
from engine.training.__main__ import main
from engine.training.generation import GENERATORS, adversary
from engine.training.generation.autoencoder import build as build_autoencoder
from engine.training.generation.autoencoder import draw_batch
from engine.training.generation.contest import serve
from engine.training.generation.items import Item, augmented, load_catalogue
from engine.training.generation.patterned import can_be_patterned, patterned
from engine.training.generation.pictures import AT_ONCE, categories_of, conditions_of
from engine.training.generation.prior import ENOUGH, Prior, fit, products_among
from engine.training.plots import read_log
from engine.training.run import Run
from tests.engine.training.tiny_generator import shrink

pytestmark = pytest.mark.train


def test_an_item_is_held_out_by_its_name_alone(catalogue_folder: Path) -> None:
    catalogue = load_catalogue(catalogue_folder)
    assert catalogue.categories == ("box", "disc")
    assert len(catalogue.items) + len(catalogue.held_out) == 80
    assert 1 <= len(catalogue.held_out) <= 12
    again = load_catalogue(catalogue_folder)
    assert [item.category for item in again.held_out] == [item.category for item in catalogue.held_out]


def test_a_folder_without_a_catalogue_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="packshot-train dataset PHOTOS --out"):
        load_catalogue(tmp_path)


def test_a_recoloured_products_condition_tells_its_new_colour_and_white_stays_white(
    catalogue_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.generation.items.PATTERNED_SHARE", 0)
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


def test_a_woven_pattern_keeps_the_ground_white_and_tells_both_of_its_colours(catalogue_folder: Path) -> None:
    plain = [item for item in load_catalogue(catalogue_folder).items if can_be_patterned(item.condition)]
    kinds = set()
    for seed, item in enumerate(plain[:20]):
        picture, condition = patterned(item.picture, item.condition, np.random.default_rng(seed))
        assert (picture[0] == 255).all()
        main, second = colors_of(condition)
        assert np.allclose(main, colors_of(item.condition)[0], atol=1e-3)
        inside = srgb_to_lab(picture[56:72, 56:72].reshape(-1, 3))
        nearest_second = np.linalg.norm(inside - second, axis=1).min()
        assert nearest_second < 0.6 * np.linalg.norm(main - second)
        assert 0.1 < condition[COLORS_AT + 6] < 0.6
        kinds.add(PATTERNS[int(condition[PATTERN_AT : PATTERN_AT + len(PATTERNS)].argmax())])
    assert kinds == {"striped", "checked"}


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
    mean, log_variance = Encoder()(pictures)
    assert mean.shape == log_variance.shape == (3, LATENT_LENGTH)
    assert Discriminator()(pictures, conditions).shape == (3, 2)


def test_a_condition_s_colour_is_the_srgb_that_it_was_told_from() -> None:
    colors = np.random.default_rng(0).integers(0, 256, (200, 3)).astype(np.uint8)
    lab = torch.tensor(srgb_to_lab(colors), dtype=torch.float32)
    assert np.abs(255 * srgb_of(lab).numpy() - colors).max() < 0.01


def test_a_product_is_of_the_colours_that_were_asked_for_and_lies_on_white() -> None:
    condition = torch.zeros(1, CONDITION_LENGTH)
    asked = np.array([[180, 30, 40], [20, 40, 120]], np.uint8)
    condition[0, COLORS_AT : COLORS_AT + 6] = torch.tensor(srgb_to_lab(asked).ravel() / 100)
    layers = torch.zeros(1, LAYERS, 3, 1)
    layers[0, 0, :, 0] = torch.tensor([100.0, 100.0, -200.0])  # opaque, opaque, nothing
    layers[0, 1, :, 0] = torch.tensor([-100.0, 100.0, 0.0])  # of the main colour, of the second
    picture = 255 * composed(layers, torch.zeros(1, 2), condition)[0, :, :, 0].T.numpy()
    assert np.abs(picture - [*asked, [255, 255, 255]]).max() < 0.01


def _in_two_colors(pattern: str, share: float) -> torch.Tensor:
    condition = torch.zeros(1, CONDITION_LENGTH)
    condition[0, COLORS_AT + 6] = share
    condition[0, PATTERN_AT + PATTERNS.index(pattern)] = 1
    return condition


def test_stripes_and_checks_are_woven_as_wide_as_they_were_asked_for() -> None:
    asked, still = torch.tensor([[0.0, -2.0]]), torch.zeros(1, 2, 128, 128)
    for pattern in ("striped", "checked"):
        bands, by_weaver = woven(asked, still, _in_two_colors(pattern, 0.4))
        assert float(by_weaver) == 1
        assert float(bands.mean()) == pytest.approx(0.4, abs=0.03)
        assert float(bands.min()) == 0
        assert float(bands.max()) == pytest.approx(1)
    stripes = woven(asked, still, _in_two_colors("striped", 0.4))[0][0, 0]
    assert torch.allclose(stripes, stripes[:, :1].expand(-1, 128), atol=1e-5)  # across
    upright = woven(torch.tensor([[0.0, 2.0]]), still, _in_two_colors("striped", 0.4))[0][0, 0]
    assert torch.allclose(upright, upright[:1].expand(128, -1), atol=1e-5)


def test_cloth_of_other_patterns_is_not_woven() -> None:
    for pattern in ("plain", "printed"):
        bands, by_weaver = woven(torch.zeros(1, 2), torch.zeros(1, 2, 8, 8), _in_two_colors(pattern, 0.4))
        assert (float(by_weaver), float(bands.max())) == (0, 0)


def test_stripes_follow_the_cloth() -> None:
    warp = torch.zeros(1, 2, 64, 64)
    warp[:, 0, :, 32:] = 100
    stripes = woven(torch.tensor([[0.0, -2.0]]), warp, _in_two_colors("striped", 0.4))[0][0, 0]
    moved = round(LARGEST_WARP_PX)
    assert torch.allclose(stripes[moved:, 0], stripes[:-moved, 63], atol=1e-4)


class _Answering(torch.nn.Module):
    """An encoder that answers with given rows, one for each picture in turn, as if it were quite sure of them."""

    def __init__(self, rows: torch.Tensor) -> None:
        super().__init__()
        self.rows = torch.nn.Parameter(rows, requires_grad=False)
        self._parts = iter(self.rows.split(AT_ONCE))

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = next(self._parts)[: len(pictures)]
        return mean, torch.full_like(mean, -6.0)


def test_a_prior_carries_normal_draws_to_where_the_latents_of_each_category_lie(catalogue_folder: Path) -> None:
    items = load_catalogue(catalogue_folder).items
    rng = np.random.default_rng(0)
    middle, spread = 3 * rng.standard_normal((2, LATENT_LENGTH)), np.array([0.1, 2.0])
    rows = [middle[item.category] + spread[item.category] * rng.standard_normal(LATENT_LENGTH) for item in items]
    prior = Prior()
    prior.take(fit(_Answering(torch.from_numpy(np.array(rows, np.float32))), items))
    conditions, categories = conditions_of(items), categories_of(items)
    drawn = prior(torch.from_numpy(draw(1, len(items))), conditions).numpy()
    expected = prior(torch.zeros(len(items), LATENT_LENGTH), conditions).numpy()
    for category in range(2):
        own = categories == category
        assert np.abs(expected[own] - middle[category]).mean() < 0.5 * np.abs(middle[0] - middle[1]).mean()
    spreads = [(drawn - expected)[categories == category].std() for category in range(2)]
    assert spreads[1] > 1.2 * spreads[0] > 0


def _in_categories(*counts: int) -> list[Item]:
    """Items without a product, sorted by their categories as a catalogue is: so many of each."""
    nothing = np.full((1, 1, 3), 255, np.uint8), np.zeros(CONDITION_LENGTH, np.float32)
    return [Item(nothing[0], category, nothing[1]) for category, count in enumerate(counts) for _ in range(count)]


def test_every_product_of_a_rare_category_is_kept_among_very_many() -> None:
    items = _in_categories(7001, 4, 10000, 300, 2695)
    assert len(items) == 5 * ENOUGH
    kept = products_among(items)
    assert [len(of) for of in kept[:5]] == [MOST_PRODUCTS, 4, MOST_PRODUCTS, MOST_PRODUCTS, MOST_PRODUCTS]
    places = {id(item): place for place, item in enumerate(items)}
    assert [places[id(item)] for item in kept[1]] == [7001, 7002, 7003, 7004]
    commonest = [places[id(item)] for item in kept[2]]
    assert commonest == sorted(commonest)
    assert commonest[-1] - commonest[0] > 9900


def test_up_to_enough_items_are_chosen_from_as_they_lie() -> None:
    items = _in_categories(1000, 2, ENOUGH - 1002)
    kept = products_among(items)
    assert kept[0] == [items[place * 1000 // MOST_PRODUCTS] for place in range(MOST_PRODUCTS)]
    assert kept[1] == items[1000:1002]


def test_a_prior_is_fitted_to_all_of_a_rare_category_among_more_than_enough(
    catalogue_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ENOUGH", 20), ("MOST_PRODUCTS", 5)):
        monkeypatch.setattr(f"engine.training.generation.prior.{name}", value)
    items = sorted(load_catalogue(catalogue_folder).items, key=lambda item: item.category)
    boxes = [item for item in items if item.category == 0]
    items = [*boxes, *items[-3:]]
    assert len(items) > 20
    rows = torch.randn(len(items), LATENT_LENGTH, generator=torch.Generator().manual_seed(1))
    fitted = fit(_Answering(rows), items)
    assert [len(products) for products in fitted.products[:3]] == [5, 3, 0]


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
    shrink(monkeypatch)
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
    for step in range(16):
        rng = np.random.default_rng(step)
        batch = draw_batch(items, 8, rng)
        with torch.no_grad():
            made = adversary.make(model, batch).pictures
        loss = adversary.critic_loss(model, batch, made, rng, penalised=step % 4 == 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.5 < losses[1]  # of those without a penalty


def test_moving_and_covering_keep_the_size_and_let_the_gradient_through() -> None:
    pictures = torch.rand(2, 3, 128, 128, requires_grad=True)
    moved = adversary.stretch(pictures, np.random.default_rng(1))
    assert moved.shape == pictures.shape
    moved.sum().backward()
    assert 0.7 < float((pictures.grad != 0).float().mean()) < 1
