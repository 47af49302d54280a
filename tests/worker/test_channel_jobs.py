"""Jobs that make renditions, check photos or find out what they need, through a worker with the fake engine."""

import io
import json

import numpy as np
from PIL import Image

from jobs.presets import read_presets
from jobs.spec import validate_spec
from jobs.states import State
from worker.drain import Drain
from worker.tasks import attempt_next_job


def submit(workshop, client, photo=None, **spec):
    """Run a job of the client's photo whose spec is `spec` alone; returns its view."""
    upload = client.upload(photo or picture())
    job_id = client.store.submit("dev", validate_spec({"input": {"upload": upload}, **spec})).job_id
    assert attempt_next_job(workshop, Drain(lambda: None))
    return client.view(job_id)


def picture(width=800, height=600):
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    file = io.BytesIO()
    Image.fromarray(np.stack((x, y, 255 - x), axis=-1).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_a_job_of_renditions_alone_writes_a_file_for_each_channel(workshop, client):
    view = submit(workshop, client, renditions=["ebay", "instagram-square"])
    assert view.state is State.SUCCEEDED, view.problem
    assert [(output.rendition, output.name) for output in view.outputs] == [
        ("ebay", "ebay.jpg"),
        ("instagram-square", "instagram-square.jpg"),
    ]
    entries = view.manifest["outputs"]
    assert [entry["checks"]["passed"] for entry in entries] == [True, True]
    assert entries[0]["quality"] == 92
    stored = client.blobs.get(view.outputs[1].path)
    assert Image.open(io.BytesIO(stored)).size == (view.outputs[1].width, view.outputs[1].height)
    assert view.manifest["renditions"][0]["warnings"] == []


def test_the_plain_result_comes_first_where_it_was_asked_for(workshop, client):
    operations = [{"op": "rotate", "angle": 90}]
    view = submit(workshop, client, operations=operations, renditions=["ebay"], output={"format": "png"})
    assert [(output.format, output.name) for output in view.outputs] == [("png", ""), ("jpeg", "ebay.jpg")]
    assert view.outputs[1].height > view.outputs[1].width


def test_the_manifest_offers_files_of_several_widths_in_one_snippet(workshop, client):
    view = submit(workshop, client, renditions=["web-responsive"])
    assert len(view.outputs) == 9  # 320, 640, and the photo's own 800, in three formats
    (snippet,) = view.manifest["srcset"]["web-responsive"]
    assert all(output.name in snippet for output in view.outputs)


def test_a_check_grades_the_photo_and_makes_no_file(workshop, client):
    view = submit(workshop, client, renditions=["amazon-main", "ebay"], check=True)
    assert (view.state, len(view.outputs)) == (State.SUCCEEDED, 0)
    check = view.manifest["check"]
    assert list(check) == ["amazon-main", "ebay"]
    failed = {rule["rule"]: rule["measured"] for rule in check["amazon-main"]["rules"] if not rule["passed"]}
    assert failed["longest-side"] == "800 px"
    assert not check["amazon-main"]["passed"]
    proposal = check["amazon-main"]["proposal"]
    assert proposal["renditions"] == ["amazon-main"]
    assert "it is brought to a size that the channel takes" in proposal["because"]
    json.dumps(view.manifest)


def test_a_check_beside_operations_grades_the_photo_as_it_was(workshop, client):
    operations = [{"op": "resize", "width": 1200}]
    view = submit(workshop, client, operations=operations, renditions=["ebay"], check=True)
    (rule,) = [rule for rule in view.manifest["check"]["ebay"]["rules"] if rule["rule"] == "longest-side"]
    assert rule["measured"] == "800 px"
    assert [output.rendition for output in view.outputs] == ["ebay"]


def test_auto_tells_what_it_did_and_why(workshop, client):
    view = submit(workshop, client, operations="auto", renditions=["ebay"])
    assert view.state is State.SUCCEEDED, view.problem
    (entry,) = view.manifest["operations"]
    assert entry["op"] == "auto"
    for applied in entry["findings"]["applied"]:
        assert applied["op"] in {"relight", "restore"}
        assert applied["because"]


def test_a_channel_that_this_worker_does_not_know_fails_the_job(workshop, client):
    workshop.presets = {"etsy": read_presets()["etsy"]}
    view = submit(workshop, client, renditions=["ebay"])
    assert (view.state, view.problem.type) == (State.FAILED, "invalid-parameter")


def test_a_frame_larger_than_anything_may_become_is_refused(workshop, client):
    workshop.settings = workshop.settings.model_copy(update={"max_output_megapixels": 2})
    view = submit(workshop, client, renditions=["ebay"])
    assert view.problem.type == "output-dimensions"
    assert "the rendition ebay would be 1600 × 1600, 2.6 megapixels; allowed: 2" in view.problem.detail


def test_a_file_that_breaks_a_rule_marks_the_job_for_review(workshop, client):
    strict = read_presets()["ebay"]
    rules = strict.rules.model_copy(update={"max_bytes": 900})
    workshop.presets = {"ebay": strict.model_copy(update={"rules": rules}), "etsy": read_presets()["etsy"]}
    view = submit(workshop, client, renditions=["ebay", "etsy"])
    assert [entry["checks"]["passed"] for entry in view.manifest["outputs"]] == [False, True]
    assert view.manifest["review"]["needs_review"]
    assert ("rule", "bytes", 0) in [
        (reason["measure"], reason.get("rule"), reason["output"]) for reason in view.manifest["review"]["reasons"]
    ]
    assert view.outputs[0].needs_review
