"""``/docs/api``: Swagger UI on our own description. Its files are the installed package's; what starts it is ours."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from api.docs_page.navigation import sections
from api.docs_page.routes import file_answer
from api.static_files import FIVE_MINUTES, policy, static_answer
from jobs.problems import ProblemError

swagger = Blueprint("swagger", __name__, template_folder="templates")

POLICY = policy(
    img_src="'self' data: blob:",  # icons in its style, and pictures that were answered
    connect_src="'self'",  # to try things out
)
FILES = {"swagger-ui.css": "css", "swagger-ui-bundle.js": "js"}


@swagger.get("/docs/api")
def page() -> ResponseReturnValue:
    """Every operation, to read and to try with a key of one's own."""
    html = render_template("docs_api.html", sections=sections()).encode()
    return static_answer(html, ".html", cached=FIVE_MINUTES, under=POLICY)


@swagger.get("/docs/api/<name>")
def file(name: str) -> ResponseReturnValue:
    """A file of Swagger UI."""
    if name not in FILES:
        raise ProblemError("not-found", "there is no such file")
    return file_answer(_folder() / FILES[name], name)


@cache
def _folder() -> Path:
    """Where the package keeps them. It is not imported: it would bring a whole framework along."""
    found = find_spec("flask_openapi3_swagger")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "templates" / "swagger"
