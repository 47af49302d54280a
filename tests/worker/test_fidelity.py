"""Fidelity reports along a job: what was asked is followed, and the file's own pixels are measured."""

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine import Ticket
from jobs.problems import ProblemError
from jobs.spec import OutputSpec
from worker import fidelity as fidelity_of_worker
from worker.encoding import encode
from worker.fidelity import Fidelity
from worker.operations import OperationContext
from worker.picture import Picture
from worker.results import File
from worker.review import measures

HEIGHT, WIDTH = 320, 260


def photo(*, matte=True):
    """A woven green product on grey."""
    random = np.random.default_rng(5)
    weave = cv2.GaussianBlur(random.normal(0, 45, (HEIGHT, WIDTH)), (0, 0), 2)[..., None]
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    inside[50:270, 60:200] = 255
    rgb = np.where(inside[..., None] > 0, np.array([60, 120.0, 70]) + weave, 180)
    picture = Picture(np.clip(np.rint(rgb), 0, 255).astype(np.uint8), None, inside, np.eye(3))
    return picture if matte else replace(picture, matte=None)


@pytest.fixture
def context():
    ticket = Ticket(tenant="dev", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    return OperationContext(None, ticket, lambda: None)


@pytest.fixture
def searched(monkeypatch):
    """Counts how often the networks are asked for the product; they find it."""
    asked = []

    def found(seen, _context):
        asked.append(seen.shape[1::-1])
        return cv2.resize(photo().matte, seen.shape[1::-1], interpolation=cv2.INTER_AREA)

    monkeypatch.setattr(fidelity_of_worker, "rough_matte", found)
    return asked


def file_of(picture, **output):
    return File(encode(picture, OutputSpec(**output)), picture)


def followed(op, before, after):
    """The report's maker after one operation."""
    fidelity = Fidelity(replace(before, matte=None))
    fidelity.follow(op, before, [after])
    return fidelity


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "avif"])
def test_a_file_s_own_pixels_are_compared_so_that_compression_counts(context, format_name):
    picture = photo()
    fine = followed("cutout", picture, picture).report(file_of(picture, format=format_name), picture, context)
    assert (fine["product"], fine["asked"], fine["compared"]) == ("found", ["cutout"], True)
    assert fine["beyond_light"]["mean"] < 1.5
    if format_name != "png":
        file = file_of(picture, format=format_name, quality=3)
        poor = followed("cutout", picture, picture).report(file, picture, context)
        assert poor["beyond_light"]["mean"] > fine["beyond_light"]["mean"] + 0.5


def test_the_networks_are_asked_once_where_no_operation_found_the_product(context, searched):
    picture = photo(matte=False)
    after = replace(picture, rgb=cv2.GaussianBlur(picture.rgb, (0, 0), 0.5))
    fidelity = followed("restore", picture, after)
    reports = [fidelity.report(file_of(after), after, context) for _ in range(2)]
    assert [report["product"] for report in reports] == ["found", "found"]
    assert searched == [(WIDTH, HEIGHT)]
    assert max(reports[0]["frame_px"]) < HEIGHT


