"""``GET /openapi.json``: open to everybody, made once for each address that the service is reached under."""

import json
from functools import lru_cache

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from api.openapi.document import openapi_document
from api.views import absolute_url

openapi = Blueprint("openapi", __name__)

ADDRESSES = 8  # a service has one or two; whoever makes some up (the header Host) displaces them, and no more


@openapi.get("/openapi.json")
def description() -> ResponseReturnValue:
    """The whole description; ETag, and good for five minutes."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # what the proxy stands for
    answer = Response(_written(app, absolute_url("")), content_type="application/json")
    answer.add_etag()
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer.make_conditional(request)


@lru_cache(maxsize=ADDRESSES)
def _written(app: Flask, base_url: str) -> bytes:
    return json.dumps(openapi_document(app, base_url), ensure_ascii=False, separators=(",", ":")).encode()
