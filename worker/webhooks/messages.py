"""What a message says, by Standard Webhooks: the body, fresh links in it, and the headers that sign it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from jobs.links import LinkSigner
from jobs.problems import Problem
from jobs.records import JobView
from jobs.showing import output_path, shown_output, shown_time
from jobs.store import JobStore
from jobs.version import version
from jobs.webhooks.records import ClaimedDelivery


@dataclass(frozen=True)
class SignedMessage:
    """The bytes to post and the headers beside them."""

    body: bytes
    headers: Mapping[str, str]


class Messages:
    """Makes messages of what the record says now. Thread-safe; Redis' own faults pass through."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._links = LinkSigner(store.redis, store.settings.link_ttl_s)

    def signed(self, claimed: ClaimedDelivery) -> SignedMessage:
        """The message, signed by every secret that is valid now, with the time of this attempt."""
        message = claimed.message
        document = {"type": message.type, "timestamp": shown_time(message.created_ms), "data": self._data(claimed)}
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        sent_at = datetime.fromtimestamp(claimed.now_ms // 1000, UTC)
        signatures = [Webhook(secret).sign(message.id, sent_at, body) for secret in claimed.secrets]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Packshot/{version()}",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        return SignedMessage(body.encode(), headers)

    def _data(self, claimed: ClaimedDelivery) -> dict[str, Any]:
        if claimed.message.job_id:
            return self._job(claimed, claimed.message.job_id)
        if claimed.message.batch_id:
            return _batch(claimed, claimed.message.batch_id)
        return {"text": "this endpoint of yours works, and this is the signature to check"}

    def _job(self, claimed: ClaimedDelivery, job_id: str) -> dict[str, Any]:
        """What is known of the job for good, and of its record what is still there: an erased job has no pictures."""
        about = claimed.about
        view = self._store.get(claimed.tenant, job_id)
        if view is not None and view.state.value != about["state"]:
            view = None  # it was put back into the queue since
        spec = view.spec.model_dump(mode="json", exclude_none=True) if view else {}
        self_url = f"{claimed.base_url}/v1/jobs/{job_id}"
        return {
            "id": job_id,
            "state": about["state"],
            "external_id": about.get("external_id"),
            "metadata": spec.get("metadata", {}),
            "parent": spec.get("parent"),
            "outputs": self._outputs(view, claimed.base_url) if view else [],
            "needs_review": any(output.needs_review for output in view.outputs) if view else False,
            "problem": _problem(about.get("problem")),
            "created_at": shown_time(int(about["created_ms"])),
            "finished_at": shown_time(int(about["finished_ms"])),
            "urls": {"self": self_url},
        }

    def _outputs(self, view: JobView, base_url: str) -> list[dict[str, Any]]:
        paths = [output_path(view.id, output.index) for output in view.outputs]
        signed = self._links.sign_all(paths, view.tenant) if paths else []
        return [shown_output(output, base_url + path) for output, path in zip(view.outputs, signed, strict=True)]


def _batch(claimed: ClaimedDelivery, batch_id: str) -> dict[str, Any]:
    about = claimed.about
    ended = {name: int(about[name]) for name in ("succeeded", "failed", "canceled")}
    return {
        "id": batch_id,
        "name": about.get("name"),
        "state": about["state"],
        "counts": {"total": int(about["filled"]), **ended},
        "created_at": shown_time(int(about["created_ms"])),
        "finished_at": shown_time(int(about["finished_ms"])),
        "urls": {"self": f"{claimed.base_url}/v1/batches/{batch_id}"},
    }


def _problem(stored: str | None) -> dict[str, Any] | None:
    """As the API shows it, but for the HTTP status, which is no message's."""
    if stored is None:
        return None
    members = Problem.from_json(json.loads(stored)).to_json()
    return {**members, "type": f"/problems/{members['type']}"}
