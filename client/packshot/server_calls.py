"""What a client asks of the server itself: what it offers, whose key it has, its webhooks, keys and operation."""

from collections.abc import Iterable, Mapping
from typing import Any

from packshot.account import Account, UploadToken
from packshot.connection import Connection
from packshot.endpoints import Webhooks
from packshot.flows import asking
from packshot.flows.asking import TokenWish
from packshot.keys import Keys
from packshot.operator import Operator
from packshot.reading import Document
from packshot.transport import Transport


class ServerCalls(Connection[Transport]):
    """The part of a Client that is about no job."""

    @property
    def webhooks(self) -> Webhooks:
        """Where the server sends what happened, and what became of it."""
        return Webhooks(self._transport)

    @property
    def keys(self) -> Keys:
        """Who may ask this server for what."""
        return Keys(self._transport)

    @property
    def operator(self) -> Operator:
        """How the whole service does, for its operator."""
        return Operator(self._transport)

    def healthy(self) -> bool:
        """Whether the server answers as alive. Raises ServerUnreachable."""
        return self._transport.run(self.healthy_steps())

    def ready(self) -> Document:
        """How many `workers` live, on which `backends`, and how many jobs are `pending`; asked once, without retries.

        Raises Unavailable where no job would be done, with what is missing in `problem.extra`.
        """
        return self._transport.run(asking.readiness())

    def operations(self) -> Document:
        """What can be asked: the JSON Schema of each operation, by its name."""
        return self._transport.run(asking.operations(self._transport))

    def presets(self) -> Document:
        """The sales channels that pictures can be made for, by name: their rules, where from, how files are made."""
        return self._transport.run(asking.presets(self._transport))

    def models(self) -> Document:
        """What answers: the `models` of living workers by name, with what the `generator` knows; their `backends`."""
        return self._transport.run(asking.models(self._transport))

    def me(self) -> Account:
        """Whose key this is, what it may do, and how much of it is used up. Raises Unauthorized."""
        return self._transport.run(asking.account(self._transport))

    def upload_token(
        self,
        origins: Iterable[str],
        *,
        expires_in_s: int = 900,
        max_uploads: int = 20,
        max_bytes: int | None = None,
        spec: Mapping[str, Any] | None = None,
    ) -> UploadToken:
        """A short-lived token by which a page in a browser sends photos, so that no key reaches it.

        `origins`: the pages' own, such as `["https://shop.example"]`. `max_bytes` of each photo, None for the server's
        own limit. With a `spec`, which has no input, the page may start jobs too, by this spec alone. Raises
        InvalidRequest, Forbidden.
        """
        wish = TokenWish([*origins], expires_in_s, max_uploads, max_bytes, spec)
        return self._transport.run(asking.upload_token(self._transport, wish))
