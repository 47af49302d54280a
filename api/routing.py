"""How paths are matched where a word may stand in an id's place."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class IdConverter(BaseConverter):
    """``<id:job_id>``: anything but the words that are routes of their own at that place.

    Without it a method that such a route lacks, and its neighbour with the id has, would count as allowed there.
    """

    regex = r"(?!(?:archive|requeue)$)[^/]+"


def know_ids(app: Flask) -> None:
    """Let the app's rules say ``<id:…>``; before any is added."""
    app.url_map.converters["id"] = IdConverter


def ignore_upgrades(app: Flask) -> None:
    """Answer requests that would like another protocol in this one, as HTTP lets us: Werkzeug finds them no route."""
    wsgi: Wsgi = app.wsgi_app

    def plain(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        environ.pop("HTTP_UPGRADE", None)
        return wsgi(environ, start)

    app.wsgi_app = plain  # type: ignore[method-assign, assignment]
