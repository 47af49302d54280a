"""Waiting for a job and fetching its pictures, when the server or the network is not at its best."""

import hashlib
import json

import pytest

from packshot import Client, errors
from packshot.models import Progress

from .conftest import Answer, ScriptedServer

PICTURE = b"the picture's bytes"


def job(state: str, **more: object) -> bytes:
    return json.dumps({"id": "job_1", "state": state, **more}).encode()


def output(url: str, sha256: str | None = None) -> dict[str, object]:
    digest = sha256 or hashlib.sha256(PICTURE).hexdigest()
    size = {"width": 4, "height": 3, "bytes": len(PICTURE)}
    return {"index": 0, "url": url, "format": "jpeg", "sha256": digest, **size}


def succeeded(url: str) -> Answer:
    return Answer(200, job("succeeded", outputs=[output(url)], manifest={"packshot": "1"}))


def test_waiting_tells_each_change_once_and_asks_with_the_etag(scripted, scripted_client):
    half = {"fraction": 0.5, "stage": "restore"}
    scripted.say(
        Answer(200, job("queued", queue_position=3), {"ETag": '"1"'}),
        Answer(304, b"", {"ETag": '"1"'}),
        Answer(200, job("running", progress=half), {"ETag": '"2"'}),
        Answer(200, job("succeeded", progress={"fraction": 1.0, "stage": ""})),
    )
    seen = []
    scripted_client.job("job_1").wait(on_progress=lambda progress: seen.append((progress.state, progress.fraction)))
    assert seen == [("running", 0.5), ("succeeded", 1.0)]
    assert [heard.headers.get("If-None-Match") for heard in scripted.heard] == [None, '"1"', '"1"', '"2"']
    assert scripted.heard[1].path == "/v1/jobs/job_1?wait=20"


def test_waiting_without_progress_lets_the_server_hold_the_answer(scripted, scripted_client):
    scripted.say(Answer(200, job("queued"), {"ETag": '"1"'}), Answer(200, job("succeeded")))
    scripted_client.job("job_1").wait()
    assert scripted.heard[1].path == "/v1/jobs/job_1?wait=20"
    assert "If-None-Match" not in scripted.heard[1].headers


def test_a_wait_has_an_end_and_the_job_goes_on(scripted, scripted_client):
    scripted.say(Answer(200, job("running")))
    with pytest.raises(errors.WaitTimedOut, match="running after 2 s"):
        scripted_client.job("job_1").wait(timeout_s=2)
    assert all(heard.method == "GET" for heard in scripted.heard)


def test_a_restarting_server_does_not_end_a_wait(scripted, scripted_client):
    scripted.say(
        Answer(200, job("queued")),
        Answer(200, job("running"), cut=True),
        Answer(502, b""),
        Answer(200, job("succeeded")),
    )
    assert scripted_client.job("job_1").wait().state == "succeeded"


@pytest.mark.parametrize(
    ("state", "kind"),
    [("failed", errors.JobFailed), ("canceled", errors.JobCanceled), ("expired", errors.JobExpired)],
)
def test_a_job_without_a_picture_raises_its_problem(scripted, scripted_client, state, kind):
    problem = {"type": "/problems/image-corrupt", "title": "The photo is damaged"}
    scripted.say(Answer(200, job(state, problem=problem)))
    with pytest.raises(kind, match="damaged") as caught:
        scripted_client.job("job_1").wait()
    assert caught.value.problem.slug == "image-corrupt"
    assert scripted_client.job("job_1").wait(check=False).state == state


def test_a_job_that_ended_before_its_submit_was_answered_is_read_whole(scripted, scripted_client):
    problem = {"type": "/problems/invalid-parameter", "title": "No such category"}
    scripted.say(Answer(202, job("succeeded")), succeeded("/x"))
    assert scripted_client.submit(None, ["generate"]).wait().outputs[0].url == "/x"
    scripted.say(Answer(202, job("failed")), Answer(200, job("failed", problem=problem)))
    with pytest.raises(errors.JobFailed, match="No such category"):
        scripted_client.submit(None, ["generate"]).wait()


def test_a_download_is_whole_and_named(scripted, scripted_client, tmp_path):
    scripted.say(succeeded("/v1/x?signature=s"), Answer(200, PICTURE))
    path = scripted_client.job("job_1").download(tmp_path)
    assert path == tmp_path / "job_1-0.jpg"
    assert path.read_bytes() == PICTURE
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("external_id", "stem"), [("SKU-1", "SKU-1"), ("A/B", "A-B"), ("../x", "-x"), ("..", "job_1"), (None, "job_1")]
)
def test_files_are_called_after_the_external_id_or_else_the_job(scripted, scripted_client, tmp_path, external_id, stem):
    spec = {"external_id": external_id} if external_id else {}
    done = Answer(200, job("succeeded", outputs=[output("/x")], spec=spec))
    scripted.say(Answer(202, job("queued")), done, Answer(200, PICTURE))
    submitted = scripted_client.submit(None, ["generate"])
    name = f"{submitted.wait().file_stem}-0.jpg"
    assert submitted.download(tmp_path) == tmp_path / name
    assert submitted.download_all(tmp_path / "all") == [tmp_path / "all" / name]
    assert name == f"{stem}-0.jpg"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"state": "queued", "queue_position": 2, "eta_s": 7.4}, "queued, 2 before it, about 7 s left"),
        ({"state": "running", "progress": {"fraction": 0.42, "stage": "relight"}}, "running 42 % relight"),
        ({"state": "succeeded", "eta_s": 0.0, "progress": {"fraction": 1.0}}, "succeeded"),
    ],
)
def test_progress_is_told_in_a_few_words(state, told):
    assert str(Progress.parse(state)) == told


