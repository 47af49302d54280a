"""Every rule of a sales channel, on pictures made to keep it and on such that do not."""

import cv2
import numpy as np
import pytest

from engine.quality.channels import Bounds, ChannelRules, FileFacts, Grade, grade

JPEG = FileFacts("jpeg", 90_000)
SIDE = 400


def product(left=40, top=100, right=360, bottom=300, side=SIDE):
    """A striped red product in a box of a white picture; returns (pixels, matte)."""
    pixels = np.full((side, side, 3), 255, np.uint8)
    pixels[top:bottom, left:right] = (180, 40, 40)
    pixels[top:bottom:4, left:right] = (90, 10, 30)
    matte = np.zeros((side, side), np.uint8)
    matte[top:bottom, left:right] = 255
    return pixels, matte


def graded(pixels, matte, facts=JPEG, **rules):
    return grade(pixels, facts, matte, ChannelRules(**{"formats": ("jpeg",), **rules}))


def outcome(rule, pixels, matte, facts=JPEG, **rules) -> Grade:
    (found,) = [each for each in graded(pixels, matte, facts, **rules).grades if each.rule == rule]
    return found


def test_a_picture_that_keeps_every_rule_passes():
    everything = graded(
        *product(), max_bytes=100_000, width_px=Bounds(400, 400), aspect=Bounds(1, 1), megapixels=Bounds(None, 1),
        ground="white", shadow=False, fill=Bounds(0.75, 0.85), most_enlarged=2.0,
    )  # fmt: skip
    assert everything.passed
    assert everything.failed == ()
    assert everything.to_json()["rules"][0] == {
        "rule": "format", "title": "File format", "kind": "technical", "passed": True, "measured": "jpeg",
        "required": "jpeg",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "facts", "rules", "told"),
    [
        ("format", FileFacts("webp", 9), {}, ("webp", "jpeg")),
        ("bytes", FileFacts("jpeg", 1_200_000), {"max_bytes": 1_000_000}, ("1.2 MB", "at most 1 MB")),
        ("color-space", FileFacts("jpeg", 9, "Adobe RGB (1998)"), {}, ("Adobe RGB (1998)", "sRGB")),
        ("width", JPEG, {"width_px": Bounds(500, None)}, ("400 px", "at least 500 px")),
        ("height", JPEG, {"height_px": Bounds(None, 300)}, ("400 px", "at most 300 px")),
        ("longest-side", JPEG, {"longest_px": Bounds(1000, 10000)}, ("400 px", "1,000 to 10,000 px")),
        ("shortest-side", JPEG, {"shortest_px": Bounds(401, None)}, ("400 px", "at least 401 px")),
        ("megapixels", JPEG, {"megapixels": Bounds(None, 0.1)}, ("0.16 MP", "at most 0.1 MP")),
        ("aspect", JPEG, {"aspect": Bounds(0.8, 0.8)}, ("1.000", "exactly 0.8 (width to height)")),
        ("fill", JPEG, {"fill": Bounds(0.85, 1.0)}, ("80.1%", "85 to 100 %")),
        ("enlarged", FileFacts("jpeg", 9, enlarged=2.5), {"most_enlarged": 2.0}, ("2.50 ×", "at most 2 ×")),
        ("outline", FileFacts("jpeg", 9, outline=(0.83, True)), {}, ("83% expected right", "sure of it")),
    ],
)
def test_a_broken_rule_is_told_with_what_was_measured(rule, facts, rules, told):
    found = outcome(rule, *product(), facts, **rules)
    assert not found.passed
    assert (found.measured, found.required) == told


@pytest.mark.parametrize("rule", ["width", "longest-side", "aspect"])
def test_sizes_at_their_bounds_are_kept(rule):
    bounds = {"width_px": Bounds(400, 400), "longest_px": Bounds(None, 400), "aspect": Bounds(1.0, 1.0)}
    assert outcome(rule, *product(), **bounds).passed


def test_an_aspect_that_pixels_cannot_have_exactly_is_forgiven_half_a_pixel():
    pixels, matte = product()
    assert outcome("aspect", pixels[:399], matte[:399], aspect=Bounds(400 / 399.4, 400 / 399.4)).passed
    assert not outcome("aspect", pixels[:396], matte[:396], aspect=Bounds(1, 1)).passed


