"""Hosts in a webhook's URL: an address in brackets is one of IPv6, or the URL is refused."""

import pytest

from jobs.problems import ProblemError
from jobs.webhooks.urls import read_webhook_url


@pytest.mark.parametrize("host", ["[::1]", "[fd00::7]", "shop", "10.0.0.7"])
def test_in_development_any_host_is_taken(host: str) -> None:
    assert read_webhook_url(f"http://{host}:8000/hook", private=True).host == host.strip("[]")


@pytest.mark.parametrize("host", ["[C]", "[::1", "[1.2.3.4]", "[:::]"])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_webhook_url(f"http://{host}/hook", private=True)
    assert caught.value.problem.type == "webhook-url-forbidden"
