"""One attempt at one job, from the claim to its end in the record."""

import errno
import hashlib
import io
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import redis.exceptions
from PIL import Image

from engine.errors import DeviceLost, ModelNotFound, UnitFailed
from jobs.errors import BlobStoreFull
from jobs.problems import ProblemError
from jobs.states import State
from jobs.version import version
from worker.errors import AttemptEnded, DecoderLost, FetchFailed, UploadDamaged
from worker.heartbeats import beat
from worker.room import PictureRoom
from worker.runner import Run
from worker.tasks import attempt_next_job, problem_of, retry_delay_ms, take_hint

from .conftest import TENANT, hints_waiting, png


def failing(error):
    """A stand-in for a job's way that ends in `error`."""

    def result(_run):
        raise error

    return result


def test_a_job_goes_all_the_way(workshop, client, drain):
    job_id = client.submit({"op": "restore"}, {"op": "upscale"}, {"op": "relight"}, {"op": "resize", "width": 90})
    assert attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.SUCCEEDED, view.problem
    assert view.progress.fraction == 1.0
    assert client.image(job_id).size == (90, 68)
    assert workshop.leases.held() == []


def test_the_manifest_says_what_was_done(workshop, client, drain):
    photo = png()
    job_id = client.submit({"op": "restore", "strength": 0.5}, {"op": "rotate", "angle": 90}, photo=photo, seed=7)
    attempt_next_job(workshop, drain)
    view = client.view(job_id)
    manifest, output = view.manifest, view.outputs[0]
    assert manifest["input"]["sha256"] == hashlib.sha256(photo).hexdigest()
    assert (manifest["input"]["width"], manifest["input"]["height"], manifest["input"]["format"]) == (64, 48, "png")
    assert [step["op"] for step in manifest["operations"]] == ["restore", "rotate"]
    assert manifest["operations"][0]["parameters"] == {"strength": 0.5}
    assert manifest["operations"][0]["engine"][0]["model"] == "restore"
    assert manifest["operations"][1]["engine"] == []
    assert manifest["engine"]["backend"] == "fake"
    assert "models" not in manifest["engine"]
    assert manifest["outputs"][0]["sha256"] == output.sha256
    assert hashlib.sha256(workshop.blobs.get(output.path)).hexdigest() == output.sha256
    assert manifest["seed"] == 7
    assert manifest["attempt"] == 1
    assert manifest["packshot"] == version()
    assert set(manifest["timings_ms"]) == {"fetch", "decode", "encode", "fidelity", "store"}


def test_the_result_lies_under_the_attempts_own_token(workshop, client, drain):
    job_id = client.submit()
    attempt_next_job(workshop, drain)
    path = client.view(job_id).outputs[0].path
    assert path.startswith(f"results/{TENANT}/{job_id}/")
    assert path.endswith("/0.jpg")
    assert len(path.split("/")) == 5


def test_nothing_pending_is_no_error(workshop, drain):
    assert attempt_next_job(workshop, drain) is False


def test_a_bad_photo_fails_its_job_at_once(workshop, client, drain):
    job_id = client.submit(photo=png()[:-40])
    attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.FAILED
    assert view.problem.type == "image-corrupt"
    assert view.attempt == 1


def test_a_crop_outside_fails_before_any_work(workshop, client, drain, monkeypatch):
    monkeypatch.setattr(workshop.engine, "submit", lambda *_: pytest.fail("the engine was asked"))
    job_id = client.submit({"op": "restore"}, {"op": "crop", "x": 0, "y": 0, "width": 65, "height": 1})
    attempt_next_job(workshop, drain)
    assert client.view(job_id).problem.type == "invalid-parameter"


def test_a_result_too_large_fails_before_any_work(workshop, client, drain, monkeypatch):
    monkeypatch.setattr(workshop.engine, "submit", lambda *_: pytest.fail("the engine was asked"))
    large = {"op": "resize", "width": 16_384, "height": 16_384, "fit": "fill"}
    job_id = client.submit({"op": "restore"}, large, {"op": "resize", "width": 10})
    attempt_next_job(workshop, drain)
    problem = client.view(job_id).problem
    assert problem.type == "output-dimensions"
    assert "16384 × 16384" in problem.detail


