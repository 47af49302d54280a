"""A job that names masks needs them as it needs its photo: at submit, while it lives, and when it is erased."""

from typing import Any

import pytest

from jobs.problems import ProblemError
from jobs.spec import JobSpec

from .conftest import SHA, Hand, Shop, make_spec

MASK, OTHER = "b" * 64, "c" * 64


def with_masks(*masks: str) -> JobSpec:
    return make_spec(operations=[{"op": "inpaint", "mask": f"sha256:{mask}"} for mask in masks])


def submit(shop: Shop, *masks: str) -> str:
    for sha256 in (SHA, *masks):
        shop.upload(sha256=sha256)
    return shop.store.submit("shop", with_masks(*masks)).job_id


def outlive(shop: Shop, *sha256s: str) -> int:
    shop.store.redis.zadd("packshot:uploads", {f"shop:{sha256}": 1 for sha256 in sha256s})
    return shop.store.reap().uploads


def test_a_spec_tells_its_uploads_once_each_and_where_it_names_them():
    assert with_masks(MASK, OTHER, MASK, SHA).uploads == {
        SHA: "/input/upload",
        MASK: "/operations/0/mask",
        OTHER: "/operations/1/mask",
    }


@pytest.mark.parametrize(
    ("operation", "pointer"),
    [
        ({}, ""),
        ({"mask": f"sha256:{MASK}", "boxes": [{"x": 0, "y": 0, "width": 1, "height": 1}]}, ""),
        ({"mask": "mask.png"}, "/mask"),
        ({"boxes": []}, "/boxes"),
        ({"boxes": [{"x": -1, "y": 0, "width": 1, "height": 1}]}, "/boxes/0/x"),
        ({"boxes": [{"x": 0, "y": 0, "width": 0, "height": 1}]}, "/boxes/0/width"),
        ({"boxes": [{"x": 0, "y": 0, "width": 1}]}, "/boxes/0/height"),
        ({"boxes": [{"x": 0, "y": 0, "width": 1, "height": 1}], "grow_px": 65}, "/grow_px"),
    ],
)
def test_a_wrong_hole_is_pointed_at(operation: dict[str, Any], pointer: str):
    with pytest.raises(ProblemError) as caught:
        make_spec(operations=[{"op": "inpaint", **operation}])
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == [f"/operations/0{pointer}"]


def test_a_job_without_its_mask_is_refused_and_the_mask_pointed_at(shop: Shop):
    for sha256 in (SHA, MASK):
        shop.upload(sha256=sha256)
    shop.upload(tenant="other", sha256=OTHER)
    with pytest.raises(ProblemError, match="upload the mask first") as caught:
        shop.store.submit("shop", with_masks(MASK, OTHER))
    assert [mistake["pointer"] for mistake in caught.value.problem.extra["errors"]] == ["/operations/1/mask"]
    assert shop.store.pending() == 0


def test_masks_stay_while_their_job_lives(shop: Shop, hand: Hand):
    submit(shop, MASK, OTHER)
    assert outlive(shop, SHA, MASK, OTHER) == 0
    assert hand.finish(hand.claim())
    assert outlive(shop, SHA, MASK, OTHER) == 3


def test_erasing_a_job_erases_its_masks(shop: Shop, hand: Hand):
    job_id = submit(shop, MASK)
    hand.finish(hand.claim())
    garbage = shop.store.delete("shop", job_id)
    assert {f"uploads/shop/{sha256}/n0" for sha256 in (SHA, MASK)} <= set(garbage)
    assert shop.store.get_upload("shop", MASK) is None


def test_erasing_a_job_leaves_a_mask_that_another_job_has(shop: Shop, hand: Hand):
    first, second = submit(shop, MASK), submit(shop, OTHER, MASK)
    for _ in range(2):
        hand.finish(hand.claim())
    shop.store.delete("shop", first)
    assert shop.store.get_upload("shop", MASK) is not None
    shop.store.delete("shop", second)
    assert [shop.store.get_upload("shop", sha256) for sha256 in (SHA, MASK, OTHER)] == [None] * 3


def test_a_photo_that_is_its_own_mask_is_counted_once(shop: Shop, hand: Hand):
    job_id = submit(shop, SHA)
    hand.finish(hand.claim())
    shop.store.delete("shop", job_id)
    assert shop.store.redis.exists("packshot:refs", "packshot:live") == 0
