"""The SDK's side of new pictures: what is asked for, and what is told of them."""

import json
from pathlib import Path

import pytest
from PIL import Image

from packshot import Anomaly, Client, Understood, errors
from packshot.generation import generation_of

from .conftest import Answer
from .makeshift import MakeshiftServer
from .test_masks import refusal, submitted, upload_answer
from .test_transport import JOB


@pytest.fixture
def studio(makeshift: MakeshiftServer):
    with Client(makeshift.url, "psk_test.secret") as client:
        yield client


@pytest.fixture
def photo(tmp_path) -> Path:
    Image.new("RGB", (40, 30), (20, 30, 80)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_a_wish_needs_no_photo_and_its_likes_are_uploaded(makeshift, studio, photo):
    studio.generate(
        "navy dress", count=3, colors=("navy",), like=[str(photo), photo.read_bytes()], mix={"seed": 1, "share": 0.5},
        then=["resize:width=600"], seed=42, output={"format": "png"}, external_id="SKU-1",
    )  # fmt: skip
    (spec,) = makeshift.specs
    liked = studio.upload(photo).id
    assert spec == {
        "operations": [
            {
                "op": "generate", "text": "navy dress", "count": 3, "colors": ["navy"], "like": [liked, liked],
                "mix": {"seed": 1, "share": 0.5},
            },
            {"op": "resize", "width": 600},
        ],
        "seed": 42, "output": {"format": "png"}, "external_id": "SKU-1",
    }  # fmt: skip


def test_variations_are_of_a_photo_and_may_go_towards_another(makeshift, studio, photo):
    upload = studio.upload(photo)
    studio.variations(photo, towards=upload, strength=0.5)
    studio.variations(photo, towards=upload.id)
    assert makeshift.specs == [
        {
            "input": {"upload": upload.id},
            "operations": [{"op": "variations", "strength": 0.5, "towards": upload.id}],
        },
        {"input": {"upload": upload.id}, "operations": [{"op": "variations", "towards": upload.id}]},
    ]


def test_what_the_operation_does_not_know_the_server_refuses(studio):
    with pytest.raises(errors.InvalidRequest, match="/operations/0/sleeves"):
        studio.generate("dress", sleeves="long")
    with pytest.raises(errors.InvalidRequest, match="/input"):
        studio.submit(None, ["restore"])


@pytest.mark.parametrize("asked", [{"like": "photo.jpg"}, {"colors": "navy"}, {"then": "upscale"}])
def test_a_single_one_is_no_list(studio, asked):
    with pytest.raises(TypeError, match="expected a list"):
        studio.generate("dress", **asked)


def test_a_liked_picture_that_the_server_dropped_is_sent_again(scripted, scripted_client):
    gone = {"pointer": "/operations/0/like/0", "detail": "there is no upload sha256:ab; upload the picture first"}
    liked = upload_answer("sha256:liked")
    scripted.say(liked, refusal(**gone), liked, Answer(202, JOB))
    scripted_client.generate("dress", like=[b"liked"])
    assert submitted(scripted) == [[{"op": "generate", "text": "dress", "like": ["sha256:liked"]}]] * 2


def test_all_pictures_of_a_job_are_fetched_and_numbered(studio, tmp_path):
    job = studio.generate("dress", count=3).wait()
    paths = job.download_all(tmp_path / "made", "dress")
    assert paths == [tmp_path / "made" / f"dress-{index}.jpg" for index in range(3)]
    assert len({path.read_bytes() for path in paths}) == 3
    assert [path.name for path in job.download_all(tmp_path)] == [f"{job.id}-{index}.jpg" for index in range(3)]


def test_a_job_that_failed_has_nothing_to_fetch(makeshift, studio, tmp_path):
    makeshift.fail_with = {"type": "/problems/unknown-model", "title": "There is no such model"}
    job = studio.generate("dress").wait(check=False)
    with pytest.raises(errors.JobFailed, match="no such model"):
        job.download_all(tmp_path)
    assert job.generation is None


def test_a_job_that_has_not_ended_says_so_and_leaves_no_folder(makeshift, studio, tmp_path):
    makeshift.held.set()
    job = studio.generate("dress")
    with pytest.raises(errors.JobNotEnded, match=f"job {job.id} is running.*wait"):
        job.download_all(tmp_path / "made")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"aspect": float("nan")}, "/operations/0/aspect: received nan"),
        ({"mix": {"seed": 1, "share": float("inf")}}, "/operations/0/mix/share: received inf"),
        ({"then": [{"op": "resize", "width": float("-inf")}]}, "/operations/1/width: received -inf"),
        ({"output": {"quality": float("nan")}}, "/output/quality: received nan"),
    ],
)
def test_a_number_that_json_has_no_word_for_is_named(makeshift, studio, asked, field):
    with pytest.raises(errors.InvalidRequest, match=field):
        studio.generate("dress", **asked)
    assert makeshift.specs == []


def test_what_was_understood_and_scored_has_types(makeshift, studio):
    makeshift.unknown = ["pockets"]
    told = studio.generate("navy dress", count=4, seed=5).wait().generation
    assert told.seed == 5
    assert told.understood[0] == Understood("navy", "word navy")
    assert told.unknown == ("pockets",)
    assert [picture.number for picture in told.pictures] == [0, 2, 4, 6]
    assert told.pictures[3].scores["sharpness"] == 0.75
    assert (told.pictures[3].fault_names, told.pictures[0].fault_names) == (["sharpness"], [])
    assert (told.candidates, told.left, told.anomaly) == (8, {"outranked": 4}, None)


def test_a_photos_strangeness_is_told(studio, photo):
    assert studio.variations(photo).wait().generation.anomaly == Anomaly(1.25, 0.31)


@pytest.mark.parametrize(("quantile", "percent"), [(0.31, 31), (0.9967, 99), (1.0, 99)])
def test_a_photo_is_never_stranger_than_all(quantile, percent):
    assert Anomaly(1.25, quantile).percent == percent


@pytest.mark.parametrize(
    ("parameters", "means", "is_open"),
    [
        ({"text": "navy"}, "color navy", True),
        ({"text": "navy dress"}, "category dress", False),
        ({"category": "dress"}, "color navy", False),
        ({"like": ["sha256:ab"]}, "color navy", False),
        ({"like": []}, "color navy", True),
    ],
)
def test_a_wish_that_names_no_category_leaves_it_open(parameters, means, is_open):
    picture = {"number": 0, "quality": 0.5, "asked": {"category": "hat"}}
    found = {
        "outputs": [picture],
        "candidates": 2,
        "understood": [{"text": "…", "means": means}],
        "unknown": ["pockets"],
    }
    told = generation_of({"operations": [{"op": "generate", "parameters": parameters, "findings": found}]})
    assert told.category_open is is_open
    assert told.categories == {"hat": 1}
    assert not told.nothing_followed


def test_a_job_that_made_nothing_tells_nothing():
    assert generation_of({"operations": [{"op": "restore", "findings": {}}]}) is None
    assert generation_of({}) is None


def test_a_manifest_of_another_shape_is_a_malformed_answer():
    manifest = json.loads('{"operations": [{"op": "generate", "findings": {"outputs": [{"number": "0"}]}}]}')
    with pytest.raises(errors.MalformedAnswer):
        generation_of(manifest)