def test_a_side_too_long_for_the_format_fails_before_any_work(workshop, client, drain):
    job_id = client.submit({"op": "resize", "width": 16_384, "height": 2, "fit": "fill"}, output={"format": "webp"})
    attempt_next_job(workshop, drain)
    assert client.view(job_id).problem.type == "output-dimensions"


def test_a_full_store_is_tried_again_and_then_told(workshop, client, drain, monkeypatch):
    put = type(workshop.blobs).put

    def full(blobs, path, data):
        if path.startswith("probes/"):
            return put(blobs, path, data)
        raise BlobStoreFull(f"no space left for {path}")

    job_id = client.submit()
    monkeypatch.setattr(type(workshop.blobs), "put", full)
    monkeypatch.setattr("worker.tasks.retry_delay_ms", lambda _attempt, _error: 0)
    for _ in range(workshop.settings.max_attempts):
        workshop.store.reap()
        assert attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.FAILED
    assert view.attempt == workshop.settings.max_attempts
    assert view.problem.type == "storage"
    assert "results/" not in view.problem.detail


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(3), KeyboardInterrupt(), RuntimeError("a bug")])
def test_no_error_whatever_leaves_the_task(workshop, client, drain, monkeypatch, error):
    monkeypatch.setattr(Run, "result", failing(error))
    job_id = client.submit()
    take_hint(workshop, drain, job_id)
    assert client.view(job_id).state is State.QUEUED
    assert workshop.leases.held() == []


@pytest.mark.parametrize(
    ("error", "slug", "again"),
    [
        (ProblemError("image-corrupt", "x"), "image-corrupt", False),
        (ProblemError("output-dimensions", "x"), "output-dimensions", False),
        (BlobStoreFull("x"), "storage", True),
        (ModelNotFound("x"), "unknown-model", False),
        (UnitFailed("x", ValueError()), "processing-failed", True),
        (DeviceLost("x"), "processing-failed", True),
        (DecoderLost("x"), "processing-failed", True),
        (FetchFailed("x"), "fetch-failed", True),
        (ProblemError("fetch-failed", "x"), "fetch-failed", False),
        (MemoryError(), "internal", True),
        (KeyError("x"), "internal", True),
    ],
)
def test_only_what_may_end_better_earns_another_attempt(error, slug, again):
    problem, tried_again = problem_of(error)
    assert (problem.type, tried_again) == (slug, again)


@pytest.mark.parametrize(("number", "told"), [(errno.EMFILE, "Too many open files"), (errno.ENOMEM, "Cannot allocate")])
def test_what_the_worker_has_used_up_is_named(number, told):
    problem, again = problem_of(OSError(number, "/private/place"))
    assert again
    assert f"out of resources: {told}" in problem.detail
    assert "private" not in problem.detail


def test_the_delay_grows_to_a_minute():
    for attempt, nominal in ((1, 1_000), (2, 4_000), (3, 16_000), (4, 60_000), (9, 60_000)):
        assert 0.75 * nominal <= retry_delay_ms(attempt, UnitFailed("x", ValueError())) <= 1.25 * nominal


def test_a_store_that_refuses_one_blob_is_left_alone_for_longer():
    for attempt, nominal in ((1, 30_000), (2, 120_000), (3, 240_000), (9, 240_000)):
        assert 0.75 * nominal <= retry_delay_ms(attempt, BlobStoreFull("x")) <= 1.25 * nominal


@pytest.mark.parametrize("error", [BlobStoreFull, UploadDamaged])
def test_a_tenant_is_told_no_place_of_the_servers(error):
    problem, _ = problem_of(error("results/shop/job_x/t/0.jpg: Unable to open file /srv/blobs/results/shop: full"))
    assert "/" not in problem.detail
    assert "shop" not in problem.detail


def test_a_second_attempt_runs_alone(workshop, client, drain, monkeypatch):
    tickets = []
    submit = workshop.engine.submit
    monkeypatch.setattr(workshop.engine, "submit", lambda *a: tickets.append(a[2]) or submit(*a))
    monkeypatch.setattr("worker.tasks.retry_delay_ms", lambda _attempt, _error: 0)
    job_id = client.submit({"op": "restore"})
    with monkeypatch.context() as patch:
        patch.setattr(Run, "result", failing(UnitFailed("x", ValueError())))
        attempt_next_job(workshop, drain)
    workshop.store.reap()
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.SUCCEEDED
    assert {ticket.alone for ticket in tickets} == {True}


