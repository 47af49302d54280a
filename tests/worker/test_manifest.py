"""What a finished job's manifest says for whoever checks it, or does it again."""

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from jobs.spec import validate_spec
from jobs.spec.review import Review
from worker import fidelity
from worker.drain import Drain
from worker.tasks import attempt_next_job

from .conftest import TENANT, png


@pytest.fixture
def done(workshop, client):
    """Takes one job all the way; returns its view."""

    def run(*operations, **spec):
        job_id = client.submit(*operations, **spec)
        attempt_next_job(workshop, Drain(lambda: None, leave=pytest.fail))
        view = client.view(job_id)
        assert view.problem is None
        return view

    return run


def test_the_spec_is_told_whole_with_its_seed_and_without_what_concerns_one_job_alone(done):
    asked = {"output": {"format": "webp", "quality": 70}, "external_id": "SKU-1", "metadata": {"a": "b"}}
    spec = done({"op": "resize", "width": 30}, **asked).manifest["spec"]
    assert spec["operations"][0]["width"] == 30
    assert spec["output"] == {"format": "webp", "quality": 70}
    assert isinstance(spec["seed"], int)
    assert {"external_id", "metadata", "priority"}.isdisjoint(spec)
    assert validate_spec(spec).seed == spec["seed"]


def test_the_manifest_s_spec_makes_the_same_bytes_again(done, client, workshop):
    first = done({"op": "restore"}, {"op": "rotate", "angle": 10}, output={"format": "jpeg", "quality": 77})
    again = workshop.store.submit(TENANT, validate_spec(first.manifest["spec"])).job_id
    attempt_next_job(workshop, Drain(lambda: None, leave=pytest.fail))
    assert client.view(again).outputs[0].sha256 == first.outputs[0].sha256


def test_channels_are_told_as_they_were_with_a_digest(done):
    manifest = done({"op": "resize", "width": 60}, renditions=["web-responsive"]).manifest
    told = dict(manifest["presets"]["web-responsive"])
    digest = told.pop("digest")
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    assert told["made"]["widths"]


def test_libraries_that_have_a_hand_in_the_bytes_are_told(done):
    assert {"python", "numpy", "opencv", "pillow", "webp", "avif"} <= set(done().manifest["software"])


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "avif"])
def test_a_file_and_its_manifest_name_the_same_source(done, client, format_name):
    view = done({"op": "restore"}, output={"format": format_name})
    assert view.manifest["outputs"][0]["digital_source_type"] == "algorithmicallyEnhanced"
    image = client.image(view.id)
    assert b"digitalsourcetype/algorithmicallyEnhanced" in _xmp(image)
    moved = done({"op": "crop", "aspect": "1:1"}, output={"format": format_name})
    assert "digital_source_type" not in moved.manifest["outputs"][0]
    assert not _xmp(client.image(moved.id))


def test_an_output_over_a_limit_is_marked_in_record_and_manifest(done, monkeypatch):
    monkeypatch.setattr(fidelity, "rough_matte", lambda seen, _: np.full(seen.shape[:2], 255, np.uint8))
    photo = _noisy()
    view = done({"op": "relight", "strength": 0, "exposure": 1.0}, photo=photo, review={"asked_light": 0.0})
    (reason,) = [each for each in view.manifest["review"]["reasons"] if each["measure"] == "asked_light"]
    assert reason["output"] == 0
    assert view.outputs[0].needs_review
    honest = done({"op": "crop", "aspect": "1:1"}, photo=photo)
    assert honest.manifest["review"] == {"needs_review": False, "reasons": []}
    assert not honest.outputs[0].needs_review


def test_the_operator_s_limits_hold_where_a_spec_sets_none(done, workshop):
    strict = Review(beyond_light=0.0, worst_color=0.0)
    workshop.settings = workshop.settings.model_copy(update={"review": strict})
    crop = {"op": "crop", "aspect": "1:1"}
    measures = {each["measure"] for each in done(crop, photo=_noisy()).manifest["review"]["reasons"]}
    assert {"beyond_light", "worst_color"} <= measures
    lenient = {"beyond_light": 50.0, "worst_color": 50.0}
    assert not done(crop, photo=_noisy(), review=lenient).manifest["review"]["needs_review"]


def test_a_report_tells_what_it_compared(done):
    report = done({"op": "crop", "aspect": "1:1"}, photo=png(96, 64)).manifest["outputs"][0]["fidelity"]
    assert (report["product"], report["asked"], report["compared"]) == ("whole picture", ["crop"], True)
    assert report["frame_px"] == [96, 64]
    assert report["outline"]["cut_off"] == pytest.approx(1 / 3, abs=0.01)


def _noisy():
    noise = Image.effect_noise((96, 72), 60)
    file = io.BytesIO()
    Image.merge("RGB", (noise, noise.rotate(180), noise)).save(file, "PNG")
    return file.getvalue()


def _xmp(image):
    image.load()
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return found if isinstance(found, bytes) else found.encode()
