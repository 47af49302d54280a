"""Whether made pictures have the shape that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.shapes import WantedShape
from engine.images import Image
from tests.engine.generation.painter import painting

NAVY = (31, 41, 77)


def _dress(sleeve_px: int) -> Image:
    """A trunk of 30 × 90 pixels, with sleeves of that width at both sides of its upper half."""
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[20:110, 49:79] = NAVY
    picture[20:65, 49 - sleeve_px : 79 + sleeve_px] = NAVY
    return picture


def test_any_shape_will_do_where_none_was_asked_for() -> None:
    wanted = WantedShape(steps={"brightness": 2.0, "sleeves": 0.5})
    assert not wanted.chooses
    assert wanted.scores(_dress(10)) == {}
    assert wanted.differences(_dress(10)) == ()


@pytest.mark.parametrize(("step", "better"), [(2.0, [20, 10]), (-2.0, [0])])
def test_more_or_less_of_a_quantity_is_better_as_it_was_asked_for(step: float, better: list[int]) -> None:
    wanted = WantedShape(steps={"sleeves": step})
    scores = {px: wanted.scores(_dress(px))["sleeves"] for px in (0, 10, 20)}
    assert wanted.chooses
    ranked = sorted(scores, key=scores.__getitem__, reverse=True)
    assert [px for px in ranked if not wanted.differences(_dress(px))] == better
    assert ranked[: len(better)] == better


def test_the_nearest_aspect_is_best_and_a_far_one_is_told() -> None:
    wanted = WantedShape(aspect=1.6)
    near, far = wanted.scores(painting(1.5, NAVY)), wanted.scores(painting(0.8, NAVY))
    assert near["aspect"] > far["aspect"]
    assert wanted.differences(painting(1.5, NAVY)) == ()
    (fault,) = wanted.differences(painting(0.8, NAVY))
    assert fault.reason == "aspect"
    assert fault.detail.startswith("1.60 times as high as wide was asked for, and it is 0.")
