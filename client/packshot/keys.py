"""`client.keys`: who may ask this server for what."""

from collections.abc import Iterable, Iterator
from typing import Unpack

from packshot.account import Key, NewKey
from packshot.flows import keys as steps
from packshot.flows.keys import KeyWish
from packshot.transport import Transport


class Keys:
    """The keys of this key's tenant; an operator's reach all. Needs the scope `keys:manage`. Thread-safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, name: str, scopes: Iterable[str], **wanted: Unpack[KeyWish]) -> NewKey:
        """Makes a key; its `secret` is told this once.

        `scopes`: such as `["jobs:read", "jobs:write", "uploads:write"]`, none that this key lacks itself. `wanted`:
        `expires_in_s` (else it never ends), `requests_per_minute` and `jobs_per_day` (0 is no limit; else what the
        installation sets), and for operators `tenant`. Raises Forbidden, InvalidRequest.
        """
        return self._transport.run(steps.create(self._transport, name, scopes, wanted))

    def list(self, *, tenant: str | None = None) -> Iterator[Key]:
        """All keys, also those that were revoked; for operators those of `tenant`, or of all."""
        return self._transport.iterate(steps.keys(self._transport, tenant))

    def update(
        self,
        key_id: str,
        *,
        name: str | None = None,
        requests_per_minute: int | None = None,
        jobs_per_day: int | None = None,
    ) -> Key:
        """Changes a key's name or limits; 0 is no limit. Raises NotFound."""
        changes = {"name": name, "requests_per_minute": requests_per_minute, "jobs_per_day": jobs_per_day}
        return self._transport.run(steps.update(self._transport, key_id, changes))

    def rotate(self, key_id: str, *, overlap_s: int = 86_400) -> NewKey:
        """Makes a key in the place of another, which expires after `overlap_s` seconds. Raises NotFound."""
        return self._transport.run(steps.rotate(self._transport, key_id, overlap_s))

    def revoke(self, key_id: str) -> None:
        """Ends a key at once. Raises NotFound."""
        self._transport.run(steps.revoke(self._transport, key_id))
