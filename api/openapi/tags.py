"""The subjects that operations are sorted by, in the order in which they are read."""

from collections.abc import Mapping
from types import MappingProxyType

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "uploads": "Photos are sent once, and named by the SHA-256 of their bytes from then on.",
        "jobs": "One photo or one wish, what is to be done, and what came of it.",
        "batches": "A whole catalogue: a table in one request, each row of which becomes a job.",
        "events": "What happens to jobs, as it happens: server-sent events that survive a reconnect.",
        "webhooks": "The service calls you: endpoints, their secrets, and a log of what was delivered.",
        "catalogue": "What can be asked for: operations, channels and models.",
        "access": "Keys, their scopes and limits, and short-lived tokens for a shop's own page.",
        "privacy": "A tenant's own data: how long it is kept, an export, erasure; and the log of who did what.",
        "operator": "For whoever runs the service: queues, workers, failures, of all tenants.",
        "service": "Whether it is alive, and what its problems mean.",
    }
)