def test_a_transparent_pixel_is_a_fault_where_there_may_be_none():
    pixels, matte = product()
    alpha = np.full((SIDE, SIDE, 1), 255, np.uint8)
    rgba = np.concatenate([pixels, alpha], axis=2)
    assert outcome("no-alpha", rgba, matte).passed
    rgba[0, 0, 3] = 254
    assert not outcome("no-alpha", rgba, matte).passed
    assert "no-alpha" not in {each.rule for each in graded(rgba, matte, alpha=True).grades}


def test_a_ground_that_is_nearly_white_is_not_white():
    pixels, matte = product()
    pixels[matte == 0] = 254
    assert not outcome("ground", pixels, matte, ground="white").passed
    assert not outcome("border", pixels, matte, ground="white").passed
    assert outcome("ground", pixels, matte, ground="white", white_tolerance=1).passed


def test_a_grey_border_alone_is_seen():
    pixels, matte = product()
    pixels[:2] = 240
    assert not outcome("border", pixels, matte, ground="white").passed
    assert outcome("border", *product(), ground="white").measured == "100.00%"


def test_what_rings_along_the_products_edge_is_no_ground():
    pixels, matte = product()
    near = cv2.dilate(matte, np.ones((17, 17), np.uint8)) > matte
    pixels[near] = 251
    assert outcome("ground", pixels, matte, ground="white").measured == "100.00%"


def test_a_neutral_shade_by_the_product_is_a_fault_only_where_shadows_are_none():
    pixels, matte = product()
    pixels[302:345, 60:340] = 190
    assert not outcome("ground", pixels, matte, ground="white", shadow=False).passed
    assert outcome("ground", pixels, matte, ground="white", shadow=True).passed
    pixels[302:345, 60:340] = (190, 150, 150)
    assert not outcome("ground", pixels, matte, ground="white", shadow=True).passed


def test_a_transparent_ground_is_clear_all_around():
    pixels, matte = product()
    rgba = np.dstack((pixels, matte))
    assert outcome("ground", rgba, matte, ground="transparent", alpha=True).passed
    rgba[..., 3] = np.maximum(rgba[..., 3], 3)
    assert not outcome("ground", rgba, matte, ground="transparent", alpha=True).passed
    assert not outcome("ground", pixels, matte, ground="transparent", alpha=True).passed


def test_without_a_product_the_rules_about_it_fail():
    pixels, _ = product()
    rules = {"ground": "white", "fill": Bounds(0.5, 1)}
    for matte in (None, np.zeros((SIDE, SIDE), np.uint8)):
        failed = {each.rule: each.measured for each in graded(pixels, matte, **rules).grades if not each.passed}
        assert failed == {"ground": "no product was found", "fill": "no product was found"}


def test_a_product_that_the_photo_cuts_off_is_told_with_the_side():
    found = outcome("whole", *product(bottom=400))
    assert (found.passed, found.measured, found.kind) == (False, "cut off at the bottom", "advice")
    assert outcome("whole", *product()).passed


def test_a_product_off_the_middle_is_told():
    assert outcome("centered", *product()).passed
    found = outcome("centered", *product(left=80, right=396))
    assert (found.passed, found.measured) == (False, "9.5% off")


def test_a_blurred_product_is_told_and_a_plain_one_is_not():
    pixels, matte = product()
    checks = np.kron(np.random.default_rng(3).integers(0, 2, (SIDE // 8, SIDE // 8)), np.ones((8, 8))) * 200
    sharp = np.repeat(checks.astype(np.uint8)[..., None], 3, axis=2)
    assert outcome("sharpness", sharp, matte).passed
    found = outcome("sharpness", cv2.GaussianBlur(sharp, (0, 0), 2), matte)
    assert (found.passed, found.kind) == (False, "advice")
    plain = np.full_like(pixels, 128)
    assert outcome("sharpness", plain, matte).measured == "1.00"


def test_what_a_channel_only_recommends_fails_no_picture():
    pixels, matte = product()
    pixels[matte == 0] = 200
    found = graded(
        pixels, matte, ground="white", shadow=False, fill=Bounds(0.9, 1), advice=("ground", "border", "fill")
    )
    assert found.passed
    assert set(found.failed) == {"ground", "border", "fill"}


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 1)])
def test_a_line_of_pixels_is_graded_as_any_picture(shape):
    found = outcome("sharpness", np.full((*shape, 3), 90, np.uint8), np.full(shape, 255, np.uint8))
    assert found.measured == "1.00"
