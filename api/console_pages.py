"""The console: static files of ``api/console``, served as they lie there under a strict Content-Security-Policy."""

from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, redirect
from flask.typing import ResponseReturnValue

from api.static_files import policy, static_answer, static_file
from jobs.problems import ProblemError

console_pages = Blueprint("console_pages", __name__)

FOLDER = Path(__file__).parent / "console"
KINDS = frozenset({".html", ".js", ".css", ".svg", ".txt"})
POLICY = policy(img_src="'self' blob: data:", connect_src="'self'")


@console_pages.get("/console")
def page() -> ResponseReturnValue:
    """The console's one page; what it shows stands in the address' fragment, which no server sees."""
    return _answer(FOLDER / "index.html")


@console_pages.get("/")
def front_door() -> ResponseReturnValue:
    """Whoever opens the server's bare address in a browser means the console."""
    return redirect("/console", HTTPStatus.FOUND)


@console_pages.get("/console/")
def page_with_slash() -> ResponseReturnValue:
    """The same, for those who type the slash."""
    return page()


@console_pages.get("/console/<path:name>")
def file(name: str) -> ResponseReturnValue:
    """A file of the console; nothing outside its folder is ever read."""
    found = static_file(FOLDER, name, KINDS)
    if found is None:
        raise ProblemError("not-found", "there is no such page")
    return _answer(found)


def _answer(path: Path) -> Response:
    """The file with its ETag, or 304. Browsers ask again each time, so an update shows at once."""
    return static_answer(path.read_bytes(), path.suffix, cached="no-cache", under=POLICY)