def test_nobody_is_asked_where_pixels_were_only_moved(context, searched):
    picture = photo(matte=False)
    half = picture.moved(lambda pixels: np.ascontiguousarray(pixels[:, : WIDTH // 2]), np.eye(3))
    report = followed("crop", picture, half).report(file_of(half), half, context)
    assert (report["product"], searched) == ("whole picture", [])
    assert report["beyond_light"]["mean"] < 1.5
    assert "cut_off" not in measures(report)


def test_a_photo_in_which_nothing_stands_out_is_compared_whole(context, monkeypatch):
    def nothing(_picture, _context):
        raise ProblemError("no-product-found", "nothing")

    monkeypatch.setattr(fidelity_of_worker, "rough_matte", nothing)
    picture = photo(matte=False)
    after = replace(picture)
    report = followed("restore", picture, after).report(file_of(after), after, context)
    assert (report["product"], report["frame_px"]) == ("not found", (WIDTH, HEIGHT))


def test_light_that_was_asked_for_is_told_apart_from_light_that_was_not(context):
    picture = photo()
    warm = replace(picture, rgb=np.clip(picture.rgb * np.array([1.35, 1.0, 0.7]), 0, 255).astype(np.uint8))
    asked = measures(followed("relight", picture, warm).report(file_of(warm), warm, context))
    unasked = measures(followed("restore", picture, warm).report(file_of(warm), warm, context))
    assert asked["asked_light"] > 5 > 2 > asked["unasked_light"]
    assert unasked["unasked_light"] > 5 > unasked["asked_light"] == 0


def test_filled_holes_are_no_part_of_the_product_any_more(context):
    picture = photo()
    rgb = picture.rgb.copy()
    rgb[120:150, 100:140] = 180
    filled = replace(picture, rgb=rgb)
    report = followed("inpaint", picture, filled).report(file_of(filled, format="png"), filled, context)
    assert report["filled_share"] == pytest.approx(34 * 44 / (220 * 140), rel=0.1)
    assert report["worst_color"]["value"] < 1
    spoilt = followed("restore", picture, filled).report(file_of(filled, format="png"), filled, context)
    assert spoilt["worst_color"]["value"] > 10


def test_each_of_several_recoloured_pictures_has_its_own_colour(context):
    picture = photo()
    dyed = [replace(picture, rgb=np.ascontiguousarray(picture.rgb[..., order])) for order in ([1, 0, 2], [0, 2, 1])]
    fidelity = Fidelity(picture)
    fidelity.follow("recolor", picture, dyed)
    for one in dyed:
        report = fidelity.report(file_of(one, format="png"), one, context)
        assert report["difference"]["mean"] > 10
        assert report["worst_color"]["value"] < 1
        assert report["worst_texture"]["value"] < 0.1


def test_the_place_of_the_worst_patch_is_in_the_file_s_pixels(context):
    picture = photo()
    rgb = picture.rgb.copy()
    rgb[120:160, 100:140] = (200, 30, 30)
    large = cv2.resize(rgb, (WIDTH * 10, HEIGHT * 10), interpolation=cv2.INTER_CUBIC)
    matte = cv2.resize(picture.matte, (WIDTH * 10, HEIGHT * 10))
    spoilt = Picture(large, None, matte, np.diag([10.0, 10.0, 1.0]))
    report = followed("upscale", picture, spoilt).report(file_of(spoilt), spoilt, context)
    x, y, width, height = report["worst_color"]["box"]
    assert 1000 < x + width / 2 < 1400
    assert 1200 < y + height / 2 < 1600


def test_pictures_that_were_made_have_nothing_to_be_held_against(context):
    made = replace(photo(), origin=None)
    fidelity = Fidelity(photo())
    fidelity.follow("variations", None, [made])
    assert fidelity.report(file_of(made), made, context) == {"generated": True, "compared": False}
    assert Fidelity(None).report(file_of(made), made, context) == {"generated": True, "compared": False}


def enlarged(picture, times):
    """So many pixels for each of the picture's, so that its origin is a scale."""
    height, width = picture.rgb.shape[0] * times, picture.rgb.shape[1] * times
    sizes = {"dsize": (width, height), "interpolation": cv2.INTER_CUBIC}
    origin = np.diag([times, times, 1.0])
    return Picture(cv2.resize(picture.rgb, **sizes), None, cv2.resize(picture.matte, **sizes), origin)


def test_a_jpeg_far_finer_than_its_photo_is_read_back_reduced_and_measures_the_same(context):
    taken, output = photo(), OutputSpec(format="jpeg", quality=95)
    large = enlarged(taken, 5)
    painted = large.rgb.copy()
    painted[600:750, 500:650] = (200, 40, 40)
    made = large.with_rgb(painted)
    file = File(encode(made, output), made)
    png = File(encode(made, OutputSpec(format="png")), made)
    reports = []
    for each in (file, png):  # a PNG is always read whole
        fidelity = Fidelity(taken)
        fidelity.follow("upscale", taken, [made])
        reports.append(fidelity.report(each, made, context))
    reduced, _ = fidelity_of_worker._read_back(file.encoded, 6.0)
    assert reduced.shape[:2] == (HEIGHT * 5 // 4, WIDTH * 5 // 4)
    jpeg_found, png_found = reports
    assert jpeg_found["frame_px"] == png_found["frame_px"]
    assert jpeg_found["beyond_light"]["mean"] == pytest.approx(png_found["beyond_light"]["mean"], abs=0.3)
    x, y, width, height = jpeg_found["worst_color"]["box"]
    assert x < 575 < x + width
    assert y < 675 < y + height
    assert jpeg_found["outline"]["missing"] == pytest.approx(png_found["outline"]["missing"], abs=0.01)


def test_a_jpeg_less_than_three_times_as_fine_as_its_frame_is_read_back_whole():
    file = encode(photo(), OutputSpec(format="jpeg"))
    whole, scale = fidelity_of_worker._read_back(file, 2.9)
    assert whole.shape == (HEIGHT, WIDTH, 3)
    assert scale == (1.0, 1.0)


def grown(width, height):
    """The photo at another size, an operation's picture of it with a spot, and where that is."""
    taken = photo()
    sizes = {"dsize": (width, height), "interpolation": cv2.INTER_CUBIC}
    large = Picture(cv2.resize(taken.rgb, **sizes), None, cv2.resize(taken.matte, **sizes), np.eye(3))
    x, y = 120 * width // WIDTH, 150 * height // HEIGHT
    painted = large.rgb.copy()
    painted[y - height // 20 : y + height // 20, x - width // 20 : x + width // 20] = (200, 40, 40)
    return large, large.with_rgb(painted), (x, y)


@pytest.mark.parametrize("size", [(1301, 1601), (1663, 2047), (1667, 2051), (3331, 4099), (2101, 3)])
def test_of_a_large_photo_no_more_is_kept_than_two_thousand_pixels_a_side(size):
    large = Picture(np.full((size[1], size[0], 3), 90, np.uint8))
    kept = Fidelity(large)._photo
    assert 1024 <= max(kept.shape) < 2048
    assert min(kept.shape[:2]) >= 1
    assert (kept is large.rgb) == (max(size) < 2048)


@pytest.mark.parametrize("size", [(1301, 1601), (1667, 2051)])
def test_what_was_done_to_a_large_photo_is_found_in_its_place(context, size):
    taken, made, (x, y) = grown(*size)
    before = taken.rgb.copy(), made.rgb.copy()
    for op in ("relight", "restore"):
        report = followed(op, taken, made).report(file_of(made, format="png"), made, context)
        left, top, width, height = report["worst_color"]["box"]
        assert report["worst_color"]["value"] > 10
        assert left < x < left + width
        assert top < y < top + height
    assert np.array_equal(before[0], taken.rgb)
    assert np.array_equal(before[1], made.rgb)


def test_a_large_photo_is_looked_at_by_half_its_pixels(context, searched):
    taken, made, _ = grown(1301, 1601)
    taken, made = (replace(picture, matte=None) for picture in (taken, made))
    fidelity = followed("restore", taken, made)
    report = fidelity.report(file_of(made), made, context)
    assert searched == [(650, 800)]
    assert report["product"] == "found"
    assert fidelity._matte.shape == (1601, 1301)
    inside = cv2.resize(photo().matte, (1301, 1601)) > 127
    assert ((fidelity._matte > 127) == inside).mean() > 0.995
