"""A tenant's endpoints and what was sent to them: the owner's side of webhooks."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from jobs.problems import ProblemError, another_request, being_erased
from jobs.spec.webhook import WebhookSpec
from jobs.store.base import PREFIX, RecordBase, check_tenant, pack
from jobs.store.cursors import read_cursor
from jobs.tokens import endpoint_id_of, new_endpoint_id, new_message_id
from jobs.webhooks.events import new_secret
from jobs.webhooks.records import Delivery, DeliveryPage, DeliveryState, Endpoint, EndpointPage, NewEndpoint
from jobs.webhooks.urls import read_webhook_url

MAX_ENDPOINTS = 50  # as in lua/webhooks.lua
MAX_WAITING = 20_000  # messages of one tenant; likewise
MAX_SCANNED = 2000  # messages that one listing looks through, before it hands out a cursor to go on
_CHUNK = 200
_REMOVED_AT_ONCE = 1000  # messages: some milliseconds, in which Redis serves nobody else

_SHOWN = ("id", "url", "events", "description", "state", "disabled_reason", "origin", "created_ms", "tenant")
"""All of an endpoint but its secrets."""


class WebhookStore(RecordBase):
    """What an owner does with its endpoints; another tenant's is as absent as one that never was.

    Methods that name an endpoint raise ProblemError not-found where there is none.
    """

    def add_endpoint(self, tenant: str, new: NewEndpoint, idempotency_key: str | None = None) -> tuple[Endpoint, str]:
        """Make an endpoint; returns it with its secret. A key names the same one for as long as that lives.

        Raises ProblemError: webhook-url-forbidden, invalid-parameter (there are as many as allowed),
        idempotency-mismatch, being-erased.
        """
        check_tenant(tenant)
        read_webhook_url(new.url, private=self.settings.webhooks_private)
        endpoint_id = endpoint_id_of(tenant, idempotency_key) if idempotency_key else new_endpoint_id()
        made = self.run_script(
            "add_webhook",
            id=endpoint_id,
            tenant=tenant,
            url=new.url,
            events=pack_list(new.events),
            description=new.description,
            secret=new_secret(),
            base_url=new.base_url,
        )
        if made == -1:
            raise being_erased()
        if not made:
            raise too_many_endpoints("")
        endpoint = self.get_endpoint(tenant, endpoint_id)
        if (endpoint.url, endpoint.events, endpoint.description) != (new.url, tuple(new.events), new.description):
            raise another_request(endpoint_id)
        return endpoint, self.endpoint_secret(tenant, endpoint_id)

    def get_endpoint(self, tenant: str, endpoint_id: str) -> Endpoint:
        """The endpoint without its secret."""
        record = self._read(tenant, endpoint_id, _SHOWN)
        return Endpoint.read({name: value for name, value in record.items() if value is not None})

    def endpoint_secret(self, tenant: str, endpoint_id: str) -> str:
        """What signs the endpoint's messages."""
        return str(self._read(tenant, endpoint_id, ("tenant", "secret"))["secret"])

    def list_endpoints(self, tenant: str, *, cursor: str | None = None, limit: int = 50) -> EndpointPage:
        """A tenant's endpoints, newest first. Raises ProblemError invalid-parameter for a cursor that no page gave."""
        rows = self._newest(f"{PREFIX}webhooks:{tenant}", read_cursor(cursor), limit + 1)
        found = [self._read_or_none(endpoint_id, _SHOWN) for endpoint_id, _ in rows[:limit]]
        items = [
            Endpoint.read({name: value for name, value in record.items() if value is not None})
            for record in found
            if record["tenant"] == tenant
        ]
        return EndpointPage(tuple(items), str(rows[limit - 1][1]) if len(rows) > limit else None)

    def change_endpoint(self, tenant: str, endpoint_id: str, changes: dict[str, Any]) -> Endpoint:
        """Set any of ``url``, ``events``, ``description`` and ``enabled``; enabled anew it has no past failures.

        Raises ProblemError: webhook-url-forbidden, invalid-parameter (the url or the events of one that jobs name).
        """
        found = self.get_endpoint(tenant, endpoint_id)
        if "url" in changes:
            read_webhook_url(changes["url"], private=self.settings.webhooks_private)
        for name in ("url", "events"):
            if name in changes and found.origin == "job":
                detail = f"jobs name the {name} of this endpoint in their own webhook; make another endpoint"
                raise ProblemError("invalid-parameter", detail, errors=[{"pointer": f"/{name}", "detail": detail}])
        enabled = changes.get("enabled")
        changed = self.run_script(
            "change_webhook",
            id=endpoint_id,
            tenant=tenant,
            url=changes.get("url"),
            events=pack_list(changes["events"]) if "events" in changes else None,
            description=changes.get("description"),
            state=None if enabled is None else "enabled" if enabled else "disabled",
        )
        if not changed:
            raise _absent(endpoint_id)
        return self.get_endpoint(tenant, endpoint_id)

    def remove_endpoint(self, tenant: str, endpoint_id: str) -> None:
        """Forget the endpoint, its log and whatever was still to be sent."""
        left = 2
        while left == 2:
            left = self.run_script("remove_webhook", id=endpoint_id, tenant=tenant, limit=_REMOVED_AT_ONCE)
        if not left:
            raise _absent(endpoint_id)

    def rotate_secret(self, tenant: str, endpoint_id: str, overlap_s: int) -> tuple[str, int]:
        """A new secret, and until when (Unix ms) the one before signs beside it."""
        secret = new_secret()
        until_ms = self.run_script(
            "rotate_webhook", id=endpoint_id, tenant=tenant, secret=secret, overlap_ms=overlap_s * 1000
        )
        if not until_ms:
            raise _absent(endpoint_id)
        return secret, int(until_ms)

    def test_endpoint(self, tenant: str, endpoint_id: str) -> str:
        """Send a message that says no more than that it works; returns its id.

        Raises ProblemError invalid-parameter where the endpoint is disabled.
        """
        message_id = new_message_id()
        answer = self.run_script("test_webhook", id=endpoint_id, tenant=tenant, message=message_id)
        self._check_sent(answer, tenant, endpoint_id)
        return message_id

    def redeliver(self, tenant: str, endpoint_id: str, message_id: str) -> None:
        """Send a message again, at once and under the same id, whatever became of it.

        Raises ProblemError: not-found (such a message too), invalid-parameter where the endpoint is disabled.
        """
        answer = self.run_script("redeliver", id=endpoint_id, tenant=tenant, message=message_id)
        if answer == "none":
            self.get_endpoint(tenant, endpoint_id)
            raise ProblemError("not-found", f"there is no delivery {message_id[:60]!a} of this endpoint (any more)")
        self._check_sent(answer, tenant, endpoint_id)

    def deliveries(
        self,
        tenant: str,
        endpoint_id: str,
        *,
        state: DeliveryState | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> DeliveryPage:
        """An endpoint's log, newest first; a page may hold fewer than ``limit`` and still go on.

        Raises ProblemError invalid-parameter for a cursor that no page gave.
        """
        self.get_endpoint(tenant, endpoint_id)
        items: list[Delivery] = []
        last, scanned = 0, 0
        for sequence, record in self._log(endpoint_id, read_cursor(cursor)):
            if len(items) == limit or scanned == MAX_SCANNED:
                return DeliveryPage(tuple(items), str(last))
            last, scanned = sequence, scanned + 1
            if record and state in {None, record["state"]}:
                items.append(Delivery.read(record))
        return DeliveryPage(tuple(items), None)

    def _log(self, endpoint_id: str, below: str) -> Iterator[tuple[int, dict[str, str]]]:
        """(sequence, record) in falling sequence; the record is empty once it went with its time."""
        while True:
            rows = self._newest(f"{PREFIX}deliveries:{endpoint_id}", below, _CHUNK)
            with self.redis.pipeline(transaction=False) as pipeline:
                for message_id, _ in rows:
                    pipeline.hgetall(f"{PREFIX}delivery:{message_id}")
                records = cast("list[dict[str, str]]", pipeline.execute())
            yield from zip((sequence for _, sequence in rows), records, strict=True)
            if len(rows) < _CHUNK:
                return
            below = f"({rows[-1][1]}"

    def _newest(self, index: str, below: str, number: int) -> list[tuple[str, int]]:
        found = self.redis.zrevrangebyscore(index, below, "-inf", start=0, num=number, withscores=True)
        return [(str(name), int(score)) for name, score in cast("list[tuple[str, float]]", found)]

    def _read(self, tenant: str, endpoint_id: str, fields: Sequence[str]) -> dict[str, str | None]:
        """Whose it is comes first: another's is not read, as how long that takes would tell of it."""
        owner = self.redis.hget(f"{PREFIX}webhook:{endpoint_id}", "tenant")
        record = self._read_or_none(endpoint_id, fields) if owner == tenant else {}
        if record.get("tenant") != tenant:
            raise _absent(endpoint_id)
        return record

    def _read_or_none(self, endpoint_id: str, fields: Sequence[str]) -> dict[str, str | None]:
        found = cast("list[str | None]", self.redis.hmget(f"{PREFIX}webhook:{endpoint_id}", list(fields)))
        return dict(zip(fields, found, strict=True))

    def _check_sent(self, answer: str, tenant: str, endpoint_id: str) -> None:
        if answer == "none":
            raise _absent(endpoint_id)
        if answer == "disabled":
            reason = self.get_endpoint(tenant, endpoint_id).disabled_reason
            detail = f'the endpoint is disabled ({reason}); enable it first, by PATCH with {{"state": "enabled"}}'
            raise ProblemError("invalid-parameter", detail)


def pack_wish(wish: WebhookSpec | None) -> str | None:
    """A job's or batch's own webhook as the scripts want it, with what its endpoint is made of if there is none yet."""
    if wish is None:
        return None
    new = {"id": new_endpoint_id(), "secret": new_secret(), "url": wish.url, "events": pack_list(wish.events)}
    return pack(new)


def pack_list(values: Sequence[str]) -> str:
    """JSON without spaces."""
    return json.dumps(list(values), separators=(",", ":"))


def too_many_endpoints(pointer: str) -> ProblemError:
    """Why another endpoint is not made; ``pointer`` is what asked for it."""
    detail = f"{MAX_ENDPOINTS} webhook endpoints of yours are kept, the most allowed; use one of them, or delete one"
    return ProblemError("invalid-parameter", detail, errors=[{"pointer": pointer, "detail": detail}])


def _absent(endpoint_id: str) -> ProblemError:
    return ProblemError("not-found", f"there is no webhook endpoint {endpoint_id[:60]!a}")
