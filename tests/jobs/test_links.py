"""Links: signed by the newest secret, opened by those before it for as long as what they signed lives."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis

from jobs.links import LinkSigner
from jobs.problems import ProblemError
from jobs.settings import JobsSettings

PATH = "/v1/jobs/job_1/outputs/0"
NOW = 1_800_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    told = {"now": float(NOW)}
    monkeypatch.setattr("jobs.links.RedisClock.now", lambda _clock: told["now"])
    return told


@pytest.fixture
def signer(store: Any, clock: dict[str, float]) -> LinkSigner:
    return LinkSigner(store.redis, 900)


def opened(signer: LinkSigner, link: str) -> str:
    parts = urlsplit(link)
    return signer.tenant_of(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})


def old_link(secret: bytes, expires: int = NOW + 600, tenant: str = "shop") -> str:
    """As the version before key ids signed it."""
    signature = hmac.new(secret, f"{PATH}\n{expires}\n{tenant}".encode(), hashlib.sha256).hexdigest()
    return f"{PATH}?tenant={tenant}&expires={expires}&signature={signature}"


def test_a_link_opens_what_it_was_signed_for(signer: LinkSigner) -> None:
    assert opened(signer, signer.sign(PATH, "shop")) == "shop"


def test_links_from_before_the_upgrade_stay_good(signer: LinkSigner, store: Any) -> None:
    store.redis.set("packshot:link-secret", "ab" * 32)
    link = old_link(bytes.fromhex("ab" * 32))
    assert opened(signer, link) == "shop"
    signer.rotate()
    assert opened(signer, link) == "shop"


def test_after_a_rotation_old_links_open_until_they_expire(signer: LinkSigner, clock: dict[str, float]) -> None:
    before = signer.sign(PATH, "shop")
    rotation = signer.rotate()
    after = signer.sign(PATH, "shop")
    assert parse_qs(before)["kid"] != parse_qs(after)["kid"]
    assert opened(signer, before) == opened(signer, after) == "shop"
    clock["now"] = rotation.previous_good_until
    with pytest.raises(ProblemError, match="link-expired"):
        opened(signer, before)


def test_a_secret_that_was_replaced_signs_nothing_longer_lived(signer: LinkSigner, store: Any) -> None:
    signer.sign(PATH, "shop")
    stolen = bytes.fromhex(store.redis.hget("packshot:link-secrets", "0"))
    assert opened(signer, old_link(stolen, NOW + 9_000_000)) == "shop"
    signer.rotate()
    with pytest.raises(ProblemError, match="link-expired"):
        opened(signer, old_link(stolen, NOW + 9_000_000))


def test_secrets_are_forgotten_once_nothing_they_signed_is_good(signer: LinkSigner, store: Any, clock: Any) -> None:
    clock["now"] = 1_000_000  # by Redis' clock, which says when to forget, all of these links are long past
    for _ in range(3):
        signer.rotate()
    assert signer.rotate().secrets == 2


@pytest.mark.parametrize("kid", ["1", "current", ""])
def test_a_link_of_an_unknown_secret_is_refused(kid: str, signer: LinkSigner) -> None:
    link = signer.sign(PATH, "shop").replace("kid=0", f"kid={kid}")
    query = dict(pair.split("=") for pair in link.partition("?")[2].split("&"))
    with pytest.raises(ProblemError, match="bad-signature"):
        signer.tenant_of(PATH, query)


def test_many_processes_share_the_secrets(signer: LinkSigner, store: Any, settings: JobsSettings) -> None:
    other = LinkSigner(redis.Redis.from_url(settings.redis_url, decode_responses=True), 900)
    assert opened(other, signer.sign(PATH, "shop")) == "shop"
    signer.rotate()
    assert parse_qs(other.sign(PATH, "shop"))["kid"] == parse_qs(signer.sign(PATH, "shop"))["kid"]
    other._redis.close()
