"""`client.webhooks` of an AsyncClient."""

from collections.abc import AsyncGenerator, Iterable

from packshot.aio.transport import AsyncTransport
from packshot.flows import endpoints as steps
from packshot.webhook_models import Delivery, Endpoint, NewEndpoint, RotatedSecret


class AsyncWebhooks:
    """The webhook endpoints of this key's owner. Needs the scope `webhooks:manage`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, url: str, events: Iterable[str] = ("*",), *, description: str = "") -> NewEndpoint:
        """Adds an address. See `Webhooks.create`."""
        body = {"url": url, "events": list(events), "description": description}
        return await self._transport.run(steps.create(self._transport, body))

    def list(self) -> AsyncGenerator[Endpoint, None]:
        """All endpoints, newest first, those that jobs named as well. See `Webhooks.list`."""
        return self._transport.iterate(steps.endpoints(self._transport))

    async def get(self, endpoint_id: str) -> Endpoint:
        """One endpoint, without its secret. See `Webhooks.get`."""
        return await self._transport.run(steps.endpoint(self._transport, endpoint_id))

    async def update(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: Iterable[str] | None = None,
        description: str | None = None,
        state: str | None = None,
    ) -> Endpoint:
        """Changes what is told. See `Webhooks.update`."""
        filters = None if events is None else [*events]
        changes = {"url": url, "events": filters, "description": description, "state": state}
        return await self._transport.run(steps.update(self._transport, endpoint_id, changes))

    async def delete(self, endpoint_id: str) -> None:
        """Forgets the endpoint, and what was still to be sent to it. See `Webhooks.delete`."""
        await self._transport.run(steps.delete(self._transport, endpoint_id))

    async def secret(self, endpoint_id: str) -> str:
        """What signs the endpoint's messages, `whsec_…`. See `Webhooks.secret`."""
        return await self._transport.run(steps.secret(self._transport, endpoint_id))

    async def rotate(self, endpoint_id: str, *, overlap_s: int = 86_400) -> RotatedSecret:
        """Makes a new secret. See `Webhooks.rotate`."""
        return await self._transport.run(steps.rotate(self._transport, endpoint_id, overlap_s))

    async def test(self, endpoint_id: str) -> str:
        """Sends a `webhook.test`. See `Webhooks.test`."""
        return await self._transport.run(steps.test(self._transport, endpoint_id))

    def deliveries(self, endpoint_id: str, *, state: str | None = None) -> AsyncGenerator[Delivery, None]:
        """What was sent or is being tried, newest first. See `Webhooks.deliveries`."""
        return self._transport.iterate(steps.deliveries(self._transport, endpoint_id, state))

    async def redeliver(self, endpoint_id: str, message_id: str) -> None:
        """Sends a message at once, whatever became of it, by the same id. See `Webhooks.redeliver`."""
        await self._transport.run(steps.redeliver(self._transport, endpoint_id, message_id))