def test_a_job_canceled_on_its_way_leaves_nothing_behind(workshop, client, drain, monkeypatch):
    job_id = client.submit({"op": "restore"})
    submit = workshop.engine.submit

    def cancel_then_submit(*arguments):
        client.store.cancel(TENANT, job_id)
        workshop.leases.held()[0].end(workshop.store.heartbeat(job_id, workshop.leases.held()[0].claim.token))
        return submit(*arguments)

    monkeypatch.setattr(workshop.engine, "submit", cancel_then_submit)
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.CANCELED
    assert list(workshop.blobs.list("results/")) == []


def test_a_cancel_just_before_the_end_wins_over_the_result(workshop, client, drain, monkeypatch):
    job_id = client.submit()
    result = Run.result

    def cancel_at_the_end(run):
        done = result(run)
        client.store.cancel(TENANT, job_id)
        return done

    monkeypatch.setattr(Run, "result", cancel_at_the_end)
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.CANCELED
    assert list(workshop.blobs.list("results/")) == []


def test_a_deadline_that_passes_on_the_way_expires_the_job(workshop, client, drain, monkeypatch):
    job_id = client.submit({"op": "restore"}, deadline_s=1)
    monkeypatch.setattr("worker.tickets.monotonic_deadline", lambda *_: 0.0)  # long past, on this process' clock
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.EXPIRED


def test_an_upload_that_is_not_what_its_name_says_is_not_used(workshop, client, drain):
    job_id = client.submit()
    upload = client.store.get_upload(TENANT, client.view(job_id).spec.input.sha256)
    workshop.blobs.put(upload.path, b"other bytes")
    attempt_next_job(workshop, drain)
    view = client.view(job_id)
    assert view.state is State.QUEUED
    assert view.attempt == 1


def test_an_upload_that_is_found_whole_again_is_there_again(workshop, client, drain):
    photo = png()
    job_id = client.submit(photo=photo)
    sha256 = client.view(job_id).spec.input.sha256
    stored = client.store.get_upload(TENANT, sha256)
    workshop.blobs.put(stored.path, b"other bytes")
    attempt_next_job(workshop, drain)
    assert client.store.get_upload(TENANT, sha256) is None
    workshop.blobs.put(stored.path, photo)
    client.store.redis.zadd("packshot:delayed", {job_id: 1})
    client.store.reap()
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.SUCCEEDED
    assert client.store.get_upload(TENANT, sha256) == stored


def test_a_damaged_upload_is_healed_by_sending_it_again_for_jobs_that_wait_too(workshop, client, drain):
    job_id = client.submit()
    sha256 = client.view(job_id).spec.input.sha256
    stored = client.store.get_upload(TENANT, sha256)
    workshop.blobs.put(stored.path, b"other bytes")
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.QUEUED
    assert client.store.get_upload(TENANT, sha256) is None
    assert client.store.touch_upload(TENANT, sha256) is None
    anew = replace(stored, path=f"{stored.path}-anew")
    workshop.blobs.put(anew.path, png())
    assert client.store.put_upload(TENANT, sha256, anew).path == anew.path
    assert not client.store.doubt_upload(TENANT, sha256, stored.path)
    client.store.redis.zadd("packshot:delayed", {job_id: 1})
    client.store.reap()
    attempt_next_job(workshop, drain)
    assert client.view(job_id).state is State.SUCCEEDED


def test_a_draining_worker_passes_its_hint_on(workshop, client, drain):
    job_id = client.submit()
    drain.draining.set()
    take_hint(workshop, drain, job_id)
    assert client.view(job_id).state is State.QUEUED
    assert hints_waiting(workshop) == 1


def test_a_job_claimed_at_the_moment_of_the_signal_is_handed_back_unused(workshop, client, drain, monkeypatch):
    job_id = client.submit()
    claim = workshop.store.claim

    def signal_meanwhile(owner, *, token, can):
        drain.draining.set()
        return claim(owner, token=token, can=can)

    monkeypatch.setattr(workshop.store, "claim", signal_meanwhile)
    take_hint(workshop, drain, job_id)
    view = client.view(job_id)
    assert (view.state, view.attempt) == (State.QUEUED, 0)
    assert hints_waiting(workshop) == 1
    assert workshop.leases.held() == []


