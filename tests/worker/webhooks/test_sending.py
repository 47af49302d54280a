"""Where a message may go: to addresses that were checked, over TLS, and never anywhere else."""

import pytest

from tests.worker.photo_host import ADDRESS, NAME, PhotoHost, answer
from worker.webhooks.messages import SignedMessage
from worker.webhooks.sending import Poster

URL = f"https://{NAME}/hook?token=x"
MESSAGE = SignedMessage(b'{"type":"webhook.test"}', {"webhook-id": "msg_1", "Content-Type": "application/json"})


@pytest.fixture
def host(tmp_path):
    host = PhotoHost(tmp_path)
    yield host
    host.close()


def post(host, url=URL, *, private=False):
    return Poster(host.network(), 20, private).post(url, MESSAGE, lambda: None)


def test_a_message_goes_to_the_address_that_was_checked(host):
    host.answers = [answer(b"thanks")]
    host.addresses = [[ADDRESS], ["127.0.0.1"]]  # a name server that changes its mind
    assert post(host).status == 200
    assert (host.resolved, host.connected_to) == ([NAME], [ADDRESS])
    lines = host.requests[0].splitlines()
    assert lines[0] == "POST /hook?token=x HTTP/1.1"
    assert {f"Host: {NAME}", "webhook-id: msg_1", f"Content-Length: {len(MESSAGE.body)}"} <= set(lines)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_nothing_is_sent_to_an_address_that_is_not_public(host, address):
    host.addresses = [[ADDRESS, address]]
    found = post(host)
    assert (found.status, found.error) == (None, f"{NAME} leads to an address that is not public")
    assert host.connected_to == []


def test_a_url_that_was_let_through_once_is_checked_again(host):
    found = post(host, "http://127.0.0.1:5000/hook")
    assert "https://" in found.error
    assert host.connected_to == []


def test_a_certificate_of_another_name_is_no_receiver(host):
    found = post(host, "https://other.example/hook")
    assert "other.example's certificate is not valid" in found.error
    assert host.requests == []


def test_the_answers_status_and_wish_are_told(host):
    host.answers = [answer(status="503 Busy", Retry_After="30")]
    found = post(host)
    assert (found.status, found.retry_after, found.error) == (503, "30", None)
