"""Where messages may be sent to."""

import pytest

from jobs.problems import ProblemError
from jobs.webhooks.urls import WebhookUrl, read_webhook_url

from .conftest import Shop
from .endpoints import endpoint


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook",
        "https://shop.example:8443/hook",
        "https://me:pass@shop.example/hook",
        "https://10.0.0.1/hook",
        "https://localhost/hook",
        "https://shop.example/hook#part",
        "ftp://shop.example/",
        "shop.example",
    ],
)
def test_urls_that_no_stranger_may_be_reached_by_are_refused(shop: Shop, url: str):
    for attempt in (
        lambda: endpoint(shop.store, url=url),
        lambda: shop.submit(webhook={"url": url}),
    ):
        with pytest.raises(ProblemError) as caught:
            attempt()
        assert caught.value.problem.type == "webhook-url-forbidden"
        assert caught.value.problem.extra["errors"][0]["pointer"] in {"/url", "/webhook/url"}
    assert shop.store.list_endpoints("shop").items == ()


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://127.0.0.1:5000/hook?a=b", WebhookUrl("127.0.0.1", "/hook?a=b", 5000, tls=False)),
        ("http://shop", WebhookUrl("shop", "/", 80, tls=False)),
        ("https://[::1]:8443", WebhookUrl("::1", "/", 8443)),
        ("https://shop.example?x", WebhookUrl("shop.example", "/?x")),
    ],
)
def test_in_development_http_and_private_addresses_pass(url: str, read: WebhookUrl):
    assert read_webhook_url(url, private=True) == read


@pytest.mark.parametrize(
    "url", ["http://me@shop/", "http://shop:0/", "http://shop:70000/", "file:///etc/passwd", "http:/x"]
)
def test_in_development_a_url_is_still_one(url: str):
    with pytest.raises(ProblemError, match="webhook-url-forbidden"):
        read_webhook_url(url, private=True)


@pytest.mark.parametrize("host", ["[::1]", "[fd00::7]", "shop", "10.0.0.7"])
def test_in_development_any_host_is_taken(host: str) -> None:
    assert read_webhook_url(f"http://{host}:8000/hook", private=True).host == host.strip("[]")


@pytest.mark.parametrize("host", ["[C]", "[::1", "[1.2.3.4]", "[:::]"])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_webhook_url(f"http://{host}/hook", private=True)
    assert caught.value.problem.type == "webhook-url-forbidden"
