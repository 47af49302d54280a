"""Pages and files that are the same for everybody: which file a name leads to, and how it is answered.

Each answer has an ETag made of its bytes, and pages a policy under which nothing is inline or comes from elsewhere.
"""

import hashlib
from collections.abc import Container, Mapping
from pathlib import Path

from flask import Response
from werkzeug.security import safe_join

from api.conditional import conditional

TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}
FIVE_MINUTES = "public, max-age=300"


def policy(**more: str) -> str:
    """A Content-Security-Policy: scripts, styles and pictures of our own, and ``more`` such as ``connect_src``."""
    sources = {"img_src": "'self'", **more}
    told = ["default-src 'none'", "script-src 'self'", "style-src 'self'"]
    told += [f"{name.replace('_', '-')} {value}" for name, value in sources.items()]
    return "; ".join([*told, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])


def static_file(folder: Path, name: str, suffixes: Container[str]) -> Path | None:
    """The file of that name; None for any other kind, for names that would climb out, and for what no file is called.

    Of names that a disk cannot have (too long, or with a zero byte) it is the system that complains.
    """
    joined = safe_join(str(folder), name)
    path = Path(joined) if joined else folder
    try:
        return path if path.suffix in suffixes and path.is_file() else None
    except (OSError, ValueError):
        return None


def static_answer(content: bytes, suffix: str, *, cached: str, under: str = "") -> Response:
    """The bytes as the type that ``suffix`` tells, or 304; ``cached``: Cache-Control, ``under``: the page's policy."""
    answer = Response(content, content_type=TYPES[suffix])
    answer.set_etag(hashlib.sha256(content).hexdigest()[:32])
    answer.headers["Cache-Control"] = cached
    if under:
        answer.headers["Content-Security-Policy"] = under
    return conditional(answer)
