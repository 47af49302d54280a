"""The guide's receivers, run as they stand there on a message that was really signed."""

import importlib.util
import json
import re
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

import packshot.webhooks
from jobs.webhooks.events import new_secret
from jobs.webhooks.records import NewEndpoint
from packshot.errors import WebhookRejected
from tests.tools import require
from tests.worker.conftest import TENANT
from worker.webhooks.messages import Messages

GUIDE = Path(__file__).parents[3] / "api" / "guide" / "webhooks.md"

NODE = """
const { body, headers, secret } = JSON.parse(require("node:fs").readFileSync(0));
try { console.log(JSON.stringify(verify(Buffer.from(body), headers, secret))); }
catch (error) { console.log(JSON.stringify({ refused: error.message })); }
"""
PHP = """
$given = json_decode(file_get_contents('php://stdin'), true);
try { echo json_encode(verify($given['body'], $given['headers'], $given['secret'])); }
catch (RuntimeException $error) { echo json_encode(['refused' => $error->getMessage()]); }
"""


def snippets(language):
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def message(store):
    """A message of an endpoint whose secret is being changed: its secrets (new, old), headers and body."""
    made, old = store.add_endpoint(TENANT, NewEndpoint("https://shop.example/hook", ("*",), base_url="https://api"))
    new, _ = store.rotate_secret(TENANT, made.id, 60)
    store.test_endpoint(TENANT, made.id)
    signed = Messages(store).signed(store.claim_delivery(1000))
    return (new, old), dict(signed.headers), signed.body


def module_of(tmp_path, text):
    path = tmp_path / "snippet.py"
    path.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location("snippet", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_hand(tmp_path, body, headers, secret):
    try:
        return module_of(tmp_path, snippets("python")[1]).verify(body, headers, secret)
    except ValueError as error:
        return {"refused": str(error)}


def in_flask(tmp_path, body, headers, secret):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PACKSHOT_WEBHOOK_SECRET", secret)
        app = module_of(tmp_path, snippets("python")[0]).app
    answer = app.test_client().post("/packshot", data=body, headers=headers)
    return json.loads(body) if answer.status_code == 204 else {"refused": answer.status}


def by_sdk(tmp_path, body, headers, secret):
    try:
        event = packshot.webhooks.verify(body, headers, secret)
    except WebhookRejected as error:
        return {"refused": str(error)}
    return {"type": event.type, "timestamp": event.timestamp, "data": dict(event.data)}


def in_node(tmp_path, body, headers, secret):
    return run(tmp_path / "snippet.cjs", snippets("javascript")[0] + NODE, "node", (body, headers, secret))


def in_php(tmp_path, body, headers, secret):
    return run(tmp_path / "snippet.php", snippets("php")[0] + PHP, "php", (body, headers, secret))


def run(script, text, command, given):
    require(command)
    script.write_text(text, "utf-8")
    body, headers, secret = given
    told = json.dumps({"body": body.decode(), "headers": headers, "secret": secret})
    done = subprocess.run([command, str(script)], input=told, capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


WAYS = pytest.mark.parametrize("verify", [by_hand, in_flask, by_sdk, in_node, in_php])


@WAYS
def test_a_message_is_taken_by_either_secret_of_a_rotation(message, tmp_path, verify):
    secrets, headers, body = message
    for secret in secrets:
        assert verify(tmp_path, body, headers, secret) == json.loads(body)


@WAYS
def test_what_was_not_signed_so_is_refused(message, tmp_path, verify):
    (secret, _), headers, body = message
    tampered = (
        (body.replace(b"works", b"burns"), headers, secret),
        (body, headers | {"webhook-id": "msg_other"}, secret),
        (body, headers | {"webhook-signature": "v1," + 43 * "A" + "="}, secret),
        (body, headers | {"webhook-signature": "nonsense"}, secret) if verify is not in_flask else None,
        (body, headers, new_secret()),
    )
    for given in filter(None, tampered):
        assert set(verify(tmp_path, *given)) == {"refused"}


@WAYS
def test_an_old_message_is_refused_though_its_signature_is_right(message, tmp_path, verify, store):
    (secret, _), headers, body = message
    assert verify(tmp_path, body, headers, secret) == json.loads(body)
    for age_s in (400, -400):
        told = verify(tmp_path, body, resigned(headers, body, secret, int(time.time()) - age_s), secret)
        assert set(told) == {"refused"}


def resigned(headers, body, secret, sent_at):
    """The same message, rightly signed at another time."""
    signature = Webhook(secret).sign(headers["webhook-id"], datetime.fromtimestamp(sent_at, UTC), body.decode())
    return headers | {"webhook-timestamp": str(sent_at), "webhook-signature": signature}
