"""The quality loop, on a maker that draws: what number k looks like is written down in a list."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generation.candidates import CRITIC, REALISM, Casting, Choice, Effort, Standards, choose
from engine.generation.latents import draw, steered
from engine.images import Floats, Image
from tests.engine.generation.discs import bars, blurred, disc

GREEN, BLUE, GREY = (40, 150, 60), (40, 60, 180), (90, 90, 90)
GOOD = [disc(30), disc(30, GREEN), bars(2), bars(2, BLUE), bars(4), bars(4, GREY), disc(50, BLUE), bars(3, GREEN)]
SOFT, EMPTY, TOUCHING = blurred(disc(45, GREY), 6), disc(0, (255, 255, 255)), disc(60, GREY, centre=(30, 64))


class Album:
    """Makes the pictures of a list, by the number in a latent's first place; the last one for all numbers beyond."""

    def __init__(self, *pictures: Image) -> None:
        self.pictures = pictures
        self.asked: list[int] = []

    def draw(self, count: int, start: int) -> Floats:
        self.asked.append(count)
        return np.arange(start, start + count, dtype=np.float32)[:, None]

    def make(self, latents: Floats) -> Image:
        return np.stack([self.pictures[min(int(number), len(self.pictures) - 1)] for (number,) in latents])

    def maker(self, **opinions: object) -> Casting:
        return Casting(
            self.draw, self.make, lambda pictures, _latents: {name: say(pictures) for name, say in opinions.items()}
        )


def _numbers(candidates: tuple) -> list[int]:
    return [candidate.number for candidate in candidates]


def test_enough_good_candidates_need_one_round() -> None:
    album = Album(*GOOD)
    choice = choose(Effort(4), album.maker())
    assert album.asked == [8]
    assert len(choice.best) == 4
    assert not any(candidate.faults for candidate in choice.best)
    assert sorted(_numbers(choice.best) + _numbers(choice.left)) == list(range(8))


def test_rounds_that_go_on_are_not_too_small() -> None:
    assert Effort(8).next_round(0, 8) == 16
    assert Effort(8).next_round(16, 1) == 8
    assert Effort(8).next_round(24, 6) == 8  # the budget is 32
    assert Effort(1).next_round(0, 1) == 2
    assert Effort(1).next_round(2, 1) == 2
    assert Effort(1).next_round(4, 1) == 0


def test_a_second_look_decides_among_the_best_and_makes_no_more_candidates() -> None:
    album, looked = Album(*GOOD), []

    def look(number: int, picture: Image) -> dict[str, float]:
        looked.append((number, picture.shape))
        return {"taste": float(number in (0, 5))}

    casting = album.maker(critic=lambda pictures: -np.arange(len(pictures), dtype=np.float32))
    standards = Standards(weights={CRITIC: 1.0, "taste": 5.0})
    choice = choose(Effort(2, oversampling=4), replace(casting, second_look=look), standards)
    assert album.asked == [8]
    assert sorted(number for number, _ in looked) == [0, 1, 2, 3]  # twice as many as wanted: 5 is none of the best
    assert _numbers(choice.best) == [0, 1]
    assert choice.best[0].scores["taste"] == 1
    assert choice.best[0].quality > choice.best[1].quality
    assert sorted(_numbers(choice.left)) == [2, 3, 4, 5, 6, 7]
    assert all(candidate.faults for candidate in choice.left)


def test_the_critics_favourites_are_chosen_best_first() -> None:
    scores = np.array([5, -3, 8, 7, 0, 1, -9, 2], np.float32)
    album = Album(*GOOD)
    standards = Standards(weights={CRITIC: 1.0})
    choice = choose(Effort(4), album.maker(critic=lambda pictures: scores[: len(pictures)]), standards)
    assert _numbers(choice.best) == [2, 3, 0, 7]
    assert [candidate.scores[CRITIC] for candidate in choice.best] == [8, 7, 5, 2]
    assert [candidate.quality for candidate in choice.best] == pytest.approx([1, 6 / 7, 5 / 7, 4 / 7])


def test_those_left_say_why() -> None:
    choice = choose(Effort(2), Album(*GOOD[:2], SOFT, disc(31)).maker())
    why = {candidate.number: candidate.faults[0] for candidate in choice.left}
    assert why[2].reason == "sharpness"
    assert why[2].detail.endswith("at least 0.250 is needed")
    twin = {0: 3, 3: 0}
    (double,) = set(why) - {2}
    assert (why[double].reason, why[double].detail) == ("duplicate", f"shows the same as number {twin[double]}")


def test_a_good_one_that_is_not_needed_was_outranked() -> None:
    choice = choose(Effort(1), Album(*GOOD[:2]).maker())
    (fault,) = choice.left[0].faults
    assert fault.reason == "outranked"
    assert fault.detail.startswith(f"a quality of {choice.left[0].quality:.3f}; the last one before it has")


@pytest.mark.parametrize(
    ("poor", "reasons"),
    [(SOFT, ["sharpness"]), (EMPTY, ["presence", "sharpness"]), (TOUCHING, ["cleanness", "clearance"])],
)
def test_poor_ones_are_tried_again_for(poor: Image, reasons: list[str]) -> None:
    album = Album(poor, GOOD[0], poor, GOOD[1], poor, *GOOD[2:])
    choice = choose(Effort(3, oversampling=1.5), album.maker())
    assert album.asked == [5, 7]
    assert 0 not in _numbers(choice.best)
    first = next(candidate for candidate in choice.left if candidate.number == 0)
    assert [fault.reason for fault in first.faults if fault.reason != "duplicate"] == reasons


