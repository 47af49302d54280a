"""Who comes to the service of test_security, and shows it what they should have kept to themselves."""

import json
import re
import secrets
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.talkative import Stack

PHOTO = Path(__file__).parents[2] / "docs" / "samples" / "mug.jpg"
SMALL = [{"op": "resize", "width": 64}]


def as_a_shop(stack: Stack) -> None:
    """A job with its webhook, another by a signed address, links to the picture, an endpoint, a batch, a decision."""
    upload = stack.call(
        "POST", "/v1/uploads", content=PHOTO.read_bytes(), headers={"Content-Type": "image/jpeg"}
    ).json()["id"]
    job = _job_with_a_webhook(stack, upload)
    _links(stack, job["outputs"][0]["url"])
    _photo_by_its_address(stack)
    _endpoint(stack)
    _batch(stack, upload)
    note = {"verdict": "approved", "note": "fine"}
    assert stack.call("POST", f"/v1/jobs/{job['id']}/outputs/0/decision", json=note).status_code == 200
    assert stack.call("DELETE", f"/v1/jobs/{job['id']}").status_code == 204


def _job_with_a_webhook(stack: Stack, upload: str) -> dict[str, Any]:
    hidden = stack.hide("idempotency", "hook-token")
    hook = {"url": f"https://hooks.example/?token={hidden['hook-token']}", "events": ["job.succeeded"]}
    spec = {"input": {"upload": upload}, "operations": SMALL, "webhook": hook}
    sent = stack.call("POST", "/v1/jobs", json=spec, headers={"Idempotency-Key": hidden["idempotency"]})
    assert sent.status_code == 202, sent.text
    job = stack.ended(sent.json()["id"])
    assert job["state"] == "succeeded", job
    return job


def _links(stack: Stack, link: str) -> None:
    stack.secrets["link's signature"] = re.search(r"signature=(\w+)", link)[1]  # type: ignore[index]
    assert httpx.get(link, trust_env=False, timeout=60).status_code == 200
    assert stack.call("GET", link.removeprefix(stack.url).replace("outputs/0", "outputs/1")).status_code == 403


def _photo_by_its_address(stack: Stack) -> None:
    address = f"https://photos.invalid/shoe.jpg?X-Amz-Signature={stack.hide('photo-signature')['photo-signature']}"
    fetched = stack.call("POST", "/v1/jobs", json={"input": {"url": address}, "operations": SMALL})
    assert stack.ended(fetched.json()["id"])["state"] == "failed"


def _endpoint(stack: Stack) -> None:
    hidden = stack.hide("endpoint-token")
    made = stack.call("POST", "/v1/webhooks", json={"url": f"https://hooks.invalid/?t={hidden['endpoint-token']}"})
    endpoint = made.json()
    hidden["webhook's secret"] = endpoint["secret"].removeprefix("whsec_")
    stack.call("POST", f"/v1/webhooks/{endpoint['id']}/test")
    rotated = stack.call("POST", f"/v1/webhooks/{endpoint['id']}/rotate").json()["secret"]
    hidden["webhook's next secret"] = rotated.removeprefix("whsec_")
    for known in stack.call("GET", "/v1/webhooks").json()["items"]:
        told = stack.call("GET", f"/v1/webhooks/{known['id']}/secret").json()["secret"]
        hidden[f"secret of {known['id']}"] = told.removeprefix("whsec_")


def _batch(stack: Stack, upload: str) -> None:
    rows = {"defaults": {"operations": SMALL}, "items": [{"sku": "one", "upload": upload}]}
    batch = stack.call("POST", "/v1/batches", json=rows)
    assert batch.status_code == 202, batch.text
    path = f"/v1/batches/{batch.json()['id']}"
    assert stack.call("GET", f"{path}?wait=30").json()["counts"]["succeeded"] == 1
    for part in ("archive", "results", "items"):
        assert stack.call("GET", f"{path}/{part}").status_code == 200


