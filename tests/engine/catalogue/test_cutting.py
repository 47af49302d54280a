from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.images import Image
from engine.training.catalogue.cutting import Cutter
from engine.training.catalogue.errors import UnfitError

_WEIGHTS = Path(__file__).parents[3] / "engine" / "weights"


@pytest.fixture(scope="module")
def cutter() -> Cutter:
    return Cutter(_WEIGHTS, threads=1)


def _floor() -> Image:
    grain = np.random.default_rng(2).normal(0, 4, (320, 320, 1))
    return np.clip(np.array([176, 150, 120]) + grain, 0, 255).astype(np.uint8)


def test_a_product_on_a_floor_is_cut_out_in_its_own_colours(cutter: Cutter) -> None:
    photo = _floor()
    photo[80:240, 110:210] = (30, 40, 120)
    cutout = cutter.cut(photo)
    assert (cutout.alpha > 127).sum() == pytest.approx(160 * 100, rel=0.05)
    assert np.abs(np.median(cutout.colors[cutout.alpha > 250], axis=0) - (30, 40, 120)).max() <= 2
    assert 0.94 <= cutout.confidence <= 1


def test_a_bare_floor_shows_no_product(cutter: Cutter) -> None:
    with pytest.raises(UnfitError) as unfit:
        cutter.cut(_floor())
    assert unfit.value.reason in ("no-product", "doubtful-cutout")


def test_a_product_that_goes_on_beyond_the_photo_is_unfit(cutter: Cutter) -> None:
    photo = _floor()
    photo[160:, 110:210] = (30, 40, 120)
    with pytest.raises(UnfitError, match="beyond the bottom") as unfit:
        cutter.cut(photo)
    assert unfit.value.reason == "cut-off"


def test_the_networks_are_named_by_their_folders(cutter: Cutter) -> None:
    assert [name.rsplit("-", 1)[0] for name in cutter.versions] == ["cutout", "cutout-edges"]
