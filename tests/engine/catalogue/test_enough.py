from __future__ import annotations

import pytest

from engine.generation.attributes import Color
from engine.training.catalogue.enough import ADVISED_HELD_OUT, LEAST_PICTURES, doubt_of, require_enough
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.catalogue.held_out import HELD_OUT_OF, LEAST_HELD_OUT, held_out
from engine.training.catalogue.records import Item


def _items(*categories: str) -> list[Item]:
    color = Color("red", (200, 0, 0), 1.0)
    return [
        Item(f"{place}.png", f"{kind}/{place}.jpg", kind, (color,), "plain", 1.0, 0.9, "0" * 64)
        for place, kind in enumerate(categories)
    ]


@pytest.mark.parametrize(
    ("categories", "told"),
    [
        (
            ["rings", "chains", "chains"],
            r"x holds 3 pictures \(categories: 2\); needed: 30 or more, in 2 to 24 categories$",
        ),
        (["rings"] * 40, r"40 pictures \(categories: 1\).*: divide yours by what can be seen"),
        ([str(kind) for kind in range(25)] * 4, r"100 pictures \(categories: 25\); needed: 100 or more, in 2 to 24"),
        ([str(kind) for kind in range(20)] * 2, r"40 pictures \(categories: 20\); needed: 80 or more"),
    ],
)
def test_too_few_pictures_and_a_wrong_number_of_categories_are_refused(categories: list[str], told: str) -> None:
    with pytest.raises(CatalogueRefusedError, match=told):
        require_enough(categories, "x")


def test_the_least_that_is_needed_is_enough() -> None:
    require_enough(["rings", "chains"] * (LEAST_PICTURES // 2), "x")


def test_a_small_catalogue_has_some_products_held_out_whatever_their_names() -> None:
    for count in range(LEAST_PICTURES, 60):
        assert sum(held_out(_items(*["rings", "chains"] * count))) >= LEAST_HELD_OUT


def test_about_one_product_in_twenty_is_held_out_and_more_products_do_not_change_which() -> None:
    items = _items(*["rings", "chains"] * 1000)
    chosen = held_out(items)
    assert 1 / 30 < sum(chosen) / len(items) < 1 / 15
    assert held_out(items[:1000]) == chosen[:1000]


def test_names_that_are_not_utf_8_are_drawn_too() -> None:
    assert sum(held_out(_items(*["rings", "caf\udce9"] * 20))) >= LEAST_HELD_OUT


def test_the_last_product_of_a_category_is_learnt() -> None:
    items = _items(*map(str, range(200)))
    assert not any(held_out(items))
    twice = _items(*map(str, range(24)), *map(str, range(24)))
    kept = {item.category for item, out in zip(twice, held_out(twice), strict=True) if not out}
    assert len(kept) == 24


def test_a_choice_by_few_products_is_doubted_with_the_numbers() -> None:
    small = _items(*["rings"] * 20, *["chains"] * 15)
    out = sum(held_out(small))
    assert f"{35 - out} pictures to learn from and {out} held out" in (doubt_of(small) or "")
    assert f"best weights of the classifiers and of the autoencoder are chosen by those {out}," in (
        doubt_of(small) or ""
    )
    assert "fewer than 20 (about 400 pictures in all)" in (doubt_of(small) or "")
    assert doubt_of(_items(*["rings", "chains"] * (ADVISED_HELD_OUT * HELD_OUT_OF))) is None
