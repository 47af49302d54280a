"""`client.keys` of an AsyncClient."""

from collections.abc import AsyncGenerator, Iterable
from typing import Unpack

from packshot.account import Key, NewKey
from packshot.aio.transport import AsyncTransport
from packshot.flows import keys as steps
from packshot.flows.keys import KeyWish


class AsyncKeys:
    """The keys of this key's tenant; an operator's reach all. Needs the scope `keys:manage`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, name: str, scopes: Iterable[str], **wanted: Unpack[KeyWish]) -> NewKey:
        """Makes a key. See `Keys.create`."""
        return await self._transport.run(steps.create(self._transport, name, scopes, wanted))

    def list(self, *, tenant: str | None = None) -> AsyncGenerator[Key, None]:
        """All keys, also those that were revoked. See `Keys.list`."""
        return self._transport.iterate(steps.keys(self._transport, tenant))

    async def update(
        self,
        key_id: str,
        *,
        name: str | None = None,
        requests_per_minute: int | None = None,
        jobs_per_day: int | None = None,
    ) -> Key:
        """Changes a key's name or limits. See `Keys.update`."""
        changes = {"name": name, "requests_per_minute": requests_per_minute, "jobs_per_day": jobs_per_day}
        return await self._transport.run(steps.update(self._transport, key_id, changes))

    async def rotate(self, key_id: str, *, overlap_s: int = 86_400) -> NewKey:
        """Makes a key in the place of another, which expires after `overlap_s` seconds. See `Keys.rotate`."""
        return await self._transport.run(steps.rotate(self._transport, key_id, overlap_s))

    async def revoke(self, key_id: str) -> None:
        """Ends a key at once. See `Keys.revoke`."""
        await self._transport.run(steps.revoke(self._transport, key_id))
