"""What an AsyncClient asks about its tenant's own data: `privacy`, awaited."""

import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Unpack

from packshot.aio.transport import AsyncTransport
from packshot.connection import Connection
from packshot.flows import privacy as private
from packshot.flows.privacy import AuditFilter, Life
from packshot.privacy_models import AuditEntry, Erasure, TenantData


class AsyncPrivacyCalls(Connection[AsyncTransport]):
    """The part of an AsyncClient that is about all that is held of its tenant."""

    def audit(self, **asked: Unpack[AuditFilter]) -> AsyncGenerator[AuditEntry, None]:
        """Who did what with this tenant's things, newest first. See `Client.audit`."""
        return self._transport.iterate(private.audit(self._transport, asked))

    async def tenant(self) -> TenantData:
        """How long this tenant's jobs and photos are kept, and how much there is of them. See `Client.tenant`."""
        return await self._transport.run(private.tenant(self._transport))

    async def set_retention(self, *, retention_s: Life = None, uploads_retention_s: Life = None) -> TenantData:
        """Keeps jobs and results, or photos, for so many seconds. See `Client.set_retention`."""
        return await self._transport.run(private.set_retention(self._transport, retention_s, uploads_retention_s))

    async def export(self, to: str | os.PathLike[str]) -> Path:
        """All that the server holds of this tenant, as a ZIP in the file `to`. See `Client.export`."""
        return await self._transport.run(private.exported(self._transport, to))

    async def erase_everything(
        self,
        confirm: str,
        *,
        keys: bool = False,
        timeout_s: float | None = None,
        on_progress: Callable[[Erasure], object] | None = None,
    ) -> Erasure:
        """Erases all of this tenant's data, and waits for the receipt. See `Client.erase_everything`."""
        steps = private.erased(self._transport, confirm, keys=keys, timeout_s=timeout_s, on_progress=on_progress)
        return await self._transport.run(steps)

    async def erasure(self, erasure_id: str) -> Erasure:
        """How far an erasure is, or its receipt. See `Client.erasure`."""
        return await self._transport.run(private.erasure(self._transport, erasure_id))
