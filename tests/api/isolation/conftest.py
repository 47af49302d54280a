"""Two tenants of one app, each with one of everything; a module shares them, as what is asked there changes nothing."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from api.services import services_of
from api.settings import ApiSettings
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from tests.api.conftest import Shop
from tests.api.isolation.belongings import Belongings, Household, furnish
from tests.api.isolation.routes import Ask

TENANTS = ("keys:manage", "jobs:read", "jobs:write", "uploads:write", "webhooks:manage")
"""All that a tenant's own key may: not ``operator``."""

_RANDOM = (
    (re.compile(r"(job|bat|whe|msg|ers)_[0-9a-v]{26}"), r"\1_ID"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:ID"),
    (re.compile(r"(psk|put)_[0-9a-f]{16}\.[A-Za-z0-9_-]{43}"), r"\1_SECRET"),
    (re.compile(r"whsec_[A-Za-z0-9+/]{40,}=*"), "whsec_SECRET"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"\b([0-9a-f]{32}|[0-9a-f]{16})\b"), "ID"),
    (re.compile(r"(zebra|rival)-(ended|waiting|erased)|SKU-of-nobody"), "SKU"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"(\bbody\W{3,16})[A-Za-z0-9+/=]{16,}"), r"\1HINT"),  # base64 of a new job's id, in what wakes a worker
    (re.compile(r"\b1[0-9]{12}\b"), "MS"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
)
_OF_THE_MOMENT = {"Date", "X-Request-Id", "Content-Length"}


@pytest.fixture(scope="module")
def homes(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Household]]:
    """Both, in an app of their own."""
    redis = connect(redis_server.url)
    redis.flushall()
    redis.close()
    folder = tmp_path_factory.mktemp("data")
    app = create_app(ApiSettings(redis_url=redis_server.url, data_dir=folder, max_upload_mb=1, cors_origins="*"))
    services = services_of(app)
    made = {name: services.keys.create(name, scopes=TENANTS, name=f"{name}'s own") for name in ("zebra", "rival")}
    yield furnish(*(Shop(app, name, key.text) for name, key in made.items()))
    services.hints.close()
    services.store.close()
    services.redis.close()


@pytest.fixture(scope="module")
def zebra(homes: list[Household]) -> Household:
    """The one whose things the other must not see."""
    return homes[0]


@pytest.fixture(scope="module")
def rival(homes: list[Household]) -> Household:
    """The one who asks."""
    return homes[1]


@pytest.fixture
def ask(rival: Household) -> Callable[..., TestResponse]:
    """Ask as the rival, with somebody's names in the request."""

    def call(method: str, ask: Ask, of: Belongings, shop: Shop | None = None) -> TestResponse:
        options: dict[str, Any] = {"headers": {name: words(of, rival, text) for name, text in ask.headers.items()}}
        if isinstance(ask.body, bytes):
            options |= {"data": ask.body, "content_type": ask.types}
        elif ask.body is not None:
            options["json"] = worded(of, rival, ask.body)
        return (shop or rival.shop).call(method, words(of, rival, ask.path), **options)

    return call


def words(of: Belongings, rival: Household, text: str) -> str:
    """The text with names filled in."""
    own = {f"{{own_{name}}}": str(value) for name, value in vars(rival.ended).items()} | {"{own_tenant}": "rival"}
    for name, value in own.items():
        text = text.replace(name, value)
    return of.in_words(text)


def worded(of: Belongings, rival: Household, body: Any) -> Any:
    """A JSON value with names filled in."""
    if isinstance(body, dict):
        return {name: worded(of, rival, value) for name, value in body.items()}
    if isinstance(body, list):
        return [worded(of, rival, value) for value in body]
    return words(of, rival, body) if isinstance(body, str) else body


def plain(text: str) -> str:
    """The text but for names, secrets and times."""
    for form, shown in _RANDOM:
        text = form.sub(shown, text)
    return text


def told(answer: TestResponse) -> dict[str, Any]:
    """All that an answer tells, but for what is the request's own."""
    headers = sorted((name, plain(value)) for name, value in answer.headers if name not in _OF_THE_MOMENT)
    return {"status": answer.status_code, "headers": headers, "body": plain(answer.text)}


def route_keys(app: Any) -> set[str]:
    """Every route of the app, as the tables call it."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def data_folder(shop: Shop) -> Path:
    """Where the shop's app keeps its files."""
    return shop.services.settings.data_dir
