"""A job whose photo lies under a URL, from the claim to its end in the record."""

import hashlib
import io
import logging
import threading
from contextlib import contextmanager

import pytest
from PIL import Image

from jobs.spec import validate_spec
from jobs.states import State
from worker.tasks import attempt_next_job

from .conftest import TENANT, png
from .photo_host import ADDRESS, NAME, PhotoHost, answer

URL = f"https://{NAME}/shoe.png?sig=s3cret"


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"fetch_urls": True, "max_upload_mb": 0.2})


@pytest.fixture
def host(tmp_path, workshop):
    host = PhotoHost(tmp_path)
    workshop.network = host.network()
    yield host
    host.close()


@pytest.fixture
def run(workshop, client, drain, monkeypatch):
    """Submit a job by URL and take attempts at it until it ends; gives its view."""
    monkeypatch.setattr("worker.tasks.retry_delay_ms", lambda _attempt, _error: 0)

    def run(**spec):
        document = {"input": {"url": URL}, "operations": [{"op": "rotate", "angle": 90}], **spec}
        job_id = workshop.store.submit(TENANT, validate_spec(document)).job_id
        for _ in range(workshop.settings.max_attempts):
            workshop.store.reap()
            attempt_next_job(workshop, drain)
        return client.view(job_id)

    return run


def test_a_photo_is_fetched_and_its_job_goes_all_the_way(run, host, client, caplog):
    caplog.set_level(logging.DEBUG)
    photo = png()
    host.answers = [answer(photo, Content_Type="text/plain")]
    view = run(operations=[{"op": "restore"}, {"op": "rotate", "angle": 90}])
    assert view.state is State.SUCCEEDED, view.problem
    assert client.image(view.id).size == (48, 64)
    told = view.manifest["input"]
    assert told["sha256"] == hashlib.sha256(photo).hexdigest()
    assert told["bytes"] == len(photo)
    assert told["url"] == f"https://{NAME}/shoe.png"
    assert (told["width"], told["height"], told["format"]) == (64, 48, "png")
    assert len(host.requests) == 1
    assert "s3cret" not in f"{view.manifest} {caplog.text}"


def test_a_mask_is_an_upload_beside_it(run, host, client):
    mask = io.BytesIO()
    Image.new("L", (64, 48), 0).save(mask, "PNG")
    host.answers = [answer(png())]
    view = run(operations=[{"op": "inpaint", "mask": client.upload(mask.getvalue())}, {"op": "rotate", "angle": 90}])
    assert view.state is State.SUCCEEDED, view.problem


def test_the_room_is_held_for_the_size_that_was_fetched(run, host, workshop, monkeypatch):
    held, hold = [], workshop.room.hold

    @contextmanager
    def remember(pixels, while_waiting):
        assert len(host.requests) == 1, "the photo was not there yet"
        held.append(pixels)
        with hold(pixels, while_waiting):
            yield

    monkeypatch.setattr(workshop.room, "hold", remember)
    host.answers = [answer(png(300, 200))]
    assert run().state is State.SUCCEEDED
    assert held == [300 * 200]


@pytest.mark.parametrize(
    ("reply", "slug"),
    [
        (answer(b"<html>not found</html>", Content_Type="image/png"), "unsupported-image"),
        (answer(b""), "image-empty"),
        (answer(png()[:-40]), "image-corrupt"),
        (answer(status="302 Found", Location="https://elsewhere.example/"), "fetch-failed"),
        (answer(status="404 Not Found"), "fetch-failed"),
        (answer(Content_Length=200_001), "fetch-failed"),
    ],
)
def test_what_another_attempt_would_not_mend_fails_at_once(run, host, reply, slug):
    host.answers = [reply]
    view = run()
    assert (view.state, view.attempt, view.problem.type) == (State.FAILED, 1, slug)
    assert len(host.requests) == 1


def test_a_name_that_leads_to_the_inner_network_is_forbidden(run, host):
    host.addresses = [["10.0.0.7", ADDRESS]]
    view = run()
    assert (view.state, view.attempt, view.problem.type) == (State.FAILED, 1, "url-forbidden")
    assert "10.0.0.7" not in view.problem.detail
    assert host.connected_to == []


def test_a_host_in_trouble_is_asked_as_often_as_there_are_attempts(run, host, workshop, caplog):
    host.answers = [answer(status="503 Busy")]
    view = run()
    assert (view.state, view.attempt) == (State.FAILED, workshop.settings.max_attempts)
    assert view.problem.type == "fetch-failed"
    assert view.problem.detail.endswith(f"{NAME} answered 503")
    assert len(host.requests) == workshop.settings.max_attempts
    assert "s3cret" not in caplog.text


def test_a_host_that_recovers_costs_an_attempt_and_no_more(run, host):
    host.answers = [answer(png()[:50], Content_Length=999), answer(png())]
    view = run()
    assert (view.state, view.attempt) == (State.SUCCEEDED, 2)


def test_a_worker_that_may_not_fetch_does_not(run, host, workshop):
    submitted_with, workshop.settings = workshop.settings, workshop.settings.model_copy(update={"fetch_urls": False})
    assert submitted_with.fetch_urls
    view = run()
    assert (view.state, view.attempt, view.problem.type) == (State.FAILED, 1, "url-forbidden")
    assert "PACKSHOT_FETCH_URLS" in view.problem.detail
    assert host.resolved == []


def test_a_job_can_be_canceled_while_its_photo_is_fetched(run, host, workshop):
    asked = threading.Event()

    def never(connection):
        asked.set()
        connection.recv(1)  # until the worker leaves

    def cancel():
        asked.wait()
        lease = workshop.leases.held()[0]
        workshop.store.cancel(TENANT, lease.claim.job_id)
        lease.end(workshop.store.heartbeat(lease.claim.job_id, lease.claim.token))

    host.answers = [never]
    canceler = threading.Thread(target=cancel)
    canceler.start()
    assert run().state is State.CANCELED
    canceler.join()
