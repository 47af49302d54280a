"""What pictures that were liked add to what was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generation.attributes import PATTERNS, Attributes, Color
from engine.generation.candidates import Casting, Effort, choose
from engine.generation.condition import ASPECT_AT, CONDITION_LENGTH, colors_of, condition_vector, on_white
from engine.generation.cutouts import Cutout
from engine.generation.description import describe
from engine.generation.latents import LATENT_LENGTH, draw, mixed
from engine.generation.orders import Mix
from engine.generation.wishes import Like, Wish, wished
from engine.images import Floats
from tests.engine.generation.catalogue import facts
from tests.engine.generation.discs import disc

CATEGORIES = ("dress", "shoe", "hat")
NAVY, RED, WHITE = (
    Color("navy", (31, 41, 77), 0.8),
    Color("red", (200, 34, 42), 1.0),
    Color("white", (248, 248, 246), 0.2),
)
STRIPED_DRESS = Attributes("dress", (NAVY, WHITE), "striped", 1.6)
RED_DRESS = Attributes("dress", (RED,), "plain", 1.2)
SHOE = Attributes("shoe", (RED,), "printed", 0.5)
SOMETHING = Attributes(None, (WHITE,), "checked", 2.0)
LOOSE = facts(
    categories=CATEGORIES,
    shown=((RED_DRESS,), (SHOE,), (replace(RED_DRESS, category="hat"),)),
    mean=np.zeros((CONDITION_LENGTH, LATENT_LENGTH)),
    factors=np.broadcast_to(np.eye(LATENT_LENGTH), (24, LATENT_LENGTH, LATENT_LENGTH)).copy(),
)
"""Of a generator whose own latents are normal."""

ATTRIBUTES = st.builds(
    Attributes,
    st.sampled_from([None, *CATEGORIES]),
    st.sampled_from([(), (NAVY,), (NAVY, WHITE)]),
    st.sampled_from([None, *PATTERNS]),
    st.sampled_from([None, 0.5, 1.5]),
)


@given(ATTRIBUTES, st.lists(ATTRIBUTES, max_size=4), st.integers(0, 10**6))
def test_what_was_asked_for_is_never_overruled(asked: Attributes, likes: list[Attributes], number: int) -> None:
    found = wished(asked, likes, number)
    for name in ("category", "colors", "pattern", "aspect"):
        assert not getattr(asked, name) or getattr(found, name) == getattr(asked, name)


def test_the_first_pictures_are_each_like_one_and_the_next_mix_two() -> None:
    likes = [STRIPED_DRESS, RED_DRESS]
    found = [wished(Attributes(), likes, number) for number in range(4)]
    assert found[:2] == likes
    assert found[2] == replace(STRIPED_DRESS, aspect=RED_DRESS.aspect)
    assert found[3] == replace(RED_DRESS, aspect=STRIPED_DRESS.aspect)


def test_a_liked_shoe_gives_a_dress_its_colour_but_not_its_shape() -> None:
    asked = Attributes(category="dress")
    assert wished(asked, [SHOE], 0) == Attributes("dress", (RED,), "printed", None)
    assert {wished(asked, [SHOE, RED_DRESS], number).aspect for number in range(8)} == {1.2}


def test_every_shape_meets_every_surface_though_some_likes_lend_no_shape() -> None:
    likes = [STRIPED_DRESS, RED_DRESS, SHOE]
    found = [wished(Attributes(category="dress"), likes, number) for number in range(9)]
    assert [shown.aspect for shown in found[:2]] == [STRIPED_DRESS.aspect, RED_DRESS.aspect]
    met = {(shown.colors, shown.pattern, shown.aspect) for shown in found}
    assert met == {(like.colors, like.pattern, aspect) for like in likes for aspect in (1.6, 1.2)}


def test_a_like_of_unknown_category_lends_its_shape_only_where_the_category_was_asked_for() -> None:
    assert wished(Attributes(category="hat"), [SOMETHING], 0).aspect == 2.0
    assert wished(Attributes(), [SOMETHING], 0) == replace(SOMETHING, aspect=None)
    assert {wished(Attributes(), [SOMETHING, SHOE], number).category for number in range(6)} == {"shoe"}


def test_without_likes_only_what_was_asked_is_known() -> None:
    assert wished(Attributes(category="hat"), [], 5) == Attributes(category="hat")


def test_a_picture_of_a_wish_is_the_same_however_many_are_asked_for() -> None:
    likes = (Like(STRIPED_DRESS, draw(8, 1)[0]), Like(RED_DRESS), Like(SHOE, draw(9, 1)[0]))
    wish = Wish(LOOSE, 7, Attributes(), likes, 0.4)
    together = wish.vectors(9)
    assert together.shape == (9, LATENT_LENGTH + CONDITION_LENGTH)
    for number in range(9):
        assert np.array_equal(wish.vectors(1, number)[0], together[number])
    assert wish.vectors(0).shape == (0, LATENT_LENGTH + CONDITION_LENGTH)


def _settled(drawn: Floats, shown: Attributes) -> Floats:
    return LOOSE.settled(drawn, np.tile(condition_vector(shown, CATEGORIES), (len(drawn), 1)))


def test_a_wish_without_likes_is_its_seeds_draws_near_products_and_one_condition() -> None:
    vectors = Wish(LOOSE, 7, STRIPED_DRESS).vectors(4)
    assert np.array_equal(vectors[:, :LATENT_LENGTH], _settled(draw(7, 4), STRIPED_DRESS))
    assert (vectors[:, LATENT_LENGTH:] == on_white(condition_vector(STRIPED_DRESS, CATEGORIES)[None])).all()


def test_the_strength_moves_latents_and_no_condition() -> None:
    like = Like(RED_DRESS, draw(8, 1)[0])
    weak, strong = (Wish(LOOSE, 7, Attributes(), (like,), strength).vectors(6) for strength in (0.2, 0.9))
    away = [np.linalg.norm(vectors[:, :LATENT_LENGTH] - like.latent, axis=1) for vectors in (weak, strong)]
    assert (away[1] < away[0]).all()
    assert np.array_equal(weak[:, LATENT_LENGTH:], strong[:, LATENT_LENGTH:])


def test_a_like_of_which_only_the_attributes_are_known_steers_no_latent() -> None:
    vectors = Wish(LOOSE, 7, Attributes(), (Like(RED_DRESS),), 1.0).vectors(3)
    assert np.array_equal(vectors[:, :LATENT_LENGTH], _settled(draw(7, 3), RED_DRESS))


def test_what_nobody_told_is_as_in_the_catalogue() -> None:
    wish = Wish(LOOSE, 1, Attributes(category="hat", colors=(NAVY,)))
    assert wish.shown(0) == Attributes("hat", (NAVY,), "plain", 1.2)
    assert np.array_equal(wish.vectors(1)[0, LATENT_LENGTH:], condition_vector(wish.shown(0), CATEGORIES))


def test_a_mix_takes_its_share_of_places_from_the_other_seed() -> None:
    vectors = Wish(LOOSE, 7, RED_DRESS, mix=Mix(8, 0.25)).vectors(3)
    expected = mixed(draw(7, 3), draw(8, 3), 0.25, 8)
    assert (expected == draw(8, 3)).sum(axis=1).tolist() == [16, 16, 16]
    assert np.array_equal(vectors[:, :LATENT_LENGTH], _settled(expected, RED_DRESS))


def test_a_step_moves_every_latent_by_the_same_way() -> None:
    still, moved = (Wish(LOOSE, 7, RED_DRESS, steps=steps).vectors(3) for steps in ({}, {"brightness": 2.0}))
    way = (moved - still)[:, :LATENT_LENGTH]
    assert way == pytest.approx(np.tile(way[:1], (3, 1)), abs=1e-5)
    assert (way @ LOOSE.directions.slopes[0]) == pytest.approx([2.0] * 3, abs=1e-4)


def test_products_are_chosen_by_a_step_along_their_shape_and_latents_then_stay() -> None:
    steps = {"tallness": 1.5}
    vectors = Wish(LOOSE, 7, RED_DRESS, steps=steps).vectors(3)
    conditions = np.tile(condition_vector(RED_DRESS, CATEGORIES), (3, 1))
    assert np.array_equal(vectors[:, :LATENT_LENGTH], LOOSE.settled(draw(7, 3), conditions, steps))
    assert not np.array_equal(vectors, Wish(LOOSE, 7, RED_DRESS).vectors(3))


def test_a_liked_cutouts_measures_reach_the_generator() -> None:
    photo = disc(40, (31, 41, 77))
    alpha = np.asarray((photo[..., 0] < 200) * 255, np.uint8)
    like = Like(describe(Cutout(photo, alpha, 0.99)).attributes("hat"))
    condition = Wish(LOOSE, 1, Attributes(), (like,)).vectors(1)[0, LATENT_LENGTH:]
    assert condition[:3].tolist() == [0, 0, 1]
    assert condition[ASPECT_AT] == pytest.approx(0, abs=0.02)
    assert colors_of(condition)[0] == pytest.approx(colors_of(condition_vector(STRIPED_DRESS, CATEGORIES))[0], abs=1.5)


def test_a_wish_is_drawn_from_by_the_quality_loop() -> None:
    wish = Wish(LOOSE, 3, Attributes(), (Like(STRIPED_DRESS), Like(RED_DRESS)))

    def make(vectors: np.ndarray) -> np.ndarray:
        reds = np.clip(100 + 2 * 100 * vectors[:, LATENT_LENGTH + 25], 0, 240)
        radii = np.clip(30 + 8 * vectors[:, 0], 10, 60)
        return np.stack([disc(int(radius), (int(red), 40, 90)) for red, radius in zip(reds, radii, strict=True)])

    choice = choose(Effort(2), Casting(wish.vectors, make))
    for candidate in choice.best:
        assert np.array_equal(candidate.latent, wish.vectors(1, candidate.number)[0])
