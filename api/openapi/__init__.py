"""The OpenAPI 3.1 description of this API, made from the code: the routes, and what is said beside them."""

from api.openapi.document import openapi_document
from api.openapi.paths import undescribed_routes
from api.openapi.routes import openapi

__all__ = ["openapi", "openapi_document", "undescribed_routes"]
