"""What the batches' routes take and answer."""

import json

from api.batch_queries import BatchQuery, ItemQuery, PageQuery, ResultQuery
from api.describe import Answer, describes
from api.descriptions.examples import UPLOAD
from api.descriptions.parts import BINARY, ERASED, POLLED, UNCHANGED, form
from api.documents.batches import AcceptedBatch, Batch, BatchManifest, BatchPage, DryRun, ItemPage
from api.queries import PollQuery

_TEXT = {"type": "string"}
_CSV = {"type": "string", "examples": [f"sku,upload,preset\nMUG-1,{UPLOAD},amazon-main\n"]}
_MANIFEST = {
    **_CSV,
    "contentMediaType": "text/csv",
    "description": "The rows; JSON lines and JSON as well, if the part says so by its Content-Type or its file's name.",
}
_DEFAULTS = {"type": "object", "additionalProperties": True, "examples": [{"output": {"format": "webp"}}]}

CREATE = describes(
    "Submit a catalogue",
    tag="batches",
    query=BatchQuery,
    body=BatchManifest,
    bodies={
        "application/jsonl": {
            "type": "string",
            "examples": [json.dumps({"sku": "MUG-1", "upload": UPLOAD, "operations": "auto"}) + "\n"],
        },
        "text/csv": _CSV,
        "multipart/form-data": form({"manifest": _MANIFEST, "defaults": _DEFAULTS}, ("manifest",)),
    },
    headers=("Idempotency-Key",),
    answers={
        202: Answer(
            "Taken, or taken before with this idempotency key.",
            AcceptedBatch,
            headers={"Location": "Where to poll the batch.", "Retry-After": "", "Idempotency-Replayed": ""},
        ),
        200: Answer("With `validate_only`: every fault, and how long it would take. Nothing was written.", DryRun),
    },
    problems=("too-many-parts", "duplicate-part", "overloaded", "being-erased"),
    examples={
        "Two products": {
            "name": "Spring",
            "defaults": {"operations": "auto", "preset": "shopify-square"},
            "items": [{"sku": "MUG-1", "upload": UPLOAD}, {"sku": "MUG-2", "upload": UPLOAD, "color": "navy"}],
        }
    },
)

POLL = describes(
    "Poll a batch",
    tag="batches",
    query=PollQuery,
    headers=("If-None-Match", "Prefer"),
    answers={200: Answer("The batch.", Batch, headers=POLLED), 304: UNCHANGED},
    problems=("expired",),
)

LIST = describes(
    "List batches", tag="batches", query=PageQuery, answers={200: Answer("Batches, newest first.", BatchPage)}
)

ITEMS = describes(
    "List a batch's rows",
    tag="batches",
    query=ItemQuery,
    answers={200: Answer("Rows in their order, with links signed now.", ItemPage)},
    problems=("expired",),
)

RESULTS = describes(
    "Download a batch's results as a table",
    tag="batches",
    query=ResultQuery,
    answers={
        200: Answer(
            "A line for each row, streamed.",
            media_type="text/csv",
            headers={"Content-Disposition": ""},
            also={"text/csv": _TEXT, "application/jsonl": _TEXT},
        )
    },
    problems=("expired",),
)

ARCHIVE = describes(
    "Download a batch's pictures",
    tag="batches",
    answers={
        200: Answer(
            "`<SKU>/<file>` for each picture that there is by now, and `results.csv`; streamed.",
            media_type="application/zip",
            headers={"Content-Disposition": ""},
            also={"application/zip": BINARY},
        )
    },
    problems=("expired",),
)

STEER = describes(
    "Cancel, pause, resume or retry a batch",
    tag="batches",
    answers={200: Answer("The batch as it is now.", Batch)},
    problems=("already-terminal", "expired", "overloaded", "rate-limited"),
)

ERASE = describes("Erase a batch", tag="batches", answers={204: ERASED})
