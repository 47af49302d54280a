"""Where variations lie: around one product, or on the way to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generation.condition import CONDITION_LENGTH
from engine.generation.latents import LATENT_LENGTH, draw
from engine.generation.variations import Around, Between, Place
from tests.engine.generation.catalogue import HAT, PLAIN_DRESS, SHOE, STRIPED_DRESS, color, facts

KNOWN = facts()
DRESS, SHOES = Place(STRIPED_DRESS, draw(1, 1)[0]), Place(SHOE, draw(2, 1)[0])


def _normal(vectors: np.ndarray) -> np.ndarray:
    return KNOWN.normal(vectors[:, :LATENT_LENGTH], vectors[:, LATENT_LENGTH:])


def _angles(latents: np.ndarray, to: np.ndarray) -> np.ndarray:
    return np.arccos(latents @ to / np.linalg.norm(latents, axis=1) / np.linalg.norm(to))


def test_variations_lie_around_their_product_as_far_as_the_strength_says() -> None:
    whole = _angles(_normal(Around(KNOWN, 3, DRESS, 1).vectors(16)), DRESS.latent)
    for strength, share in ((0.04, 0.2), (0.36, 0.6)):
        angles = _angles(_normal(Around(KNOWN, 3, DRESS, strength).vectors(16)), DRESS.latent)
        assert angles == pytest.approx(share * whole, abs=1e-3)
    still = _normal(Around(KNOWN, 3, DRESS, 0).vectors(2))
    assert still == pytest.approx(np.stack([DRESS.latent] * 2), abs=1e-5)


def test_all_variations_show_what_the_product_shows() -> None:
    around = Around(KNOWN, 3, DRESS, 0.5)
    assert {around.shown(number) for number in range(5)} == {STRIPED_DRESS}
    assert len({row.tobytes() for row in around.vectors(5)[:, LATENT_LENGTH:]}) == 1


def test_a_pattern_that_was_asked_for_gets_a_second_colour() -> None:
    striped = Place(replace(PLAIN_DRESS, pattern="striped"), DRESS.latent)
    assert len(Around(KNOWN, 3, striped, 0.5, measured=False).shown(0).colors) == 2


def test_a_pattern_that_was_seen_in_one_colour_stays_so() -> None:
    printed = replace(PLAIN_DRESS, pattern="printed")
    place = Place(printed, DRESS.latent)
    assert Around(KNOWN, 3, place, 0.5).shown(0) == printed
    assert Between(KNOWN, 3, place, place, 3).shown(0).colors == printed.colors


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.integers(0, 30))
def test_a_variation_does_not_depend_on_those_beside_it(count: int, start: int) -> None:
    for source in (Around(KNOWN, 3, DRESS, 0.4, {"brightness": 1.0}), Between(KNOWN, 3, DRESS, SHOES, 64)):
        together = source.vectors(count, start)
        assert together.shape == (count, LATENT_LENGTH + CONDITION_LENGTH)
        assert np.array_equal(source.vectors(1, start + count - 1)[0], together[-1])


def test_the_way_to_another_product_goes_evenly_along_the_arc() -> None:
    way = _normal(Between(KNOWN, 3, DRESS, SHOES, 3).vectors(3))
    whole = _angles(SHOES.latent[None], DRESS.latent)[0]
    assert _angles(way, DRESS.latent) == pytest.approx([whole / 4, whole / 2, 3 * whole / 4], abs=1e-4)


def test_colours_and_shape_change_evenly_and_the_kind_in_the_middle() -> None:
    way = Between(KNOWN, 3, Place(PLAIN_DRESS, DRESS.latent), Place(HAT, SHOES.latent), 3)
    shown = [way.shown(number) for number in range(3)]
    assert [each.category for each in shown] == ["dress", "hat", "hat"]
    assert shown[1].colors[0].srgb == pytest.approx(((200 + 218) / 2, (34 + 199) / 2, (42 + 168) / 2), abs=0.5)
    assert shown[1].aspect == pytest.approx((1.5 * 0.7) ** 0.5)


def test_a_second_colour_comes_by_and_by() -> None:
    plain = Place(replace(HAT, colors=(color("black"),)), SHOES.latent)
    shares = [Between(KNOWN, 3, plain, DRESS, 3).shown(number).colors[1].share for number in range(3)]
    assert shares == pytest.approx([0.075, 0.15, 0.225])
