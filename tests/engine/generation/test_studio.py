"""Orders in, chosen pictures out: the studio with networks that paint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.generation.attributes import Attributes
from engine.generation.condition import MOST_CATEGORIES
from engine.generation.orders import Mix, Order, OrderRefusedError, Variation, understood
from engine.generation.studio import Made, Studio
from tests.engine.generation.catalogue import CATEGORIES, HAT, PLAIN_DRESS, SHOE, color, facts
from tests.engine.generation.painter import Painter, cut_out_of, painting

KNOWN = facts(
    mean=np.zeros((36, 64)),
    factors=np.broadcast_to(np.eye(64), (24, 64, 64)).copy(),
    shown=((PLAIN_DRESS,), (replace(HAT, aspect=1.0),), (SHOE,)),
)
NAVY_DRESS = cut_out_of(painting(1.6, (31, 41, 77)))
BLANK = np.full((128, 128, 3), 255, np.uint8)
RED_SHOE = cut_out_of(painting(0.5, (200, 34, 42)))


def _told(made: Made) -> list[tuple]:
    return [
        (each.number, each.quality, each.faults, dict(each.scores), each.picture.tobytes()) for each in made.pictures
    ]


def test_an_order_in_words_is_made_and_accounted_for() -> None:
    made = Studio(KNOWN, Painter()).generate(Order(seed=5, count=3, text="tall nayv dress with zorb"))
    assert len(made.pictures) == 3
    assert {(phrase.kind, phrase.value) for phrase in made.understood} >= {("category", "dress"), ("color", "navy")}
    assert any(unknown.startswith("zorb") for unknown in made.unknown)
    assert 6 <= made.candidates <= 12
    for each in made.pictures:
        assert each.asked.category == each.shown.category == "dress"
        assert each.asked.colors[0].name == each.shown.colors[0].name == "navy"
        assert not each.faults
        assert each.scores["color"] > 0.97
        assert each.scores["category"] == 1
    assert [each.quality for each in made.pictures] == sorted((each.quality for each in made.pictures), reverse=True)


def test_what_is_said_apart_from_the_text_wins() -> None:
    order = Order(
        5, text="red striped dress", category="Shoes", colors=("#0000ff", "white"), pattern="plain", aspect=0.6
    )
    (picture,) = Studio(KNOWN, Painter()).generate(order).pictures
    assert picture.asked.category == "shoes"
    assert [(each.name, each.srgb, each.share) for each in picture.asked.colors] == [
        ("blue", (0, 0, 255), 0.7),
        ("white", (248, 248, 246), 0.3),
    ]
    assert (picture.asked.pattern, picture.asked.aspect) == ("plain", 0.6)


@pytest.mark.parametrize(
    ("called", "name"),
    [("gray", "grey"), (" Dark Blue ", "navy"), ("红色", "red"), ("tan", "camel"), ("#1f294d", "navy")],
)
def test_colours_are_called_by_any_word_for_them(called: str, name: str) -> None:
    (color,) = understood(Order(1, colors=(called,)), CATEGORIES).asked.colors
    assert (color.name, color.share) == (name, 1.0)


@pytest.mark.parametrize(
    ("order", "steps", "unknown"),
    [
        (Order(1, category="dress", text="navy, long sleeves"), {"sleeves": 2.0}, ()),
        (Order(1, category="dress", text="long"), {}, ()),
        (Order(1, category="Dress", text="dress, long sleeves"), {"sleeves": 2.0}, ()),
        (Order(1, text="red hat", colors=("blue",)), {}, ("red: blue was asked for",)),
        (Order(1, text="blue hat", colors=("blue", "#fff")), {}, ()),
        (Order(1, text="striped", pattern="plain"), {}, ("striped: plain was asked for",)),
        (Order(1, text="long dress", aspect=0.2), {}, ("long: an aspect of 0.2 was asked for",)),
        (Order(1, text="long dress", aspect=3.0), {}, ()),
        (
            Order(1, text="dress with long sleeves", adjust={"sleeves": 0.5}),
            {"sleeves": 0.5},
            ("long sleeves: sleeves of 0.5 deviations were asked for",),
        ),
    ],
)
def test_a_text_is_read_beside_what_is_said_apart_from_it(order: Order, steps: dict, unknown: tuple) -> None:
    meant = understood(order, CATEGORIES, ("sleeves",))
    assert (dict(meant.steps), meant.unknown) == (steps, unknown)
    assert {phrase.words for phrase in meant.understood}.isdisjoint(told.partition(":")[0] for told in unknown)


def test_sleeves_make_no_other_category_of_one_that_was_asked_for() -> None:
    meant = understood(Order(1, category="t-shirt", text="long sleeves"), ("t-shirt", "longsleeve"), ("sleeves",))
    assert (meant.asked.category, dict(meant.steps)) == ("t-shirt", {"sleeves": 2.0})


def test_a_shape_that_was_said_of_another_category_is_not_followed() -> None:
    order = Order(5, text="tall red dress with long sleeves", category="shoes")
    meant = understood(order, CATEGORIES, ("sleeves",))
    assert (meant.asked.category, meant.asked.aspect, dict(meant.steps)) == ("shoes", None, {})
    assert [each.name for each in meant.asked.colors] == ["red"]
    assert {told.partition(":")[0] for told in meant.unknown} == {"tall", "dress", "long sleeves"}
    followed = understood(replace(order, category="dress"), CATEGORIES, ("sleeves",))
    assert dict(followed.steps) == {"sleeves": 2.0}
    assert followed.asked.aspect is not None


def test_an_empty_order_is_filled_in_as_in_the_catalogue() -> None:
    made = Studio(KNOWN, Painter()).generate(Order(seed=1, count=16))
    assert {each.asked.category for each in made.pictures} == set(CATEGORIES)
    assert {each.asked for each in made.pictures} <= {PLAIN_DRESS, replace(HAT, aspect=1.0), SHOE}


def test_a_picture_depends_on_its_seed_and_number_alone() -> None:
    few, many = (Studio(KNOWN, Painter()).generate(Order(seed=9, count=count)) for count in (2, 6))
    pictures = {each.number: each.picture for each in many.pictures}
    shared = [each for each in few.pictures if each.number in pictures]
    assert shared
    for each in shared:
        assert np.array_equal(each.picture, pictures[each.number])
    assert _told(Studio(KNOWN, Painter()).generate(Order(seed=9, count=2))) == _told(few)


def test_poor_candidates_are_made_again_within_the_budget() -> None:
    class Lazy(Painter):
        def make(self, vectors: np.ndarray) -> np.ndarray:
            return np.stack([super(Lazy, self).make(row[None])[0] if row[3] > -0.4 else BLANK for row in vectors])

    painter = Lazy()
    made = Studio(KNOWN, painter).generate(Order(seed=12, count=3, effort=1.0))
    assert 3 < made.candidates <= 6
    assert made.left["presence"] > 0
    assert not any(each.faults for each in made.pictures)


def test_likes_lend_their_colours_and_their_category() -> None:
    made = Studio(KNOWN, Painter()).generate(Order(seed=2, count=4, likes=(NAVY_DRESS, RED_SHOE)))
    found = {(each.asked.category, each.asked.colors[0].name) for each in made.pictures}
    assert found <= {(category, name) for category in ("dress", "shoes") for name in ("navy", "red")}
    assert len(found) > 1


def test_a_strong_like_pulls_pictures_to_itself() -> None:
    far, near = (
        Studio(KNOWN, Painter()).generate(Order(2, 4, likes=(NAVY_DRESS,), like_strength=strength))
        for strength in (0, 1)
    )
    assert len({each.picture.tobytes() for each in near.pictures}) == 1
    assert len({each.picture.tobytes() for each in far.pictures}) == 4
    assert near.left["duplicate"] > 0


def test_a_mix_and_a_step_along_a_direction_change_the_pictures() -> None:
    plain = Order(seed=4, count=2, category="hat")
    made = [
        _told(Studio(KNOWN, Painter()).generate(order))
        for order in (plain, replace(plain, mix=Mix(7, 0.9)), replace(plain, adjust={"brightness": 2.0}))
    ]
    assert made[0] != made[1] != made[2] != made[0]


@pytest.mark.parametrize(
    ("order", "field", "said"),
    [
        (Order(1, category="sofa"), "category", "this generator knows dress, hat, shoes; received 'sofa'"),
        (Order(1, colors=("bleu",)), "colors", "a word for one of white, ivory,.*; received 'bleu'"),
        (Order(1, colors=("#12345",)), "colors", "received '#12345'"),
        (Order(1, colors=("red", "blue", "green")), "colors", "at most 2 colours; received 3"),
        (Order(1, pattern="dotted"), "pattern", "one of plain, striped, checked, printed; received 'dotted'"),
        (Order(1, aspect=0.0), "aspect", "above 0; received 0.0"),
        (Order(1, adjust={"sleeves": 1.0}), "adjust", "can adjust brightness, tallness, flare; received 'sleeves'"),
    ],
)
def test_what_is_not_to_be_had_is_refused_by_name(order: Order, field: str, said: str) -> None:
    painter = Painter()
    with pytest.raises(OrderRefusedError, match=said) as refused:
        Studio(KNOWN, painter).generate(order)
    assert refused.value.field == field
    assert painter.made == 0


@pytest.mark.parametrize("towards", [None, RED_SHOE])
def test_a_variation_may_be_plain_in_the_photos_own_colour(towards) -> None:
    variation = Variation(1, count=2, pattern="plain", towards=towards)
    made = Studio(KNOWN, Painter()).vary(variation, NAVY_DRESS)
    assert [each.asked.pattern for each in made.pictures] == ["plain"] * 2


def test_variations_keep_what_is_seen_on_the_photo() -> None:
    made = Studio(KNOWN, Painter()).vary(Variation(seed=1, count=4), NAVY_DRESS)
    assert len(made.pictures) == 4
    for each in made.pictures:
        assert (each.asked.category, each.asked.colors[0].name, each.asked.pattern) == ("dress", "navy", "plain")
        assert each.asked.aspect == pytest.approx(1.6, abs=0.05)
    assert made.strangeness is not None
    assert 0 <= made.strangeness.quantile <= 1


def test_the_strength_is_how_far_variations_lie_from_the_photo() -> None:
    sets = [
        {
            each.picture.tobytes()
            for each in Studio(KNOWN, Painter()).vary(Variation(1, 4, 1, strength), NAVY_DRESS).pictures
        }
        for strength in (0.0, 0.8)
    ]
    assert len(sets[0]) == 1 < len(sets[1])


def test_a_variation_takes_other_colours_and_another_pattern() -> None:
    made = Studio(KNOWN, Painter()).vary(Variation(1, 2, colors=("teal", "white"), pattern="striped"), NAVY_DRESS)
    for each in made.pictures:
        assert [of.name for of in each.asked.colors] == ["teal", "white"]
        assert each.asked.pattern == "striped"
    with pytest.raises(OrderRefusedError, match="dotted"):
        Studio(KNOWN, Painter()).vary(Variation(1, pattern="dotted"), NAVY_DRESS)


class Tailor(Painter):
    """Paints stripes on those whose latent begins below 0."""

    def make(self, vectors: np.ndarray) -> np.ndarray:
        pictures = super().make(vectors)
        rows = np.arange(128) // 6 % 2 == 0
        for picture, vector in zip(pictures, vectors, strict=True):
            if vector[0] < 0:
                picture[rows] = np.where(picture[rows] < 250, 255 - (255 - picture[rows]) // 4, 255)
        return pictures


def test_of_good_pictures_those_that_show_the_pattern_asked_for_are_preferred() -> None:
    striped = Order(seed=3, category="dress", colors=("navy",), pattern="striped", count=4)
    made = Studio(KNOWN, Tailor()).generate(striped)
    unasked = Studio(KNOWN, Tailor()).generate(replace(striped, pattern=None))
    shown = [sum(each.shown.pattern == "striped" for each in of.pictures) for of in (made, unasked)]
    assert shown[0] > shown[1]
    assert made.candidates == unasked.candidates
    for each in made.pictures:
        assert each.scores["pattern"] == (each.shown.pattern == "striped")
        assert (not each.differences) == (each.shown.pattern == "striped")


def test_a_pattern_that_is_never_made_is_told_and_costs_no_budget() -> None:
    made = Studio(KNOWN, Painter()).generate(Order(seed=3, category="dress", pattern="striped", count=2))
    assert made.candidates == 4
    for each in made.pictures:
        assert not each.faults
        assert [fault.reason for fault in each.differences] == ["pattern"]
        assert each.differences[0].detail == "striped was asked for, and it looks plain"


def test_what_nobody_asked_for_cannot_be_missed() -> None:
    made = Studio(KNOWN, Painter()).generate(Order(seed=3, count=4))
    assert not any(each.differences for each in made.pictures)


def test_another_category_than_asked_for_is_told() -> None:
    class Narrow(Painter):
        def make(self, vectors: np.ndarray) -> np.ndarray:
            return np.stack([painting(0.5, (31, 41, 77))] * len(vectors))

    (picture,) = Studio(KNOWN, Narrow()).generate(Order(1, category="dress")).pictures
    assert [fault.detail for fault in picture.differences] == ["dress was asked for, and it looks like shoes"]


def test_of_what_was_asked_for_no_other_category_is_taken_while_the_budget_lasts() -> None:
    class Mistaken(Painter):
        def make(self, vectors: np.ndarray) -> np.ndarray:
            pictures = super().make(vectors)
            pictures[vectors[:, 2] > 0] = painting(0.5, (31, 41, 77))
            return pictures

        def classify(self, pictures: np.ndarray) -> np.ndarray:
            """A shoe, for all that, is nearly as probable a dress."""
            answer = super().classify(pictures)
            answer[:, -MOST_CATEGORIES:] *= 0.02
            return answer

    order = Order(seed=5, category="dress", colors=("navy",), count=4)
    made = Studio(KNOWN, Mistaken()).generate(order)
    assert not any(each.differences for each in made.pictures)
    assert made.left["category"] > 0


def test_of_good_pictures_those_of_the_shape_asked_for_are_preferred() -> None:
    order = Order(seed=3, category="dress", colors=("navy",), count=4, adjust={"flare": 2.0})
    made = Studio(KNOWN, Painter()).generate(order)
    unasked = Studio(KNOWN, Painter()).generate(replace(order, adjust={}))
    assert made.candidates == unasked.candidates
    assert all("flare" in each.scores for each in made.pictures)
    assert made.pictures[0].scores["flare"] == max(each.scores["flare"] for each in made.pictures)
    assert not any("flare" in each.scores for each in unasked.pictures)


def test_whoever_waits_can_end_an_order_while_pictures_are_looked_at() -> None:
    class EndedError(Exception):
        pass

    def pause() -> None:
        raise EndedError

    with pytest.raises(EndedError):
        Studio(KNOWN, Painter(), pause).generate(Order(1, pattern="striped"))
    with pytest.raises(EndedError):
        Studio(KNOWN, Painter(), pause).vary(Variation(1), NAVY_DRESS)


def test_a_photo_is_looked_at_once() -> None:
    class Counting(Painter):
        encoded = 0

        def encode(self, pictures: np.ndarray) -> np.ndarray:
            self.encoded += len(pictures)
            return super().encode(pictures)

    painter = Counting()
    assert Studio(KNOWN, painter).vary(Variation(1, 1), NAVY_DRESS).strangeness is not None
    assert painter.encoded == 1


def test_at_no_strength_no_more_candidates_are_made_than_are_wanted() -> None:
    painter = Painter()
    made = Studio(KNOWN, painter).vary(Variation(1, count=1, strength=0.0), NAVY_DRESS)
    assert made.candidates == 1
    assert painter.made == 2  # and once more, to see how strange the photo is


def test_the_way_towards_another_product_is_walked_evenly_and_in_order() -> None:
    painter = Painter()
    made = Studio(KNOWN, painter).vary(Variation(1, 5, towards=RED_SHOE), NAVY_DRESS)
    assert [each.number for each in made.pictures] == [0, 1, 2, 3, 4]
    assert made.candidates == 5
    assert [each.asked.category for each in made.pictures] == ["dress", "dress", "shoes", "shoes", "shoes"]
    reds = [each.asked.colors[0].srgb[0] for each in made.pictures]
    assert np.diff(reds) == pytest.approx(np.full(4, np.diff(reds).mean()), abs=1)
    octaves = np.diff(np.log2([each.asked.aspect for each in made.pictures]))
    assert octaves == pytest.approx(np.full(4, octaves.mean()), abs=1e-9)


def test_a_product_that_is_not_to_be_seen_is_no_photo() -> None:
    nothing = replace(NAVY_DRESS, alpha=np.zeros((128, 128), np.uint8))
    with pytest.raises(ValueError, match="no product is to be seen"):
        Studio(KNOWN, Painter()).vary(Variation(1), nothing)


def test_a_picture_of_nothing_shows_nothing() -> None:
    class Blank(Painter):
        def make(self, vectors: np.ndarray) -> np.ndarray:
            return np.stack([BLANK] * len(vectors))

    (picture,) = Studio(KNOWN, Blank()).generate(Order(1, category="hat", colors=("red",))).pictures
    assert picture.shown == Attributes("hat")
    assert {fault.reason for fault in picture.faults} >= {"presence", "color"}
    assert picture.asked.colors == (color("red"),)