def test_a_hint_waits_for_room_in_the_engine(workshop, client, drain, monkeypatch):
    room = threading.Event()

    def wait_for_room(*, timeout_s):
        return room.wait(timeout_s)

    monkeypatch.setattr(workshop.engine, "wait_for_room", wait_for_room)
    job_id = client.submit()
    thread = threading.Thread(target=take_hint, args=(workshop, drain, job_id))
    thread.start()
    assert client.view(job_id).state is State.QUEUED
    room.set()
    thread.join()
    assert client.view(job_id).state is State.SUCCEEDED


def test_a_job_waits_until_its_largest_picture_fits_and_can_be_canceled_meanwhile(workshop, client, drain):
    workshop.room = PictureRoom(64 * 48)
    with workshop.room.hold(1, pytest.fail):
        job_id = client.submit({"op": "resize", "width": 32})
        thread = threading.Thread(target=take_hint, args=(workshop, drain, job_id))
        thread.start()
        while not (held := workshop.leases.held()):
            time.sleep(0.01)
        client.store.cancel(TENANT, job_id)
        beat(workshop, held[0])
        thread.join()
    view = client.view(job_id)
    assert (view.state, view.progress.stage) == (State.CANCELED, "")


def test_the_room_asked_for_is_that_of_the_largest_picture_on_the_way(workshop, client, monkeypatch, drain):
    asked, hold = [], workshop.room.hold
    monkeypatch.setattr(workshop.room, "hold", lambda pixels, wait: asked.append(pixels) or hold(pixels, wait))
    client.submit({"op": "resize", "width": 640}, {"op": "resize", "width": 10})
    client.submit({"op": "crop", "x": 0, "y": 0, "width": 60, "height": 10})  # outside, were the photo on its side
    for _ in range(2):
        attempt_next_job(workshop, drain)
    assert asked == [640 * 853, 64 * 48]


def test_a_redis_error_during_the_claim_is_asked_again(workshop, client, drain, monkeypatch):
    job_id = client.submit()
    claim, tokens = workshop.store.claim, []

    def flaky(owner, *, token, can):
        tokens.append(token)
        claimed = claim(owner, token=token, can=can)
        if len(tokens) == 1:
            raise redis.exceptions.TimeoutError("the answer was lost on the way")
        return claimed

    monkeypatch.setattr(workshop.store, "claim", flaky)
    assert attempt_next_job(workshop, drain)
    assert tokens[0] == tokens[1]
    view = client.view(job_id)
    assert view.state is State.SUCCEEDED
    assert view.attempt == 1


@pytest.mark.parametrize(
    "error", [ProblemError("invalid-parameter", "no such dye: ZEBRA"), FetchFailed("zebra.example")]
)
def test_the_log_of_a_failed_attempt_holds_no_word_of_the_clients(error, workshop, client, drain, monkeypatch, caplog):
    monkeypatch.setattr(Run, "result", failing(error))
    job_id = client.submit()
    attempt_next_job(workshop, drain)
    assert f"{job_id} attempt 1 failed, {problem_of(error)[0].type}" in caplog.text
    assert "zebra" not in caplog.text.lower()


def test_a_photo_turned_by_exif_comes_out_upright_and_without_gps(workshop, client, drain):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = io.BytesIO()
    Image.open(io.BytesIO(png())).save(file, "JPEG", exif=exif, quality=95)
    job_id = client.submit({"op": "resize", "width": 48}, photo=file.getvalue())
    attempt_next_job(workshop, drain)
    image = client.image(job_id)
    assert image.size == (48, 64)
    assert not image.getexif()
    assert b"Exif" not in workshop.blobs.get(client.view(job_id).outputs[0].path)
    expected = np.rot90(np.asarray(Image.open(io.BytesIO(png()))), -1)
    assert np.abs(np.asarray(image).astype(int) - expected).mean() < 5


def test_an_ended_lease_stops_the_run_before_the_next_step(workshop, client):
    client.submit()
    claim = workshop.store.claim("test-worker")
    lease = workshop.leases.open(claim)
    lease.end("lost")
    with pytest.raises(AttemptEnded):
        Run(workshop, lease).result()