def test_a_spent_budget_is_filled_with_the_least_faulty_and_they_say_so() -> None:
    album = Album(TOUCHING, SOFT, GOOD[0], EMPTY)
    choice = choose(Effort(3, most=3), album.maker())
    assert sum(album.asked) == 9
    assert _numbers(choice.best)[:2] == [2, 1]
    assert [len(candidate.faults) for candidate in choice.best] == [0, 1, 2]
    assert all(candidate.faults for candidate in choice.left)


def test_a_maker_that_knows_one_picture_still_gives_as_many_as_asked() -> None:
    choice = choose(Effort(3), Album(GOOD[0]).maker())
    assert len(choice.best) == 3
    assert [bool(candidate.faults) for candidate in choice.best] == [False, True, True]
    assert len(choice.left) == 9


def test_a_picture_that_is_not_like_real_ones_is_poor_where_realism_is_told() -> None:
    scores = np.array([0.1, 0.39, 0.41, 0.9, 1.2, 0.7, 1.1, 0.8], np.float32)
    standards = Standards(weights={REALISM: 1.0})
    choice = choose(Effort(4), Album(*GOOD).maker(realism=lambda pictures: scores[: len(pictures)]), standards)
    assert _numbers(choice.best) == [4, 6, 3, 7]
    assert {candidate.number for candidate in choice.left if candidate.faults[0].reason == REALISM} == {0, 1}


def _taste(pictures: Image, latents: Floats) -> dict[str, Floats]:
    return {CRITIC: (pictures.reshape(len(pictures), -1).mean(axis=1) + latents[:, 0]).astype(np.float32)}


def _from_seed(seed: int) -> Casting:
    """Discs and bars whose kind, size and colour are told by a latent of 64."""

    def one(latent: Floats) -> Image:
        color = tuple(int(value) for value in np.clip(120 + 60 * latent[2:5], 0, 240))
        size = int(np.clip(30 + 12 * latent[1], 6, 66))
        picture = disc(size, color) if latent[0] < 0 else bars(1 + size % 5, color)
        return blurred(picture, 2.5) if latent[5] > 0.8 else picture

    def drawn(count: int, start: int) -> Floats:
        return steered(draw(seed, count, start), draw(seed + 1, 2), 0.1)

    return Casting(drawn, lambda latents: np.stack([one(latent) for latent in latents]), _taste)


def _told(choice: Choice) -> list[tuple]:
    every = (*choice.best, *choice.left)
    return [(each.number, each.quality, each.faults, dict(each.scores), each.latent.tobytes()) for each in every]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_a_seeds_choice_is_the_same_however_many_are_made_at_once(seed: int, at_once: int) -> None:
    together = choose(Effort(5), _from_seed(seed))
    parted = choose(Effort(5, at_once=at_once), _from_seed(seed))
    assert _told(parted) == _told(together)
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(parted.best, together.best, strict=True))


def test_a_seed_can_be_drawn_from_as_it_is() -> None:
    album = Album(*GOOD)
    maker = Casting(partial(draw, 7), lambda latents: album.make(np.arange(len(latents), dtype=np.float32)[:, None]))
    choice = choose(Effort(2), maker)
    for candidate in choice.best:
        assert np.array_equal(candidate.latent, draw(7, 1, candidate.number)[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "1 or more, got 0"),
        ({"count": 1, "at_once": 0}, "1 or more, got 1 and 0"),
        ({"count": 1, "oversampling": 0.5}, "got 0.5 and 4.0"),
        ({"count": 1, "oversampling": 5}, "got 5 and 4.0"),
        ({"count": 1, "most": float("inf")}, "got 2.0 and inf"),
    ],
)
def test_an_effort_that_makes_no_sense_is_refused(options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Effort(**options)


def test_an_opinion_cannot_take_a_scores_name() -> None:
    with pytest.raises(ValueError, match="got sharpness"):
        choose(Effort(4), Album(*GOOD).maker(sharpness=lambda pictures: np.zeros(len(pictures), np.float32)))


def test_where_pictures_need_not_differ_a_duplicate_is_no_fault() -> None:
    choice = choose(Effort(3), Album(GOOD[0]).maker(), Standards(distinct=False))
    assert [candidate.faults for candidate in choice.best] == [(), (), ()]
    assert len(choice.left) == 3


@pytest.mark.parametrize("answer", [np.zeros(3, np.float32), np.full(8, np.nan, np.float32)])
def test_an_opinion_that_leaves_candidates_out_is_refused(answer: Floats) -> None:
    with pytest.raises(ValueError, match="critic gives 8 finite scores"):
        choose(Effort(4), Album(*GOOD).maker(critic=lambda _pictures: answer))


@pytest.mark.parametrize(
    "answer", [np.zeros((8, 4, 4, 4), np.uint8), np.zeros((8, 4, 4, 3)), np.zeros((7, 4, 4, 3), np.uint8)]
)
def test_a_maker_that_makes_something_else_is_refused(answer: Image) -> None:
    with pytest.raises(ValueError, match=r"uint8 \[8,H,W,3\], got"):
        choose(Effort(4), Casting(Album(*GOOD).draw, lambda _latents: answer))
