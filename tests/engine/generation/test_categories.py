import pytest

from engine.generation.words import understand
from tests.engine.generation.phrases import CLOTHES


@pytest.mark.parametrize("name", ["t-shirt", "T_Shirts", "tshirt", "TShirts", "t shirt", "Tee", "T恤"])
@pytest.mark.parametrize("text", ["t-shirt", "T shirts", "tees", "tshirt", "T恤", "👕"])
def test_folder_names_and_synonyms_find_each_other(name, text):
    assert understand(text, ("hat", name)).attributes.category == name


@pytest.mark.parametrize(
    ("text", "categories", "category"),
    [
        ("sneakers", ("shoes", "hat"), "shoes"),
        ("sneakers", ("shoes", "Sneakers"), "Sneakers"),
        ("jeans", ("pants", "shorts"), "pants"),
        ("blazer", ("outwear",), "outwear"),
        ("jewellery", ("ring", "dress"), "ring"),
        ("wedding band", ("golden_rings",), "golden_rings"),
        ("ring", ("golden_rings", "hat"), "golden_rings"),
        ("golden ring", ("golden_rings", "hat"), "golden_rings"),
        ("couch", ("couch", "sofa"), "couch"),
        ("sofa", ("couch", "sofa"), "sofa"),
        ("zorblax", ("zorblax",), "zorblax"),
        ("zorblaxes", ("Zorblax",), "Zorblax"),
        ("项链", ("珍珠项链",), "珍珠项链"),
        ("dress shoes", ("dress", "shoes"), "shoes"),
        ("shirt dress", ("dress", "shirt"), "dress"),
        ("dress", ("CocktailDresses",), "CocktailDresses"),
    ],
)
def test_a_thing_is_of_the_nearest_category(text, categories, category):
    assert understand(text, categories).attributes.category == category


@pytest.mark.parametrize(
    ("text", "categories", "told"),
    [
        ("jewellery", ("rings", "earrings"), "jewellery: which of rings, earrings?"),
        ("top", CLOTHES, "top: which of longsleeve, shirt, t-shirt?"),
        ("table", ("sofa", "dress"), "table: this generator knows sofa, dress"),
        ("hat and shoes", ("shoes", "hat"), "shoes: a picture shows one product, and hat was read first"),
        ("dress watch", ("dress",), "dress: it was taken to say which watch"),
    ],
)
def test_what_has_no_category_is_told_with_the_reason(text, categories, told):
    assert told in understand(text, categories).unknown


def test_many_categories_are_told_in_part():
    told = understand("necklace", [f"thing{number}" for number in range(20)]).unknown[0]
    assert told.endswith("thing11 and 8 more")


def test_a_modifier_is_no_category_where_the_thing_itself_is_unknown():
    assert understand("dress watch", ("dress",)).attributes.category is None


def test_empty_and_odd_category_names_are_borne():
    assert understand("red hat", ("", "  ", "!", "hat")).attributes.category == "hat"
