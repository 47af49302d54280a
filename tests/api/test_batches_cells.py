"""Cells that a spreadsheet may calculate, however they begin."""

import csv
import io
from typing import Any

import pytest


@pytest.mark.parametrize("sku", ["=1+1", "\n=1+1", " =1+1", "\u00a0@x", "\ufeff+1", "\r", "\tx", "\uff1d1+1"])
def test_what_may_be_a_formula_gets_an_apostrophe(shop: Any, sku: str) -> None:
    assert told_sku(shop, sku) == f"'{sku}"


@pytest.mark.parametrize("sku", ["a=1", "a\n=1", " a-1", "7", "\u8336\u676f", " "])
def test_what_is_no_formula_stays_as_it_is(shop: Any, sku: str) -> None:
    assert told_sku(shop, sku) == sku


def told_sku(shop: Any, sku: str) -> str:
    """The SKU of a batch's one row, as its results have it."""
    sent = shop.post("/v1/batches?skip_invalid=true", json={"items": [{"sku": sku, "upload": "y"}]})
    answer = shop.get(f"/v1/batches/{sent.get_json()['id']}/results?format=csv")
    (line,) = csv.DictReader(io.StringIO(answer.data.decode(), newline=""))
    return line["sku"]
