"""What a generator learned of its catalogue: stored and read, two spaces of latents, wishes completed."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import WeightsError
from engine.generation.attributes import Attributes
from engine.generation.condition import condition_vector
from engine.generation.facts import FACTS_FILE, Facts, load_facts, save_facts
from engine.generation.latents import LATENT_LENGTH, draw
from tests.engine.generation.catalogue import CATEGORIES, HAT, PLAIN_DRESS, SHOE, STRIPED_DRESS, color, facts

KNOWN = facts()
CONDITIONS = np.stack([condition_vector(each, CATEGORIES) for each in (PLAIN_DRESS, STRIPED_DRESS, HAT, SHOE)])


def test_facts_are_read_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / FACTS_FILE
    save_facts(path, KNOWN)
    read = load_facts(path)
    assert (read.categories, read.shown) == (KNOWN.categories, KNOWN.shown)
    assert read.directions.names == KNOWN.directions.names
    for name in ("shares", "mean", "factors", "real_features", "anomaly"):
        assert np.array_equal(getattr(read, name), getattr(KNOWN, name))
    assert [of.tolist() for of in read.products] == [of.tolist() for of in KNOWN.products]
    assert read.quantity_names == KNOWN.quantity_names
    assert [of.tolist() for of in read.quantities] == [of.tolist() for of in KNOWN.quantities]
    for field in fields(read.directions)[1:]:
        assert np.array_equal(getattr(read.directions, field.name), getattr(KNOWN.directions, field.name))


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    save_facts(tmp_path / "a.npz", KNOWN)
    save_facts(tmp_path / "b.npz", facts())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_another_file_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FACTS_FILE).write_bytes(content)
    with pytest.raises(WeightsError, match=r"facts.npz: does not hold a generator's facts"):
        load_facts(tmp_path / FACTS_FILE)


def test_an_archive_that_lacks_something_or_holds_pickles_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", categories=np.array(["dress"]))
    np.savez(tmp_path / "b.npz", categories=np.array([object()], object))
    with pytest.raises(WeightsError, match="shown"):
        load_facts(tmp_path / "a.npz")
    with pytest.raises(WeightsError, match="pickle"):
        load_facts(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mean": np.zeros((3, 64))}, r"mean is \[36, 64\] finite numbers, got \[3, 64\]"),
        ({"shares": np.array([0.5, 0.5])}, r"shares is \[3\]"),
        ({"factors": np.full((24, 64, 64), np.nan)}, "factors"),
        ({"products": KNOWN.products[:2]}, r"products are \[1..256, 64\] finite numbers a category"),
        (
            {"products": (*KNOWN.products[:2], np.zeros((0, 64), np.float32))},
            r"got \[\[9, 64\], \[4, 64\], \[0, 64\]\]",
        ),
        ({"quantities": KNOWN.quantities[:2]}, r"quantities are \[\[9, 2\], \[4, 2\], \[1, 2\]\] finite numbers, got"),
        ({"quantity_names": ("tallness",)}, r"quantities are \[\[9, 1\], \[4, 1\], \[1, 1\]\] finite numbers, got"),
        ({"quantities": (*KNOWN.quantities[:2], np.full((1, 2), np.nan))}, "quantities are"),
        ({"anomaly": np.array([1.0])}, r"anomaly is \[2\]"),
        ({"anomaly": np.array([1.0, 0.5])}, "ascend"),
        ({"shares": np.zeros(3)}, "shares are positive"),
        ({"shown": ((PLAIN_DRESS,), (HAT,))}, "got 3 and 2"),
        ({"shown": ((PLAIN_DRESS,), (HAT,), ())}, "one example at least"),
        ({"shown": ((PLAIN_DRESS,), (HAT,), (replace(SHOE, aspect=None),))}, "an example has colours"),
    ],
)
def test_facts_that_do_not_fit_together_are_refused(changes: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        facts(**changes)


def test_a_latent_comes_back_from_the_generators_own_space() -> None:
    normal = draw(5, 4)
    own = KNOWN.own(normal, CONDITIONS)
    assert own.shape == (4, LATENT_LENGTH)
    assert own.dtype == np.float32
    expected = CONDITIONS[1].astype(float) @ KNOWN.mean + KNOWN.factors[0] @ normal[1].astype(float)
    assert own[1] == pytest.approx(expected, abs=1e-6)
    assert KNOWN.normal(own, CONDITIONS) == pytest.approx(normal, abs=1e-5)


def test_no_latent_depends_on_those_beside_it() -> None:
    normal = draw(5, 4)
    for turned in (KNOWN.own, KNOWN.normal, KNOWN.settled):
        together = turned(normal, CONDITIONS)
        alone = [turned(normal[k : k + 1], CONDITIONS[k : k + 1])[0] for k in range(4)]
        assert np.array_equal(together, np.stack(alone))
        assert turned(normal[:0], CONDITIONS[:0]).shape == (0, LATENT_LENGTH)


def _gathered() -> Facts:
    """Facts of forty dresses: those that are tall lie about 9 in all places, the others about -9."""
    tall = np.repeat([-1.0, 1.0], 20)
    lie = np.random.default_rng(2).standard_normal((40, LATENT_LENGTH)) + 9 * tall[:, None]
    quantities = np.stack([tall, np.zeros(40)], axis=1)
    return facts(products=(lie.astype(np.float32), *KNOWN.products[1:]), quantities=(quantities, *KNOWN.quantities[1:]))


@pytest.mark.parametrize("step", [2.0, 0.5, -0.5, -2.0])
def test_draws_are_carried_to_the_products_that_have_what_is_asked_for(step: float) -> None:
    known, normal, told = _gathered(), draw(5, 30), np.repeat(CONDITIONS[:1], 30, axis=0)
    places = known.settled(normal, told, {"tallness": step}).mean(axis=1)
    assert (np.sign(places) == np.sign(step)).all()
    unasked = known.settled(normal, told)
    assert set(np.sign(unasked.mean(axis=1))) == {-1, 1}
    assert np.array_equal(known.settled(normal, told, {"brightness": step}), unasked)


def test_a_latent_that_is_carried_to_chosen_products_depends_on_none_beside_it() -> None:
    normal, steps = draw(5, 4), {"tallness": 1.0, "flare": -1.0}
    together = KNOWN.settled(normal, CONDITIONS, steps)
    alone = [KNOWN.settled(normal[k : k + 1], CONDITIONS[k : k + 1], steps)[0] for k in (3, 2, 1, 0)]
    assert np.array_equal(together, np.stack(alone[::-1]))


def test_more_can_be_asked_for_of_what_is_chosen_by_or_moved_along() -> None:
    assert KNOWN.adjustable == ("brightness", "tallness", "flare")
    assert KNOWN.left_over({"tallness": 1.0, "brightness": 2.0}) == {"brightness": 2.0}


def test_an_open_wish_is_completed_by_the_catalogues_shares() -> None:
    found = [KNOWN.complete(Attributes(), 11, number) for number in range(400)]
    shares = {name: count / 400 for name, count in Counter(each.category for each in found).items()}
    assert shares == pytest.approx({"dress": 0.5, "hat": 0.3, "shoes": 0.2}, abs=0.07)
    assert {each.aspect for each in found if each.category == "dress"} == {1.5, 1.9}
    assert all(condition_vector(each, CATEGORIES) is not None for each in found)


def test_the_same_number_of_a_seed_is_completed_alike() -> None:
    found = [KNOWN.complete(Attributes(), 11, number) for number in range(30)]
    assert found == [KNOWN.complete(Attributes(), 11, number) for number in reversed(range(30))][::-1]
    assert found != [KNOWN.complete(Attributes(), 12, number) for number in range(30)]


def test_what_was_asked_stays_and_the_rest_is_one_examples() -> None:
    asked = Attributes("dress", (color("teal"), color("white", 0)), None, 1.1)
    assert KNOWN.complete(asked, 1, 0) == replace(asked, pattern="striped")
    assert KNOWN.complete(Attributes("dress", pattern="plain"), 1, 0) == PLAIN_DRESS


def test_one_colour_alone_is_completed_as_plain() -> None:
    found = {KNOWN.complete(Attributes("dress", (color("navy"),)), 1, number).pattern for number in range(20)}
    assert found == {"plain"}


def test_a_pattern_of_one_colour_gets_a_second_one_beside_it() -> None:
    found = KNOWN.complete(Attributes("dress", (color("navy"),), "striped"), 1, 0)
    assert [(each.name, each.share) for each in found.colors] == [("navy", 0.7), ("white", 0.3)]
    stripes = KNOWN.complete(Attributes("dress", (color("red", 0.3),), "striped"), 1, 0)
    assert [(each.name, each.share) for each in stripes.colors] in (
        [("white", 0.7), ("red", 0.3)],
        [("navy", 0.7), ("red", 0.3)],
    )


def test_a_pattern_that_no_example_has_is_kept_all_the_same() -> None:
    found = KNOWN.complete(Attributes("hat", pattern="checked"), 1, 0)
    assert found == replace(HAT, pattern="checked")


def test_a_category_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no category 'sofa'; this generator knows dress, hat, shoes"):
        KNOWN.complete(Attributes("sofa"), 1, 0)


def test_strangeness_is_told_by_the_held_out_photos_quantiles() -> None:
    assert [KNOWN.anomaly_quantile(score) for score in (-1, 0, 2, 6, 9)] == pytest.approx([0, 0, 0.5, 0.875, 1])
