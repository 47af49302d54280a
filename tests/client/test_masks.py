"""Files that an operation names go to the server with the photo."""

import json
from pathlib import Path

import pytest

from packshot import errors
from packshot.operation_text import parse_operation, with_uploads

from .conftest import Answer
from .test_transport import JOB, UPLOAD

GONE = {"pointer": "/operations/0/mask", "detail": "there is no upload sha256:ab; upload the mask first"}


def refusal(**mistake):
    document = {"type": "/problems/invalid-parameter", "title": "T", "errors": [mistake]}
    return Answer(422, json.dumps(document).encode())


def upload_answer(name):
    return Answer(201, json.dumps(json.loads(UPLOAD) | {"id": name}).encode())


def submitted(scripted):
    return [json.loads(heard.body)["operations"] for heard in scripted.heard if heard.path == "/v1/jobs"]


def test_an_at_sign_names_a_file():
    assert parse_operation("inpaint:mask=@tag.png,grow_px=2") == {
        "op": "inpaint",
        "mask": Path("tag.png"),
        "grow_px": 2,
    }


def test_an_operation_may_be_json():
    text = '{"op": "inpaint", "boxes": [{"x": 1, "y": 2, "width": 3, "height": 4}]}'
    assert parse_operation(text) == json.loads(text)
    assert parse_operation('{"op": "inpaint", "mask": "@tag.png"}')["mask"] == Path("tag.png")


@pytest.mark.parametrize("text", ['{"op": "inpaint"', '{"boxes": []}', '{"op": 1}'])
def test_json_that_is_no_operation_is_refused_with_what_was_given(text):
    with pytest.raises(ValueError, match=r"operation '\{"):
        parse_operation(text)


def test_paths_and_bytes_are_uploaded_and_all_else_stays():
    asked = {"op": "inpaint", "mask": Path("tag.png"), "other": b"x", "grow_px": 1}
    assert with_uploads(asked, repr) == {
        "op": "inpaint",
        "mask": repr(Path("tag.png")),
        "other": "b'x'",
        "grow_px": 1,
    }


def test_a_submit_names_its_masks_upload(scripted, scripted_client, tmp_path):
    (tmp_path / "tag.png").write_bytes(b"mask")
    scripted.say(upload_answer("sha256:photo"), upload_answer("sha256:mask"), Answer(202, JOB))
    scripted_client.submit(b"photo", [{"op": "inpaint", "mask": tmp_path / "tag.png"}])
    assert [heard.body for heard in scripted.heard[:2]] == [b"photo", b"mask"]
    assert submitted(scripted) == [[{"op": "inpaint", "mask": "sha256:mask"}]]


def test_a_mask_that_the_server_dropped_is_sent_again(scripted, scripted_client):
    photo, mask = upload_answer("sha256:photo"), upload_answer("sha256:mask")
    scripted.say(photo, mask, refusal(**GONE), photo, mask, Answer(202, JOB))
    scripted_client.submit(b"photo", [{"op": "inpaint", "mask": b"mask"}])
    assert [heard.path for heard in scripted.heard].count("/v1/uploads") == 4
    assert len(submitted(scripted)) == 2


def test_a_mask_that_does_not_fit_is_told_and_not_sent_again(scripted, scripted_client):
    wrong = {"pointer": "/operations/0/mask", "detail": "should match the pattern"}
    scripted.say(upload_answer("sha256:photo"), refusal(**wrong))
    with pytest.raises(errors.InvalidRequest):
        scripted_client.submit(b"photo", [{"op": "inpaint", "mask": "tag.png"}])
    assert len(scripted.heard) == 2
