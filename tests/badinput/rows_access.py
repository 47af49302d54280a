"""Rows about who asks, for what, and whether it is there: keys, scopes, tenants, ids, links, a job's life."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jobs.links import SECRETS, _signature
from tests.badinput.place import Place
from tests.badinput.rows import promise
from tests.badinput.wire import Answer

Sends = Callable[[Place], Answer]
UNKNOWN_JOB = "job_" + "0" * 26
UNKNOWN_KEY = "psk_0123456789abcdef." + "A" * 43
LIST = "/v1/jobs?limit=1"


def shows(**headers: str) -> Sends:
    """A request that shows itself with these headers alone."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda place: place.call("GET", LIST, key=None, headers=told)


def asks(method: str, path: str, **options: Any) -> Sends:
    """A request with the shop's key."""
    return lambda place: place.call(method, path, **options)


def as_it_is(method: str, path: str) -> Sends:
    """A request whose path no library tidies up."""
    return lambda place: place.say(place.head(method, path, "Connection: close"))


def revoked(place: Place) -> Answer:
    """With a key that was revoked."""
    key = place.ring.create("shop")
    place.ring.revoke(key.id)
    return place.call("GET", LIST, key=key.text)


def expired(place: Place) -> Answer:
    """With a key whose time is over."""
    return place.call("GET", LIST, key=place.ring.create("shop", expires_in_s=-1).text)


def without(scope: str, method: str, path: str) -> Sends:
    """With a key that has any scope but this one."""
    scopes = {"jobs:read", "jobs:write", "uploads:write", "webhooks:manage", "keys:manage"} - {scope}
    return lambda place: place.call(method, path, key=place.ring.create("shop", scopes=scopes).text)


def of_another(method: str, suffix: str) -> Sends:
    """A rival asks for a finished job of the shop's."""

    def sends(place: Place) -> Answer:
        job = place.done()["id"]
        rival = place.ring.create("rival").text
        answer = place.call(method, f"/v1/jobs/{job}{suffix}", key=rival)
        assert place.call("GET", f"/v1/jobs/{job}").document["state"] == "succeeded"
        return answer

    return sends


def photo_of_another(place: Place) -> Answer:
    """A rival names the shop's photo in a spec."""
    return place.submit(place.spec(), headers={"Authorization": f"Bearer {place.ring.create('rival').text}"})


def link(place: Place) -> str:
    """Path and query of a fresh link to a picture."""
    split = urlsplit(place.done()["outputs"][0]["url"])
    return f"{split.path}?{split.query}"


def tampered(**changes: str | None) -> Sends:
    """A signed link, changed."""

    def sends(place: Place) -> Answer:
        split = urlsplit(link(place))
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        told = {name: value for name, value in {**query, **changes}.items() if value is not None}
        return place.call("GET", f"{split.path}?{urlencode(told)}", key=None)

    return sends


def on_another_path(place: Place) -> Answer:
    """The query of one job's link on the path of another's."""
    own, other = urlsplit(link(place)), urlsplit(link(place))
    return place.call("GET", f"{other.path}?{own.query}", key=None)


def past_its_time(place: Place) -> Answer:
    """A link as the server signed it an hour ago."""
    path = urlsplit(link(place)).path
    known = place.redis.client().hgetall(SECRETS)
    kid, expires = str(known["current"]), str(int(time.time()) - 3600)
    secret = bytes.fromhex(str(known[kid]).partition(" ")[0])
    told = {"tenant": "shop", "expires": expires, "kid": kid, "signature": _signature(secret, path, expires, "shop")}
    return place.call("GET", f"{path}?{urlencode(told)}", key=None)


def too_early(suffix: str) -> Sends:
    """For the result of a job that no worker has begun with."""

    def sends(place: Place) -> Answer:
        place.workers[0].stop()
        try:
            job = place.submit(place.spec()).document["id"]
            return place.call("GET", f"/v1/jobs/{job}{suffix}")
        finally:
            place.workers[0].cont()

    return sends


def erased(method: str, suffix: str) -> Sends:
    """For a job that its owner has erased."""

    def sends(place: Place) -> Answer:
        job = place.done()["id"]
        assert place.call("DELETE", f"/v1/jobs/{job}").status == 204
        return place.call(method, f"/v1/jobs/{job}{suffix}")

    return sends


def outlived(place: Place) -> Answer:
    """For a job that was kept for its second, and is gone."""
    path = f"/v1/jobs/{place.done()['id']}"
    give_up_at = time.monotonic() + 30
    while (answer := place.call("GET", path)).status == 200 and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return answer


def cancel_what_ended(place: Place) -> Answer:
    """A finished job is to be canceled."""
    return place.call("POST", f"/v1/jobs/{place.done()['id']}/cancel")