@pytest.mark.parametrize(
    ("stem", "name"),
    [("../victim", "-victim-0.jpg"), ("/etc/x", "-etc-x-0.jpg"), ("A/B", "A-B-0.jpg"), ("..", "job-0.jpg")],
)
def test_a_sku_leads_no_download_out_of_its_folder(scripted, scripted_client, tmp_path, stem, name):
    scripted.say(succeeded("/x"), Answer(200, PICTURE))
    assert scripted_client.job("job_1").download_all(tmp_path / "out", stem) == [tmp_path / "out" / name]
    assert [path.name for path in tmp_path.rglob("*")] == ["out", name]


@pytest.mark.parametrize("told", ["png/../../../evil", "", "JPEG", "so-long-a-word"])
def test_a_format_that_is_no_files_ending_makes_no_file(scripted, scripted_client, tmp_path, told):
    scripted.say(Answer(200, job("succeeded", outputs=[{**output("/x"), "format": told}])), Answer(200, PICTURE))
    with pytest.raises(errors.MalformedAnswer, match="format"):
        scripted_client.job("job_1").download_all(tmp_path / "out")
    assert list(tmp_path.rglob("*.*")) == []


def test_a_name_as_long_as_a_disk_takes_is_fetched(scripted, scripted_client, tmp_path):
    scripted.say(succeeded("/x"), Answer(200, PICTURE))
    assert scripted_client.job("job_1").download(tmp_path / f"{'x' * 251}.jpg").read_bytes() == PICTURE


def test_a_download_that_breaks_off_starts_over(scripted, scripted_client, tmp_path):
    scripted.say(succeeded("/x"), Answer(200, PICTURE, cut=True), Answer(200, b"other bytes"), Answer(200, PICTURE))
    assert scripted_client.job("job_1").download(tmp_path / "a.jpg").read_bytes() == PICTURE


def test_bytes_that_stay_wrong_never_become_a_file(scripted, scripted_client, tmp_path):
    scripted.say(succeeded("/x"), Answer(200, b"other bytes"))
    with pytest.raises(errors.DownloadDamaged, match="output 0 of job job_1 came damaged"):
        scripted_client.job("job_1").download(tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []
    assert [heard.path for heard in scripted.heard] == ["/v1/jobs/job_1", "/x", "/x"]  # once more, and no longer


def test_a_picture_that_the_server_found_damaged_is_refused_at_once(scripted, scripted_client, tmp_path):
    gone = b'{"type": "/problems/expired", "title": "T", "status": 410, "detail": "damaged in the store"}'
    scripted.say(succeeded("/x"), Answer(410, gone))
    with pytest.raises(errors.Gone, match="damaged in the store"):
        scripted_client.job("job_1").download(tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []
    assert len(scripted.heard) == 2


def test_an_expired_link_is_asked_for_anew(scripted, scripted_client, tmp_path):
    expired = Answer(403, b'{"type": "/problems/link-expired", "title": "T", "status": 403}')
    scripted.say(succeeded("/old"), expired, succeeded("/new"), Answer(200, PICTURE))
    scripted_client.job("job_1").download(tmp_path / "a.jpg")
    assert [heard.path for heard in scripted.heard] == ["/v1/jobs/job_1", "/old", "/v1/jobs/job_1", "/new"]


def test_the_key_does_not_follow_a_link_to_another_server(scripted, scripted_client, tmp_path):
    elsewhere = ScriptedServer()
    elsewhere.say(Answer(200, PICTURE))
    scripted.say(succeeded(f"{elsewhere.url}/bucket/x"))
    try:
        scripted_client.job("job_1").download(tmp_path / "a.jpg")
    finally:
        elsewhere.close()
    assert "Authorization" in scripted.heard[0].headers
    assert "Authorization" not in elsewhere.heard[0].headers


def test_a_real_job_goes_all_the_way(client: Client, tmp_path, sample):
    seen = []
    job = client.submit(sample, ["resize:width=64"], output={"format": "png"}, external_id="SKU-1")
    job.wait(timeout_s=100, on_progress=seen.append)
    path = job.download(tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert (job.outputs[0].width, job.outputs[0].format) == (64, "png")
    assert job.manifest["operations"][0]["op"] == "resize"
    assert seen[-1].state == "succeeded"
    assert [found.id for found in client.jobs(external_id="SKU-1")] == [job.id]


def test_a_real_job_is_erased_for_good(client: Client, sample):
    job = client.submit(sample, ["resize:width=32"]).wait(timeout_s=100)
    job.delete()
    with pytest.raises(errors.Gone):
        client.job(job.id)


def test_the_real_server_refuses_with_types(client: Client, up, sample):
    with pytest.raises(errors.InvalidPhoto):
        client.upload(b"no photo at all")
    with pytest.raises(errors.InvalidRequest) as caught:
        client.submit(sample, ["beautify"])
    assert caught.value.problem.errors[0].pointer.startswith("/operations/0")
    with pytest.raises(errors.NotFound):
        client.job("job_unknown")
    with Client(up.url, "psk_wrong.key") as stranger, pytest.raises(errors.Unauthorized):
        stranger.operations()
