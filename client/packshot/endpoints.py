"""`client.webhooks`: where the server sends what happened, and what became of it. `webhooks` verifies what arrives."""

from collections.abc import Iterable, Iterator

from packshot.flows import endpoints as steps
from packshot.transport import Transport
from packshot.webhook_models import Delivery, Endpoint, NewEndpoint, RotatedSecret


class Webhooks:
    """The webhook endpoints of this key's owner. Needs the scope `webhooks:manage`. Thread-safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, url: str, events: Iterable[str] = ("*",), *, description: str = "") -> NewEndpoint:
        """Adds an address; its `secret` is what `packshot.webhooks.verify` takes.

        `events`: types, or their beginning and `*`, such as `["job.succeeded", "batch.*"]`. Raises InvalidRequest for
        an address that may not be called.
        """
        body = {"url": url, "events": list(events), "description": description}
        return self._transport.run(steps.create(self._transport, body))

    def list(self) -> Iterator[Endpoint]:
        """All endpoints, newest first, those that jobs named as well."""
        return self._transport.iterate(steps.endpoints(self._transport))

    def get(self, endpoint_id: str) -> Endpoint:
        """One endpoint, without its secret. Raises NotFound."""
        return self._transport.run(steps.endpoint(self._transport, endpoint_id))

    def update(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: Iterable[str] | None = None,
        description: str | None = None,
        state: str | None = None,
    ) -> Endpoint:
        """Changes what is told. `state` is "enabled" or "disabled". Raises NotFound, InvalidRequest, Conflict."""
        filters = None if events is None else [*events]
        changes = {"url": url, "events": filters, "description": description, "state": state}
        return self._transport.run(steps.update(self._transport, endpoint_id, changes))

    def delete(self, endpoint_id: str) -> None:
        """Forgets the endpoint, and what was still to be sent to it. Raises NotFound."""
        self._transport.run(steps.delete(self._transport, endpoint_id))

    def secret(self, endpoint_id: str) -> str:
        """What signs the endpoint's messages, `whsec_…`. Raises NotFound."""
        return self._transport.run(steps.secret(self._transport, endpoint_id))

    def rotate(self, endpoint_id: str, *, overlap_s: int = 86_400) -> RotatedSecret:
        """Makes a new secret; for `overlap_s` seconds messages are signed with both. Raises NotFound."""
        return self._transport.run(steps.rotate(self._transport, endpoint_id, overlap_s))

    def test(self, endpoint_id: str) -> str:
        """Sends a `webhook.test`; returns the message's id, by which `deliveries` tells what became of it.

        Raises NotFound, and InvalidRequest for an endpoint that is disabled.
        """
        return self._transport.run(steps.test(self._transport, endpoint_id))

    def deliveries(self, endpoint_id: str, *, state: str | None = None) -> Iterator[Delivery]:
        """What was sent or is being tried, newest first; `state`: pending, delivered, failed or canceled."""
        return self._transport.iterate(steps.deliveries(self._transport, endpoint_id, state))

    def redeliver(self, endpoint_id: str, message_id: str) -> None:
        """Sends a message once more, whatever became of it, by the same id.

        Raises NotFound, also for one that is kept no longer, and InvalidRequest for an endpoint that is disabled.
        """
        self._transport.run(steps.redeliver(self._transport, endpoint_id, message_id))