promise(
    "no, malformed or unknown key",
    401,
    "unauthorized",
    {
        "no key": shows(),
        "a key cut short": shows(Authorization="Bearer psk_x"),
        "a key of 7,000 characters": shows(Authorization="Bearer psk_" + "0" * 7000),
        "a key with another behind it": shows(Authorization=f"Bearer {UNKNOWN_KEY} {UNKNOWN_KEY}"),
        "an unknown key": shows(Authorization=f"Bearer {UNKNOWN_KEY}"),
        "an unknown key as X-Api-Key": shows(X_Api_Key=UNKNOWN_KEY),
        "an unknown upload token": shows(Authorization=f"Bearer put_{UNKNOWN_KEY[4:]}"),
        "Basic in place of Bearer": shows(Authorization="Basic dTpw"),
        "Bearer and nothing": shows(Authorization="Bearer"),
        "bytes beyond ASCII": lambda place: place.say(
            b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer psk_\xff\xfe\r\nConnection: close\r\n\r\n"
        ),
    },
)
promise("revoked or expired key", 401, "key-revoked", {"a revoked key": revoked, "an expired key": expired})
promise(
    "missing scope",
    403,
    "forbidden",
    {
        f"{method} {path} without {scope}": without(scope, method, path)
        for scope, method, path in (
            ("jobs:write", "POST", "/v1/jobs"),
            ("jobs:read", "GET", "/v1/jobs"),
            ("uploads:write", "POST", "/v1/uploads"),
            ("jobs:write", "POST", "/v1/batches"),
            ("webhooks:manage", "GET", "/v1/webhooks"),
            ("keys:manage", "GET", "/v1/keys"),
            ("operator", "GET", "/v1/operator/overview"),
        )
    },
    names=("lacks the scope",),
)
promise(
    "another tenant's job or result",
    404,
    "not-found",
    {
        f"{method} /v1/jobs/{{id}}{suffix}": of_another(method, suffix)
        for method, suffix in (
            ("GET", ""),
            ("GET", "/outputs/0"),
            ("GET", "/manifest"),
            ("GET", "/events"),
            ("POST", "/cancel"),
            ("DELETE", ""),
        )
    },
)
promise("another tenant's job or result", 422, "invalid-parameter", {"its photo in a spec": photo_of_another})
promise(
    "malformed id, ../",
    404,
    "not-found",
    {
        "an id that is none": asks("GET", "/v1/jobs/42"),
        "an id a character short": asks("GET", f"/v1/jobs/{UNKNOWN_JOB[:-1]}"),
        "an id nobody was given": asks("GET", f"/v1/jobs/{UNKNOWN_JOB}"),
        "an id of 7,000 characters": asks("GET", "/v1/jobs/job_" + "0" * 7000),
        "an id with a NUL": asks("GET", "/v1/jobs/job_%00"),
        "an id in other letters": asks("GET", "/v1/jobs/job_%F0%9F%91%97"),
        "bytes that are no UTF-8": asks("GET", "/v1/jobs/%ff%fe"),
        "../ in its place": as_it_is("GET", "/v1/jobs/../outputs/0"),
        "../../etc/passwd": as_it_is("GET", "/v1/jobs/../../../../etc/passwd"),
        "%2e%2e%2f": as_it_is("GET", "/v1/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
        "..%5c": as_it_is("GET", "/v1/jobs/..%5c..%5cetc/outputs/0"),
        "../ in the console's files": as_it_is("GET", "/console/../../api/settings.py"),
        "%2e%2e/ in the console's files": as_it_is("GET", "/console/%2e%2e/%2e%2e/api/settings.py"),
        "an output that is a path": asks("GET", f"/v1/jobs/{UNKNOWN_JOB}/outputs/..%2f0"),
        "a batch's id that is none": asks("GET", "/v1/batches/42"),
        "a webhook's id that is none": asks("GET", "/v1/webhooks/42"),
        "a doubled slash": as_it_is("GET", "/v1//jobs"),
    },
)
promise(
    "link tampered",
    403,
    "bad-signature",
    {
        "another signature": tampered(signature="0" * 64),
        "no signature's worth": tampered(signature="é"),
        "a later end": tampered(expires="9999999999"),
        "an end of 400 digits": tampered(expires="9" * 400),
        "another tenant": tampered(tenant="rival"),
        "another secret": tampered(kid="ffffffff"),
        "the secrets' index as secret": tampered(kid="current"),
        "no tenant": tampered(tenant=None),
        "on another job's path": on_another_path,
    },
)
promise("link expired", 403, "link-expired", {"an hour after its end": past_its_time})
promise(
    "result not ready",
    409,
    "not-ready",
    {"a picture of a queued job": too_early("/outputs/0"), "its manifest": too_early("/manifest")},
)
promise("past its life", 410, "expired", {"a job that was erased": erased("GET", "")})
promise(
    "past its life",
    410,
    "expired",
    {"its picture": erased("GET", "/outputs/0"), "its cancel": erased("POST", "/cancel")},
)
promise("past its life", 410, "expired", {"a job a second old": outlived}, settings=(("PACKSHOT_RETENTION_S", "1"),))
promise("cancel a finished job", 409, "already-terminal", {"a job that succeeded": cancel_what_ended})
promise(
    "wrong method",
    405,
    "method-not-allowed",
    {
        "GET /v1/uploads": asks("GET", "/v1/uploads"),
        "PUT /v1/jobs": asks("PUT", "/v1/jobs"),
        "OPTIONS /v1/jobs": asks("OPTIONS", "/v1/jobs"),
        "TRACE /v1/jobs": asks("TRACE", "/v1/jobs"),
        "a method nobody knows": asks("BREW", "/v1/jobs"),
    },
)
