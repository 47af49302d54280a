"""What a client asks about its tenant's own data: how long it is kept, all of it in a file, all of it erased."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Unpack

from packshot.connection import Connection
from packshot.flows import privacy as private
from packshot.flows.privacy import AuditFilter, Life
from packshot.privacy_models import AuditEntry, Erasure, TenantData
from packshot.transport import Transport


class PrivacyCalls(Connection[Transport]):
    """The part of a Client that is about all that is held of its tenant."""

    def audit(self, **asked: Unpack[AuditFilter]) -> Iterator[AuditEntry]:
        """Who did what with this tenant's things, newest first. Needs the scope `keys:manage`, as all calls below.

        `asked`: `since`, `until`, `action` (such as `"key.*"`), `actor` (a key's id). Raises Forbidden.
        """
        return self._transport.iterate(private.audit(self._transport, asked))

    def tenant(self) -> TenantData:
        """How long this tenant's jobs and photos are kept, and how much there is of them."""
        return self._transport.run(private.tenant(self._transport))

    def set_retention(self, *, retention_s: Life = None, uploads_retention_s: Life = None) -> TenantData:
        """Keeps jobs and results, or photos, for so many seconds; "default" as the installation does.

        What is kept already goes earlier where that is less, and never later. Raises InvalidRequest.
        """
        return self._transport.run(private.set_retention(self._transport, retention_s, uploads_retention_s))

    def export(self, to: str | os.PathLike[str]) -> Path:
        """All that the server holds of this tenant, as a ZIP in the file `to`; a README.txt in it says what is what."""
        return self._transport.run(private.exported(self._transport, to))

    def erase_everything(
        self,
        confirm: str,
        *,
        keys: bool = False,
        timeout_s: float | None = None,
        on_progress: Callable[[Erasure], object] | None = None,
    ) -> Erasure:
        """Erases all jobs, photos, pictures, batches and webhooks of this tenant, and waits for the receipt.

        `confirm` is the tenant's name, as `me().tenant` has it. `keys`: its API keys too, this client's among them.
        Raises InvalidRequest for another name, WaitTimedOut after `timeout_s`; the erasure goes on.
        """
        steps = private.erased(self._transport, confirm, keys=keys, timeout_s=timeout_s, on_progress=on_progress)
        return self._transport.run(steps)

    def erasure(self, erasure_id: str) -> Erasure:
        """How far an erasure is, or its receipt. Raises NotFound."""
        return self._transport.run(private.erasure(self._transport, erasure_id))
