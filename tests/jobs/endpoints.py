"""What tests of webhooks share: endpoints, their logs, and messages that are sent."""

from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.webhooks.records import Delivery, NewEndpoint

URL = "https://shop.example/hook"
OTHER = "https://shop.example/other"
LEASE_MS = 30_000
DONE = Sent("delivered", status=200, took_ms=5)


def endpoint(store: JobStore, *events: str, url: str = URL, tenant: str = "shop") -> str:
    made, secret = store.add_endpoint(tenant, NewEndpoint(url, events or ("*",), base_url="https://api.example"))
    assert secret.startswith("whsec_")
    return made.id


def log_of(store: JobStore, endpoint_id: str, tenant: str = "shop") -> list[Delivery]:
    return list(store.deliveries(tenant, endpoint_id, limit=1000).items)


def told(store: JobStore, endpoint_id: str) -> list[tuple[str, str | None]]:
    return [(delivery.type, delivery.job_id or delivery.batch_id) for delivery in log_of(store, endpoint_id)]


def job_endpoint(store: JobStore, tenant: str = "shop") -> str:
    (found,) = [item for item in store.list_endpoints(tenant).items if item.origin == "job"]
    return found.id


def pass_lease(store: JobStore, endpoint_id: str, message_id: str) -> None:
    """As if the time of the lease had passed."""
    for name in (f"webhook-leased:{endpoint_id}", "webhook-leased-of:shop"):
        assert store.redis.zadd(f"packshot:{name}", {message_id: 1}, xx=True, ch=True) == 1
    store.redis.zadd("packshot:webhooks-due", {endpoint_id: 1})


def come_due(store: JobStore, endpoint_id: str, message_id: str) -> None:
    """As if the time of the next attempt had come."""
    assert store.redis.zadd(f"packshot:webhook-due:{endpoint_id}", {message_id: 1}, xx=True, ch=True) == 1
    store.redis.zadd("packshot:webhooks-due", {endpoint_id: 1})
