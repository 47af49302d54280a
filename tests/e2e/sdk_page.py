"""Runs the Python SDK's page, block after block, as its reader would; then its webhook route is called."""

import base64
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

OUTPUT = {"index": 0, "url": "https://x/o", "format": "png", "width": 2, "height": 1, "bytes": 9, "sha256": "ab"}


def run(blocks: list[str]) -> None:
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"<block {number}>", "exec"), names)
    page = names["shop"].test_client()  # type: ignore[attr-defined]
    body = json.dumps({"type": "job.succeeded", "timestamp": "t", "data": {"outputs": [OUTPUT]}})
    now = datetime.now(UTC)
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    for secret, status in ((str(names["secret"]), 204), (other, 400)):
        signature = Webhook(secret).sign("msg_1", now, body)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
        answer = page.post("/packshot", data=body, headers={**headers, "webhook-signature": signature})
        assert answer.status_code == status, answer.text


run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
