"""``/docs``: the guide, its pictures, and the style and script that its pages share."""

from pathlib import Path

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from api.docs_page.navigation import FOLDER
from api.docs_page.pages import guide_page
from api.static_files import FIVE_MINUTES, static_answer, static_file
from jobs.problems import ProblemError

guide = Blueprint("guide", __name__, template_folder="templates")

ASSETS = Path(__file__).parent / "assets"
KINDS = frozenset({".css", ".js", ".svg", ".webp", ".jpg", ".png"})


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
    path = static_file(folder, name, KINDS)
    if path is None:
        raise ProblemError("not-found", "there is no such file")
    return static_answer(path.read_bytes(), path.suffix, cached=FIVE_MINUTES)
