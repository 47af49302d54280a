"""``GET /openapi.json``: open to everybody, made once, and told with the address that it was asked under."""

import json
from functools import lru_cache

from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue

from api.conditional import conditional
from api.openapi.document import openapi_document
from api.static_files import FIVE_MINUTES
from api.views import absolute_url

openapi = Blueprint("openapi", __name__)

_PLACE = "{address}"


@openapi.get("/openapi.json")
def description() -> ResponseReturnValue:
    """The whole description; ETag, and good for five minutes."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # what the proxy stands for
    # Whoever makes addresses up (the header Host) costs a copy of the text, not a description of their own.
    text = _written(app).replace(json.dumps(_PLACE), json.dumps(absolute_url("")), 1)
    answer = Response(text, content_type="application/json")
    answer.add_etag()
    answer.headers["Cache-Control"] = FIVE_MINUTES
    return conditional(answer)


@lru_cache(maxsize=1)
def _written(app: Flask) -> str:
    return json.dumps(openapi_document(app, _PLACE), ensure_ascii=False, separators=(",", ":"))
