"""The planted edits of the fidelity benchmark, on a product without networks."""

import cv2
import numpy as np
import pytest

from benchmarks.fidelity import tally_of
from benchmarks.fidelity_edits import Subject, falsified_edits, honest_edits
from worker.picture import Picture

SIDE = 240


def subject(seed):
    """A woven product, lighter at its top, whose networks changed nothing; another weave for every seed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    weave = cv2.GaussianBlur(random.normal(0, 60, (SIDE, SIDE)), (0, 0), 2.0)[..., None]
    rgb = np.array([170, 70, 60]) + weave - y[..., None] / 5
    matte = np.where(((x - 120) / 70) ** 2 + ((y - 120) / 95) ** 2 < 1, 255, 0).astype(np.uint8)
    rgb = np.clip(np.where(matte[..., None] > 0, rgb, 190), 0, 255).astype(np.uint8)
    photo = Picture(rgb, None, matte, np.eye(3))
    cut = Picture(rgb, matte, matte, np.eye(3))
    return Subject(f"shirt/{seed}", photo, photo, photo, cut, cut, photo)


@pytest.fixture(scope="module")
def subjects():
    return [subject(seed) for seed in (1, 2)]


@pytest.mark.parametrize("name", ["JPEG 80", "resize to 60 %", "crop", "rotate by 6°", "cutout on white"])
def test_honest_edits_are_not_marked(subjects, name):
    tally = tally_of(honest_edits()[name], name, subjects)
    assert (tally.marked, tally.compared) == (0, 2)


@pytest.mark.parametrize("name", ["print moved", "part cut away", "texture smoothed", "another product", "mirrored"])
def test_planted_falsehoods_are_marked(subjects, name):
    tally = tally_of(falsified_edits(subjects)[name], name, subjects)
    assert (tally.marked, tally.compared) == (2, 2)
