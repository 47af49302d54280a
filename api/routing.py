"""How paths are matched where a word may stand in an id's place."""

from flask import Flask
from werkzeug.routing import BaseConverter


class IdConverter(BaseConverter):
    """``<id:job_id>``: anything but the words that are routes of their own at that place.

    Without it a method that such a route lacks, and its neighbour with the id has, would count as allowed there.
    """

    regex = r"(?!(?:archive|requeue)$)[^/]+"


def know_ids(app: Flask) -> None:
    """Let the app's rules say ``<id:…>``; before any is added."""
    app.url_map.converters["id"] = IdConverter
