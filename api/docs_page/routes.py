"""``/docs``: the guide, its pictures, and the style and script that its pages share."""

import hashlib
from pathlib import Path

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.docs_page.navigation import FOLDER
from api.docs_page.pages import CACHE_CONTROL, guide_page
from api.static_files import static_file
from jobs.problems import ProblemError

guide = Blueprint("guide", __name__, template_folder="templates")

ASSETS = Path(__file__).parent / "assets"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}


@guide.get("/docs")
@guide.get("/docs/")
def index() -> ResponseReturnValue:
    """The guide's first page: where to find what."""
    return page("index")


@guide.get("/docs/<name>")
def page(name: str) -> ResponseReturnValue:
    """One page of the guide."""
    found = guide_page(name)
    if found is None:
        raise ProblemError("not-found", "there is no such page; /docs lists those that there are")
    return found.answer()


@guide.get("/docs/images/<name>")
def image(name: str) -> ResponseReturnValue:
    """A picture of the guide."""
    return file_answer(FOLDER / "images", name)


@guide.get("/docs/assets/<name>")
def asset(name: str) -> ResponseReturnValue:
    """The pages' style, script and icon."""
    return file_answer(ASSETS, name)


def file_answer(folder: Path, name: str) -> Response:
    """A file of ``folder`` with its ETag, or 304. Raises ProblemError not-found for what is not there."""
    path = static_file(folder, name, TYPES)
    if path is None:
        raise ProblemError("not-found", "there is no such file")
    content = path.read_bytes()
    answer = Response(content, content_type=TYPES[path.suffix])
    answer.set_etag(hashlib.sha256(content).hexdigest()[:32])
    answer.headers["Cache-Control"] = CACHE_CONTROL
    return answer.make_conditional(request)  # type: ignore[return-value]  # werkzeug's class, which is ours
