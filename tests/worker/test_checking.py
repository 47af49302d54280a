"""A photo graded as it is, with networks that see a red product on a green floor."""

import numpy as np
import pytest

from jobs.presets import read_presets
from worker.checking import UploadedPhoto, check
from worker.decoder_child import DecodedFacts

from .test_auto import Networks as Lights
from .test_renditions import GREEN, Networks, photo, source

PRESETS = read_presets()


class Both(Networks):
    """Finds products, and answers `relight` and `restore` as planted."""

    def __init__(self, **planted):
        super().__init__()
        self.lights = Lights(**planted)

    def submit(self, model, image, ticket):
        if model in {"relight", "restore"}:
            return self.lights.submit(model, image, ticket)
        return super().submit(model, image, ticket)


def checked(picture, *names, networks=None, profile="sRGB", size=50_000, kind="jpeg"):
    facts = DecodedFacts(picture.width, picture.height, False, kind, "RGB", 1, profile)
    context = source(picture, networks or Both()).context
    return check(UploadedPhoto(picture, facts, size), {name: PRESETS[name] for name in names}, context)


def failed(graded):
    return {rule["rule"] for rule in graded["rules"] if not rule["passed"]}


def test_every_rule_that_a_photo_breaks_is_told_for_each_channel():
    found = checked(photo(), "amazon-main", "ebay", "instagram-square")
    assert failed(found["amazon-main"]) == {"longest-side", "border", "ground", "fill"}
    assert failed(found["ebay"]) == set()
    assert found["ebay"]["passed"]
    assert failed(found["instagram-square"]) == {"aspect"}


def test_a_photo_that_is_fit_and_clean_has_no_proposal():
    assert checked(photo(), "ebay")["ebay"]["proposal"] is None


def test_a_proposal_is_a_part_of_a_spec_with_reasons():
    found = checked(photo(), "instagram-square", networks=Both(light=(0.2, 0.2, 0.2)))
    proposal = found["instagram-square"]["proposal"]
    assert proposal["operations"][0]["op"] == "relight"
    assert proposal["renditions"] == ["instagram-square"]
    assert proposal["because"][1:] == ["it is framed anew around the product"]


def test_a_photo_without_a_product_cannot_be_mended_for_a_white_ground():
    empty = photo().with_rgb(np.full((533, 400, 3), GREEN, np.uint8))
    found = checked(empty, "amazon-main", "instagram-square")
    assert found["amazon-main"]["proposal"]["renditions"] == []
    assert "only another photo" in found["amazon-main"]["proposal"]["because"][0]
    assert found["instagram-square"]["proposal"]["renditions"] == ["instagram-square"]


@pytest.mark.parametrize(("profile", "fit"), [("sRGB IEC61966-2.1", True), ("none", True), ("Display P3", False)])
def test_the_colour_space_is_that_of_the_file(profile, fit):
    (rule,) = [
        rule for rule in checked(photo(), "ebay", profile=profile)["ebay"]["rules"] if rule["rule"] == "color-space"
    ]
    assert rule["passed"] is fit


def test_weight_and_format_are_those_of_the_file():
    found = checked(photo(), "amazon-main", size=12_000_000, kind="heic")
    assert failed(found["amazon-main"]) >= {"bytes", "format"}
    assert not found["amazon-main"]["passed"]


def test_the_product_is_looked_for_once():
    networks = Both()
    checked(photo(), "amazon-main", "google-shopping", "ebay", networks=networks)
    assert networks.asked.count("cutout") <= 2
