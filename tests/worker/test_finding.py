"""The product of a picture that is liked or varied, as the studio takes it."""

import threading

import numpy as np
import pytest

from engine import Engine, EngineSettings, Ticket
from engine.generation.placing import placed
from jobs.problems import ProblemError
from worker.operations import OperationContext
from worker.operations.finding import product_matte, product_of, rough_matte
from worker.picture import Picture

from .tiny_generator import write_weights


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    weights = write_weights(tmp_path_factory.mktemp("finding") / "weights", generator=False)
    with Engine.start(EngineSettings(backend="onnxruntime", weights_dir=weights, threads=1)) as engine:
        yield engine


@pytest.fixture
def context(engine):
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    return OperationContext(engine, ticket, lambda: None)


def blob(height, width, *, alpha=None):
    y, x = np.mgrid[0:height, 0:width]
    inside = ((x / width - 0.5) / 0.35) ** 2 + ((y / height - 0.5) / 0.25) ** 2 < 1
    rgb = np.full((height, width, 3), 236, np.uint8)
    rgb[inside] = (60, 40, 70)
    return Picture(rgb, alpha)


def test_a_product_is_cut_to_its_box_and_keeps_its_colours(context):
    product = product_of(blob(200, 240), context, "the photo")
    height, width = product.alpha.shape
    assert abs(height - 100) <= 6
    assert abs(width - 168) <= 6
    assert np.abs(np.median(product.colors[product.alpha == 255], axis=0) - (60, 40, 70)).max() <= 2
    assert context.findings == {}
    assert context.warnings == []


def test_a_large_photo_s_product_is_held_small_and_looks_the_same(context):
    large, small = (product_of(blob(side, side), context, "the photo") for side in (1600, 500))
    assert max(large.alpha.shape) == 1024
    difference = placed(large, 128).image.astype(int) - placed(small, 128).image
    assert np.abs(difference).mean() < 2


def test_what_was_transparent_stays_so(context):
    alpha = np.full((200, 240), 255, np.uint8)
    alpha[:, 120:] = 0
    product = product_of(blob(200, 240, alpha=alpha), context, "the photo")
    assert product.alpha.shape[1] <= 120 - 36 + 3


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (3, 3)])
def test_pictures_of_odd_shapes_have_a_product(context, size):
    product = product_of(Picture(np.full((*size, 3), 90, np.uint8)), context, "the photo")
    assert placed(product, 128).image.shape == (128, 128, 3)


def test_a_picture_of_which_nothing_is_seen_has_none(context):
    with pytest.raises(ProblemError, match=r"the photo: .*no product is to be seen") as caught:
        product_of(blob(200, 240, alpha=np.zeros((200, 240), np.uint8)), context, "the photo")
    assert caught.value.problem.type == "no-product-found"


def test_a_rough_look_finds_about_the_same_product(context):
    picture = blob(120, 90)
    rough, drawn = rough_matte(picture.rgb, context), product_matte(picture, context)
    assert rough.shape == drawn.shape
    both = (rough > 127) & (drawn > 127)
    assert both.sum() > 0.8 * max((rough > 127).sum(), (drawn > 127).sum())
