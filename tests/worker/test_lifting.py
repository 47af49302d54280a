"""What a picture knows of its product is used: its matte, its transparency, the shadow under it."""

import threading

import cv2
import numpy as np
import pytest

from engine import Ticket
from engine.pixels.closeup import Closeup
from engine.pixels.shadow import lay_under
from engine.quality.channels import ChannelRules, FileFacts, grade
from worker.operations import OperationContext
from worker.operations.lifting import Lifted, lift, own_shadow, warn_of_doubt
from worker.picture import Picture


class NoEngine:
    def submit(self, model, _image, _ticket):
        raise AssertionError(model)


@pytest.fixture
def context():
    return OperationContext(NoEngine(), Ticket(tenant="dev", cancelled=threading.Event()), lambda: None)


@pytest.fixture
def matte():
    matte = np.zeros((120, 100), np.uint8)
    matte[30:90, 25:75] = 255
    return cv2.GaussianBlur(matte, (0, 0), 1.2)


def test_a_transparent_picture_is_its_own_product(matte, context):
    picture = Picture(np.full((120, 100, 3), 90, np.uint8), matte)
    lifted = lift(picture, context)
    assert lifted.matte is picture.alpha
    assert lifted.colors is picture.rgb
    assert lifted.found is None
    assert context.findings == {}


def test_an_opaque_picture_with_a_matte_loses_its_ground(matte, context):
    share = matte[..., None] / 255
    rgb = np.rint((0, 200, 0) * (1 - share) + (200, 0, 0) * share).astype(np.uint8)
    lifted = lift(Picture(rgb, matte=matte), context)
    seen = matte > 25
    assert lifted.colors[seen][:, 1].max() < 60
    assert np.array_equal(lifted.colors[matte == 255], rgb[matte == 255])
    assert (lifted.colors[0, 0] == 255).all()


def test_a_kept_shadow_is_told_from_the_product_again(matte, context):
    colors = np.full((120, 100, 3), (180, 60, 90), np.uint8)
    shade = np.zeros((120, 100), np.float32)
    shade[80:100, 20:80] = 0.5
    shade = cv2.GaussianBlur(shade, (0, 0), 4)
    joint, alpha = lay_under(colors, matte, shade)
    picture = Picture(joint, alpha, matte)
    lifted = lift(picture, context)
    assert np.array_equal(lifted.matte, matte)
    seen = matte > 40
    assert np.abs(lifted.colors[seen].astype(int) - (180, 60, 90)).max() <= 5
    found = own_shadow(picture, lifted)
    below = matte == 0
    assert np.abs(found - shade)[below].max() < 0.01


def test_where_the_alpha_is_less_than_the_matte_no_more_than_it_is_product(matte, context):
    alpha = matte.copy()
    alpha[:60] = 0
    alpha[95:100, 40:60] = 80
    lifted = lift(Picture(np.full((120, 100, 3), 90, np.uint8), alpha, matte), context)
    assert lifted.matte[:60].max() == 0
    assert lifted.matte[97, 50] == 0
    assert lifted.matte[75, 50] == 255


def test_what_only_touches_the_border_is_not_called_cut_off_where_the_channels_rule_finds_it_whole(context):
    matte = np.zeros((120, 100), np.uint8)
    matte[6:90, 10:90] = 255
    matte[0:6, 47:53] = 255  # the tip of a collar: less than a tenth of the product's width
    pixels = np.full((120, 100, 3), 255, np.uint8)
    warn_of_doubt(Lifted(pixels, matte, _sure()), context)
    graded = grade(pixels, FileFacts("jpeg", 1000), matte, ChannelRules(("jpeg",)))
    assert context.warnings == ["look at the border: what was cut out touches it at the top, but is not cut off"]
    assert context.findings["touches"] == ["top"]
    assert next(one.measured for one in graded.grades if one.rule == "whole") == "whole"


def _sure():
    return Closeup(slice(0, 120), slice(0, 100), np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.float32), 0.1, 0.99)


@pytest.mark.parametrize(("top", "sides"), [(30, []), (0, ["top"])])
def test_what_the_networks_found_is_warned_of_where_it_touches_the_border(context, top, sides):
    matte = np.zeros((120, 100), np.uint8)
    matte[top:90, 48:52] = 255  # as thin as a crack in the floor
    warn_of_doubt(Lifted(np.zeros((120, 100, 3), np.uint8), matte, _sure()), context)
    assert context.findings["touches"] == sides
    assert context.warnings == [
        f"the product goes on beyond the picture: it is cut off at the {side}" for side in sides
    ]
