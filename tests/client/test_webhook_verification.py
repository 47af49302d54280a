"""What a server posts is believed only with a signature that fits, made a short while ago."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from standardwebhooks import WebhookVerificationError as TheirRefusal

from packshot import errors, webhooks

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of thirty-two b.").decode()
OUTPUT = {"index": 0, "url": "https://x/o", "format": "png", "width": 2, "height": 1, "bytes": 9, "sha256": "ab"}
DATA = {
    "id": "job_1",
    "state": "succeeded",
    "external_id": "SKU-1",
    "metadata": {"shelf": "9"},
    "outputs": [OUTPUT],
    "needs_review": True,
    "problem": None,
}
BODY = json.dumps({"type": "job.succeeded", "timestamp": "2026-02-03T04:05:06Z", "data": DATA}).encode()


def signed(body=BODY, secret=SECRET, at=None, **changed):
    at = at or datetime.now(UTC)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }
    return {name: value for name, value in {**headers, **changed}.items() if value is not None}


def test_what_the_servers_library_signs_is_an_event():
    event = webhooks.verify(BODY, signed(), SECRET)
    assert (event.id, event.type, event.job, event.batch) == ("msg_1", "job.succeeded", "job_1", None)
    assert (event.external_id, event.metadata, event.needs_review) == ("SKU-1", {"shelf": "9"}, True)
    assert event.outputs[0].url == "https://x/o"
    assert event.problem is None
    assert webhooks.verify(BODY.decode(), signed(), SECRET.removeprefix("whsec_")) == event


def test_both_libraries_believe_the_same():
    for _ in range(50):
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24 + secrets.randbelow(40))).decode()
        headers = {name.lower(): value for name, value in signed(secret=secret).items()}
        assert webhooks.verify(BODY, headers, secret).data == Webhook(secret).verify(BODY, headers)["data"]
        with pytest.raises(TheirRefusal):
            Webhook(OTHER).verify(BODY, headers)
        with pytest.raises(errors.WebhookForged):
            webhooks.verify(BODY, headers, OTHER)


def test_one_of_several_signatures_and_secrets_is_enough():
    old, new = signed()["Webhook-Signature"], signed(secret=OTHER)["Webhook-Signature"]
    both = signed(**{"Webhook-Signature": f"v1a,abc v1,%% {new} {old}"})
    assert webhooks.verify(BODY, both, SECRET).type == "job.succeeded"
    assert webhooks.verify(BODY, signed(secret=OTHER), [SECRET, OTHER]).type == "job.succeeded"


@pytest.mark.parametrize("changed", [BODY + b" ", BODY.replace(b"job_1", b"job_2"), b""])
def test_another_body_is_forged(changed):
    with pytest.raises(errors.WebhookForged, match="msg_1"):
        webhooks.verify(changed, signed(), SECRET)


@pytest.mark.parametrize(
    "header", [{"Webhook-Id": "msg_2"}, {"Webhook-Signature": "v1,AAAA"}, {"Webhook-Signature": "v2,x"}]
)
def test_another_header_is_forged(header):
    with pytest.raises(errors.WebhookForged):
        webhooks.verify(BODY, signed(**header), SECRET)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_header_is_named(name):
    with pytest.raises(errors.WebhookUnsigned, match=name.lower()):
        webhooks.verify(BODY, signed(**{name: None}), SECRET)


@pytest.mark.parametrize("told", ["soon", "-5", "1e9", "²", "9" * 40])
def test_a_time_that_is_none_is_told(told):
    with pytest.raises(errors.WebhookUnsigned, match="expected a Unix time"):
        webhooks.verify(BODY, signed(**{"Webhook-Timestamp": told}), SECRET)


@pytest.mark.parametrize(("off_s", "when"), [(-400, "ago"), (400, "ahead")])
def test_a_message_of_another_time_is_refused_unless_that_is_allowed(off_s, when):
    headers = signed(at=datetime.now(UTC) + timedelta(seconds=off_s))
    with pytest.raises(errors.WebhookTooOld, match=rf"signed \d+ s {when}; 300 s is allowed"):
        webhooks.verify(BODY, headers, SECRET)
    assert webhooks.verify(BODY, headers, SECRET, tolerance_s=600).job == "job_1"


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"no JSON", b'{"type": "job.failed"}', b"[" * 100_000])
def test_a_signed_message_that_is_no_event_is_unreadable(body):
    with pytest.raises(errors.WebhookUnreadable):
        webhooks.verify(body, signed(body), SECRET)


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_", "", []])
def test_a_secret_that_is_none_is_a_mistake_here(secret):
    with pytest.raises(ValueError, match="expected whsec_") as caught:
        webhooks.verify(BODY, signed(), secret)
    assert "not base64!" not in str(caught.value)


def test_every_refusal_is_one_kind_of_error():
    kinds = (errors.WebhookUnsigned, errors.WebhookForged, errors.WebhookTooOld, errors.WebhookUnreadable)
    assert all(issubclass(kind, errors.WebhookRejected) for kind in kinds)


def test_events_of_batches_and_failures_are_read():
    problem = {"type": "/problems/image-corrupt", "title": "T"}
    body = json.dumps({"type": "job.failed", "timestamp": "t", "data": {"id": "job_2", "problem": problem}}).encode()
    event = webhooks.verify(body, signed(body), SECRET)
    assert (event.problem.slug, event.outputs) == ("image-corrupt", ())
    body = json.dumps({"type": "batch.finished", "timestamp": "t", "data": {"id": "bat_1"}}).encode()
    event = webhooks.verify(body, signed(body), SECRET)
    assert (event.batch, event.job) == ("bat_1", None)
