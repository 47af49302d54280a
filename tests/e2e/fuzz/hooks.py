"""What schemathesis cannot know of this API: real photos, and which refusals no schema can foretell."""

import io
import re
from dataclasses import dataclass
from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.core.failures import Failure

CROSS_FIELD = (
    "needs either|needs one of|needs all of|needs width|needs both|needs point or from|there is nothing to|"
    "at most one|one ground of|has one ground|has no angle|needs image|belongs to|takes margin|has a margin|"
    "only the fit|frame says it all|corners are|is what is free|generate (makes|can only)|variations (are|were)|"
    "a photo is checked|there is no photo|can be asked for once|would make|with a strength of 0|keep_prints is true|"
    "jobs name the (url|events) of this endpoint|webhook_events says of what|is no channel|there is no channel|"
    "there is no upload|there is no such job|leave it out of the spec"
)


@dataclass(frozen=True)
class Excuse:
    """Why requests to ``paths`` that fit the schema are refused all the same, with a problem of that ``detail``."""

    paths: str
    detail: str
    why: str


EXCUSED = (
    Excuse("", r"the cursor is not one that a page gave", "a cursor is opaque: its schema is any text"),
    Excuse("", "a webhook's URL", "a port may be none, or a name one that no message may reach"),
    Excuse("", CROSS_FIELD, "which fields go together, and which uploads and channels there are, no schema says"),
    Excuse("", "this idempotency key was used with another request", "the same short key is drawn for several bodies"),
    Excuse(
        "^/v1/(uploads|jobs)$",
        r"the image has 0 bytes|supported are jpeg|declared image|image is damaged|the form('s file| has no part)",
        "only the bytes tell whether they are a photo, and HTTP libraries leave out parts without any",
    ),
    Excuse(
        "^/v1/batches$",
        r"rows? (is|are) at fault|^row |/items|/defaults|the manifest|the CSV|the first line|not JSON|not UTF-8"
        r"|no such field here|^/operations",
        "rows are read one by one; as a table or as lines of JSON a manifest is a mere text to a schema",
    ),
    Excuse(
        "^/v1/upload-tokens$",
        r"no such field here|^/operations|photos have at most",
        "a token's spec is told as a mere object; settings bound bytes",
    ),
    Excuse(
        "^/v1/operator/capacity$",
        "the shares of the mix add up to|makes pictures of",
        "a pattern adds up no shares, and how large pictures become depends on two parameters",
    ),
    Excuse(
        "^/v1/tenant",
        "is not the name of this key's tenant|here things are kept",
        "only the tenant knows its name; settings bound what it may have kept",
    ),
)


def _photo(kind: str, size: int = 16) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((size, size)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


# Random bytes are no photo; what is wrong with files has its cases in tests/api/test_bad_input.py.
for _kind in ("jpeg", "png", "webp", "avif"):
    schemathesis.openapi.media_type(f"image/{_kind}", st.sampled_from([_photo(_kind), _photo(_kind, 24)]))
schemathesis.openapi.media_type("application/octet-stream", st.sampled_from([_photo("jpeg"), _photo("png")]))


@schemathesis.serializer("application/jsonl")
def lines_as_they_are(context: Any, value: Any) -> bytes:
    """The example of JSON lines is a text already; what is drawn besides may be anything."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
    """Drop what is no fault of the API, as EXCUSED has it."""
    if failure.code != "ST202" or response.status_code not in {400, 409, 410, 415, 422}:
        return True
    detail = str(response.json().get("detail", ""))
    path = case.operation.path
    return not any(re.search(each.paths, path) and re.search(each.detail, detail) for each in EXCUSED)
