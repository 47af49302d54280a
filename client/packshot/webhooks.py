"""What a server posts to a shop: verified, and read.

@app.post("/packshot")
def happened():
    event = packshot.webhooks.verify(request.data, request.headers, os.environ["WEBHOOK_SECRET"])
    if event.type == "job.succeeded":
        ...
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from packshot.errors import MalformedAnswer, WebhookUnreadable
from packshot.models import Output
from packshot.problems import Problem, parse_problem
from packshot.reading import Document, as_document, take, take_optional
from packshot.signatures import Headers, Signed, key_of

TOLERANCE_S = 300.0


@dataclass(frozen=True)
class Event:
    """What happened. `id` is the same at every attempt to deliver it: note it down to handle it once.

    `type` is such as `job.succeeded`, `batch.finished` or `webhook.test`; `timestamp` is RFC 3339; `data` is all of it,
    and the properties what it tells of a job.
    """

    id: str
    type: str
    timestamp: str
    data: Document = field(repr=False)

    @property
    def job(self) -> str | None:
        """The id of the job, where it is about one: `client.job(event.job)` has its manifest."""
        return take_optional(self.data, "id", str) if self.type.startswith("job.") else None

    @property
    def batch(self) -> str | None:
        """The id of the batch, where it is about one."""
        return take_optional(self.data, "id", str) if self.type.startswith("batch.") else None

    @property
    def external_id(self) -> str | None:
        """The shop's own id of the job."""
        return take_optional(self.data, "external_id", str)

    @property
    def metadata(self) -> Document:
        """What the shop noted down with the job."""
        return take_optional(self.data, "metadata", dict) or {}

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The pictures, with links that are fresh at each attempt and open them without a key."""
        told = take_optional(self.data, "outputs", list) or []
        return tuple(Output.parse(as_document(one)) for one in told)

    @property
    def needs_review(self) -> bool:
        """Whether a person should look at a picture first."""
        return bool(self.data.get("needs_review"))

    @property
    def problem(self) -> Problem | None:
        """Why the job failed."""
        told = take_optional(self.data, "problem", dict)
        return None if told is None else parse_problem(told)


def verify(body: bytes | str, headers: Headers, secret: str | Iterable[str], tolerance_s: float = TOLERANCE_S) -> Event:
    """The event of a request, if it is signed by the server's secret and no more than `tolerance_s` seconds off.

    `body` is the request's own, unchanged: parsed and written anew it has other bytes. `secret` is `whsec_…` as
    `client.webhooks` tells it; several are tried, while one is rotated. Raises WebhookUnsigned, WebhookForged,
    WebhookTooOld, WebhookUnreadable (all WebhookRejected: answer 400), and ValueError for a secret that is none.
    """
    raw = body.encode() if isinstance(body, str) else bytes(body)
    keys = [key_of(one) for one in ([secret] if isinstance(secret, str) else secret)]
    if not keys:
        raise ValueError("no secret was given; expected whsec_… as the server told it")
    signed = Signed.of(headers)
    signed.require(raw, keys, tolerance_s)
    try:
        told = as_document(json.loads(raw))
        return Event(signed.id, take(told, "type", str), take(told, "timestamp", str), take(told, "data", dict))
    except (ValueError, RecursionError, MalformedAnswer) as error:
        raise WebhookUnreadable(f"message {signed.id[:80]!r} is signed, but no event: {error}") from error
