"""A tenant that has one of everything, and the names that nothing ever had."""

import re
from dataclasses import dataclass, fields
from typing import Any

from tests.api.conftest import Shop, encoded

NOTES = {f"note{at}": "n" * 500 for at in range(20)}
"""Make a job's record so large that reading it takes time that could be measured."""


@dataclass(frozen=True)
class Belongings:
    """Names by which a tenant's things are asked for. ``external`` and ``idempotency`` are its own words for them."""

    job: str
    batch: str
    upload: str
    endpoint: str
    message: str
    key: str
    token: str
    erasure: str
    external: str
    idempotency: str
    etag: str
    event: str

    def in_words(self, text: str) -> str:
        """``text`` with {job}, {batch} … in it."""
        return re.sub(r"\{(\w+)\}", lambda name: str(getattr(self, name[1])), text)

    def all(self) -> list[str]:
        """Every one of these names."""
        return [getattr(self, field.name) for field in fields(self)]


NOBODYS = Belongings(
    job="job_" + "0" * 26,
    batch="bat_" + "0" * 26,
    upload="sha256:" + "0" * 64,
    endpoint="whe_" + "0" * 26,
    message="msg_" + "0" * 26,
    key="0" * 16,
    token="0" * 16,
    erasure="ers_" + "0" * 26,
    external="SKU-of-nobody",
    idempotency="nobody-has-used-it",
    etag='W/"1"',
    event="queued.1.0",
)


@dataclass(frozen=True)
class Household:
    """What a tenant has: things that have ended, things that have not, and things that were erased."""

    shop: Shop
    ended: Belongings
    waiting: Belongings
    erased: Belongings

    @property
    def marks(self) -> list[str]:
        """What no other tenant may ever read."""
        names = {
            name for some in (self.ended, self.waiting, self.erased) for name in (some.job, some.batch, some.upload)
        }
        own = {self.ended.endpoint, self.ended.message, self.ended.key, self.ended.token, self.shop.tenant}
        return sorted(names | own | {self.ended.external, self.waiting.external})


def furnish(*shops: Shop) -> list[Household]:
    """Give each shop one of everything; what is to wait comes last, so that no worker takes it before."""
    ended = [_with_past(shop) for shop in shops]
    return [
        Household(shop, _with_etag(shop, past), _with_etag(shop, _waiting(shop, past)), erased)
        for shop, (past, erased) in zip(shops, ended, strict=True)
    ]


def _with_past(shop: Shop) -> tuple[Belongings, Belongings]:
    """What has ended, and what was erased."""
    more = _access(shop)
    ended = _belongings(shop, "ended", **more)
    shop.finish(ended.job, encoded("JPEG"))
    note = {"verdict": "approved", "note": f"{shop.tenant}'s taste"}
    assert shop.post(f"/v1/jobs/{ended.job}/outputs/0/decision", json=note).status_code == 200
    erased = _belongings(shop, "erased", **more)
    for path in (f"jobs/{erased.job}", f"batches/{erased.batch}"):  # the photo goes with its job
        assert shop.call("DELETE", f"/v1/{path}").status_code == 204
    return ended, erased


def _access(shop: Shop) -> dict[str, str]:
    """A webhook with a message, an upload token, and the key in use."""
    hook = {"url": f"https://{shop.tenant}.example/hook", "description": f"{shop.tenant}'s"}
    endpoint = shop.post("/v1/webhooks", json=hook).get_json()["id"]
    message = shop.post(f"/v1/webhooks/{endpoint}/test").get_json()["id"]
    wish = {"origins": ["http://localhost"], "spec": {"operations": [{"op": "restore"}]}}
    token = shop.post("/v1/upload-tokens", json=wish).get_json()["id"]
    key = shop.key.partition(".")[0].removeprefix("psk_")
    return {"endpoint": endpoint, "message": message, "key": key, "token": token, "erasure": _erasure(shop)}


def _erasure(shop: Shop) -> str:
    """Of a tenant that is neither: the shop itself is still needed."""
    name = f"{shop.tenant}_of_old"
    key = shop.services.keys.create(name, scopes=("keys:manage",)).text
    started = Shop(shop.app, name, key).post("/v1/tenant/erasure", json={"confirm": name})
    assert started.status_code == 202, started.text
    return str(started.get_json()["id"])


def _waiting(shop: Shop, past: Belongings) -> Belongings:
    more = {name: getattr(past, name) for name in ("endpoint", "message", "key", "token", "erasure")}
    return _belongings(shop, "waiting", **more)


def _belongings(shop: Shop, kind: str, **more: Any) -> Belongings:
    """A job and a batch, each of a photo of its own."""
    name = f"{shop.tenant}-{kind}"
    width = {"ended": 60, "erased": 61, "waiting": 62}[kind] + sum(map(ord, shop.tenant)) % 50
    upload, row = shop.upload(encoded("JPEG", (width, 40))), shop.upload(encoded("JPEG", (width, 41)))
    spec = {"input": {"upload": upload}, "operations": [{"op": "restore"}], "external_id": name}
    sent = shop.post("/v1/jobs", json=spec | {"metadata": NOTES}, headers={"Idempotency-Key": name})
    assert sent.status_code == 202, sent.text
    rows = {
        "defaults": {"operations": [{"op": "restore"}]},
        "items": [{"sku": f"{name}-row", "upload": row}],
        "name": name,
    }
    batch = shop.post("/v1/batches", json=rows)
    assert batch.status_code == 202, batch.text
    names = {"job": sent.get_json()["id"], "batch": batch.get_json()["id"], "upload": upload}
    return Belongings(**names, **more, external=name, idempotency=name, etag='W/"1"', event="queued.1.0")


def _with_etag(shop: Shop, some: Belongings) -> Belongings:
    etag = shop.get(f"/v1/jobs/{some.job}").headers["ETag"]
    state, version = ("succeeded", etag.strip('W/"').partition("-")[0]) if "ended" in some.external else ("queued", "1")
    return Belongings(**{**vars(some), "etag": etag, "event": f"{state}.{version}"})
