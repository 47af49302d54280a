"""What an AsyncClient asks of the server itself: `server_calls`, awaited."""

from collections.abc import Iterable, Mapping
from typing import Any

from packshot.account import Account, UploadToken
from packshot.aio.endpoints import AsyncWebhooks
from packshot.aio.keys import AsyncKeys
from packshot.aio.operator import AsyncOperator
from packshot.aio.transport import AsyncTransport
from packshot.connection import Connection
from packshot.flows import asking
from packshot.flows.asking import TokenWish
from packshot.reading import Document


class AsyncServerCalls(Connection[AsyncTransport]):
    """The part of an AsyncClient that is about no job."""

    @property
    def webhooks(self) -> AsyncWebhooks:
        """Where the server sends what happened, and what became of it. See `Client.webhooks`."""
        return AsyncWebhooks(self._transport)

    @property
    def keys(self) -> AsyncKeys:
        """Who may ask this server for what. See `Client.keys`."""
        return AsyncKeys(self._transport)

    @property
    def operator(self) -> AsyncOperator:
        """How the whole service does, for its operator. See `Client.operator`."""
        return AsyncOperator(self._transport)

    async def healthy(self) -> bool:
        """Whether the server answers as alive. See `Client.healthy`."""
        return await self._transport.run(self.healthy_steps())

    async def ready(self) -> Document:
        """How many `workers` live, on which `backends`, and how many jobs are `pending`. See `Client.ready`."""
        return await self._transport.run(asking.readiness())

    async def operations(self) -> Document:
        """What can be asked. See `Client.operations`."""
        return await self._transport.run(asking.operations(self._transport))

    async def presets(self) -> Document:
        """The sales channels that pictures can be made for, by name. See `Client.presets`."""
        return await self._transport.run(asking.presets(self._transport))

    async def models(self) -> Document:
        """What answers. See `Client.models`."""
        return await self._transport.run(asking.models(self._transport))

    async def me(self) -> Account:
        """Whose key this is, what it may do, and how much of it is used up. See `Client.me`."""
        return await self._transport.run(asking.account(self._transport))

    async def upload_token(
        self,
        origins: Iterable[str],
        *,
        expires_in_s: int = 900,
        max_uploads: int = 20,
        max_bytes: int | None = None,
        spec: Mapping[str, Any] | None = None,
    ) -> UploadToken:
        """A short-lived token by which a page in a browser sends photos. See `Client.upload_token`."""
        wish = TokenWish([*origins], expires_in_s, max_uploads, max_bytes, spec)
        return await self._transport.run(asking.upload_token(self._transport, wish))
