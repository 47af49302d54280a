"""What a job will take, told before any of it is done."""

import numpy as np
import pytest

from jobs.problems import ProblemError
from jobs.spec import validate_spec
from jobs.spec.enlarging import KEEPING
from worker.picture import Picture
from worker.plan import NO_PICTURE, Extent, Plan, check_next

PHOTO = {"upload": "sha256:" + "0" * 64}


def plan_of(*operations, size=NO_PICTURE, **fields):
    beginning = {} if size == NO_PICTURE else {"input": PHOTO}
    return Plan.of(validate_spec({**beginning, "operations": list(operations), **fields}), size)


def test_pictures_are_counted_from_where_they_are_made():
    plan = plan_of(
        {"op": "relight"}, {"op": "variations", "count": 6, "size_px": 64}, {"op": "restore"}, size=(400, 300)
    )
    assert plan.extents == (Extent(400, 300, 1), Extent(400, 300, 1), Extent(64, 64, 6), Extent(64, 64, 6))


def test_a_wish_begins_with_nothing():
    plan = plan_of({"op": "generate", "count": 2, "size_px": 100}, {"op": "resize", "width": 50})
    assert [extent.total_px for extent in plan.extents] == [0, 20_000, 5_000]


def test_pictures_that_wait_take_a_quarter_of_one_in_work():
    plan = plan_of({"op": "generate", "count": 9, "size_px": 1000})
    assert plan.held_px(10**9) == 3 * 1024**2
    assert plan.held_px(500_000) == 1_500_000


@pytest.mark.parametrize(("size_px", "side_px"), [(64, 128), (128, 128), (129, 256), (300, 512), (513, 1024)])
def test_made_pictures_take_what_the_networks_make_of_them(size_px, side_px):
    plan = plan_of({"op": "generate", "count": 5, "size_px": size_px}, {"op": "resize", "width": 10})
    assert plan.held_px(10**9) == 2 * side_px**2


def test_a_large_photo_may_take_more_than_its_variations():
    assert plan_of({"op": "variations", "count": 2, "size_px": 64}, size=(4000, 3000)).held_px(10**9) == 12_000_000


def test_all_pictures_together_are_held_against_the_limit():
    plan = plan_of({"op": "generate", "count": 10, "size_px": 1000}, {"op": "resize", "width": 10})
    plan.check(10.0, alpha=False)
    with pytest.raises(ProblemError, match=r"generate would make 10 pictures of 1000 × 1000, 10\.0 megapixels in all"):
        plan.check(9.99, alpha=False)


def test_one_picture_is_told_by_itself():
    with pytest.raises(ProblemError, match=r"resize would make 3000 × 3000, 9\.0 megapixels; allowed: 8"):
        plan_of({"op": "resize", "width": 3000, "height": 3000}, size=(30, 30)).check(8, alpha=False)


def test_stages_weigh_all_pictures():
    one, four = (dict(plan_of({"op": "generate", "count": count}, {"op": "restore"}).stages()) for count in (1, 4))
    assert one.keys() == {"decode", "generate", "restore", "encode"}
    assert one["decode"] == 0
    assert four == {name: weight * 4 for name, weight in one.items()}


@pytest.mark.parametrize(
    "operation",
    [{"op": "crop", "product": True}, {"op": "rotate", "angle": "auto"}, {"op": "perspective", "auto": True}],
)
def test_what_an_operation_only_finds_out_is_planned_at_its_most(operation):
    extent = plan_of(operation, size=(400, 300)).extents[-1]
    assert extent.width >= 400
    assert extent.height >= 300


def test_a_picture_that_turned_out_taller_than_planned_is_refused_then():
    plan = plan_of({"op": "crop", "product": True}, {"op": "resize", "width": 3000}, size=(4000, 3000))
    plan.check(12, alpha=False)
    resize = plan.spec.operations[1]
    check_next(resize, Picture(np.zeros((750, 1000, 3), np.uint8)), 1, 12)
    with pytest.raises(ProblemError, match=r"resize would make 3000 × 30000, 90\.0 megapixels; allowed: 12"):
        check_next(resize, Picture(np.zeros((300, 30, 3), np.uint8)), 1, 12)
    with pytest.raises(ProblemError, match=r"resize would make 2 pictures of 3000 × 2250, 13\.5 megapixels in all"):
        check_next(resize, Picture(np.zeros((75, 100, 3), np.uint8)), 2, 12)


PARAMETERS = {
    "inpaint": {"boxes": [{"x": 1, "y": 1, "width": 4, "height": 4}]},
    "recolor": {"colors": ["#aa2211", "#22aa11"]},
}


@pytest.mark.parametrize("op", sorted(KEEPING))
def test_what_a_submission_takes_for_keeping_the_size_keeps_it(op):
    plan = plan_of({"op": op, **PARAMETERS.get(op, {})}, size=(300, 200))
    assert (plan.extents[-1].width, plan.extents[-1].height) == (300, 200)