def as_a_page(stack: Stack) -> None:
    """A token for uploads, used from a page."""
    wish = {"origins": [stack.url], "spec": {"operations": SMALL}}
    token = stack.call("POST", "/v1/upload-tokens", json=wish).json()["token"]
    stack.secrets["upload token"] = token.partition(".")[2]
    headers = {"Origin": stack.url, "Content-Type": "image/jpeg"}
    sent = stack.call("POST", "/v1/uploads", token, content=PHOTO.read_bytes(), headers=headers)
    assert sent.status_code in {200, 201}, sent.text
    assert stack.call("GET", "/v1/jobs", token, headers={"Origin": stack.url}).status_code == 403


def as_an_owner(stack: Stack) -> None:
    """Keys made and rotated, and all that an operator looks at."""
    made = stack.call("POST", "/v1/keys", json={"scopes": ["jobs:read"], "name": "till"}).json()
    rotated = stack.call("POST", f"/v1/keys/{made['id']}/rotate").json()
    stack.secrets |= {"key": made["key"].partition(".")[2], "next key": rotated["key"].partition(".")[2]}
    assert stack.call("GET", "/v1/jobs", rotated["key"]).status_code == 200
    assert stack.call("POST", "/v1/links/rotate").status_code == 200
    for path in ("overview", "workers", "jobs", "failures", "dead"):
        assert stack.call("GET", f"/v1/operator/{path}").status_code == 200
    for path in ("/readyz", "/v1/models", "/v1/me", "/v1/keys", "/metrics"):
        stack.call("GET", path)
    headers = {"Authorization": f"Bearer {stack.key}"}
    with httpx.stream("GET", stack.url + "/v1/events", headers=headers, timeout=60) as events:
        next(events.iter_bytes())


def as_a_stranger(stack: Stack) -> None:
    """Secrets in every place but the right one."""
    tokens = ("wrong key", "wrong token", "x-api-key", "basic", "query")
    stack.secrets |= {name: secrets.token_urlsafe(32)[:43] for name in tokens}
    stack.hide("in json", "in a name", "cut off", "bad head", "bad line", "hung up", "much")
    _in_requests(stack, stack.secrets)
    _in_what_is_no_request(stack, stack.secrets)


def _in_requests(stack: Stack, hidden: dict[str, str]) -> None:
    stack.call("GET", "/v1/me", f"psk_{'0' * 16}.{hidden['wrong key']}")
    stack.call("GET", "/v1/me", f"put_{'0' * 16}.{hidden['wrong token']}")
    stack.call("GET", "/v1/me", headers={"Authorization": "", "X-Api-Key": f"psk_{'1' * 16}.{hidden['x-api-key']}"})
    stack.call("GET", "/v1/me", headers={"Authorization": f"Basic {hidden['basic']}"})
    stack.call("GET", "/v1/me", hidden["cut off"])
    httpx.get(f"{stack.url}/v1/jobs?api_key={hidden['query']}", trust_env=False, timeout=60)
    httpx.get(f"{stack.url}/v1/jobs/x/outputs/0?signature={hidden['query']}", trust_env=False, timeout=60)
    httpx.post(f"{stack.url}/v1/jobs", content=json.dumps({"key": hidden["in json"]}), trust_env=False, timeout=60)


def _in_what_is_no_request(stack: Stack, hidden: dict[str, str]) -> None:
    start = "GET /v1/me HTTP/1.1\r\nHost: x\r\n"
    stack.raw(f"{start}Authorization Bearer {hidden['bad head']}\r\n\r\n")
    stack.raw(f"{start}Authori{{zation: Bearer {hidden['bad head']}\r\n\r\n")
    stack.raw(f"{start}{hidden['in a name']}@: x\r\n\r\n")
    stack.raw(f"GET /v1/me?signature={hidden['bad line']} HTTP/9.x\r\nHost: x\r\n\r\n")
    stack.raw(f"{start}Authorization: {hidden['much']}{'x' * 9000}\r\n\r\n")
    stack.raw(f"{start}Authorization: Bearer {hidden['hung up']}", leave=True)
    stack.raw(f"{start}Authorization: Bearer {hidden['hung up']}\r\nTransfer-Encoding: nonsense\r\n\r\n")
    stack.raw(
        f"POST /v1/uploads?x={hidden['hung up']} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{hidden['hung up']}"
    )
