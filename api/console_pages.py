"""The console: static files of ``api/console``, served as they lie there under a strict Content-Security-Policy."""

import hashlib
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from api.static_files import static_file
from jobs.problems import ProblemError

console_pages = Blueprint("console_pages", __name__)

FOLDER = Path(__file__).parent / "console"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


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
    found = static_file(FOLDER, name, TYPES)
    if found is None:
        raise ProblemError("not-found", "there is no such page")
    return _answer(found)


def _answer(path: Path) -> Response:
    """The file with its ETag, or 304. Browsers ask again each time, so an update shows at once."""
    content = path.read_bytes()
    answer = Response(content, content_type=TYPES[path.suffix])
    answer.set_etag(hashlib.sha256(content).hexdigest()[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.make_conditional(request)
    return answer
