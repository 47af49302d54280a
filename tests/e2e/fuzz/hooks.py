"""What schemathesis cannot know of this API: real photos, and which refusals no schema can foretell."""

import io
import re
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

EXCUSED = {
    # (check's failure, detail): why it is none. A schema-valid request that is refused all the same:
    r"the cursor is not one that a page gave": "a cursor is opaque: its schema is any text, and only pages give one",
    CROSS_FIELD: "which fields of an operation go together, which uploads, jobs and channels there are: no schema says",
    r"this idempotency key was used with a different request": "the same short key is drawn for several bodies",
    r"the image has 0 bytes|supported are jpeg|declared image|image is damaged": "only bytes tell whether it is one",
    r"no such field here|^/operations": "a token's spec, and a row of a batch, are told as mere objects",
    r"rows? (is|are) at fault|^row |/items|/defaults|the manifest|the CSV|the first line|not JSON|not UTF-8": (
        "a manifest's rows are read one by one; as a table or as lines of JSON it is a mere text to a schema"
    ),
    r"the form's file|the form has no part": "a part without content is left out by HTTP libraries",
    r"lacks the scope|never gives a scope": "what a key may give depends on what it has",
}


def _photo(kind: str, size: int = 16) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((size, size)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


# Random bytes are no photo; what is wrong with files has its cases in tests/api/test_bad_input.py.
for _kind in ("jpeg", "png", "webp", "avif"):
    schemathesis.openapi.media_type(f"image/{_kind}", st.sampled_from([_photo(_kind), _photo(_kind, 24)]))
schemathesis.openapi.media_type("application/octet-stream", st.sampled_from([_photo("jpeg"), _photo("png")]))


@schemathesis.hook
def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
    """Drop what is no fault of the API: EXCUSED says why, sentence by sentence."""
    if failure.code in {"ST204", "ST205"}:
        # "archive" and "requeue" stand where ids stand; that such a job cannot be is told by 404, not by the router.
        return case.operation.path not in {"/v1/jobs/archive", "/v1/operator/dead/requeue"}
    if failure.code != "ST202" or response.status_code not in {400, 409, 410, 415, 422}:
        return True
    detail = str(response.json().get("detail", ""))
    return not any(re.search(pattern, detail) for pattern in EXCUSED)
