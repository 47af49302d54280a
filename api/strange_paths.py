"""What to say where no route is: the path that was probably meant, among those that there are."""

import re
from difflib import get_close_matches

from flask import current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

_MAX_PATH = 200  # characters that are looked at
_IDS = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "{upload_id}"),
    (re.compile(r"job_[0-9a-v]{26}"), "{job_id}"),
    (re.compile(r"bat_[0-9a-v]{26}"), "{batch_id}"),
    (re.compile(r"whe_[0-9a-v]{26}"), "{endpoint_id}"),
    (re.compile(r"msg_[0-9a-v]{26}"), "{message_id}"),
)
_VARIABLE = re.compile(r"<(?:[^<>]*:)?(\w+)>")
_ALIKE = 0.6


def no_such_path() -> str:
    """What is wrong with the current request's path."""
    path = request.path[:_MAX_PATH]
    if (meant := _mended(path) or _alike(path)) is not None:
        return f"there is no such path here; did you mean {meant}? /docs/api lists all"
    return "there is no such path here; /docs/api lists all"


def wrong_method(error: MethodNotAllowed) -> str:
    """Which methods the current request's path takes."""
    methods = sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
    return f"this path takes {', '.join(methods)}; got {request.method[:20]}"


def _mended(path: str) -> str | None:
    """The path without a slash too many, with /v1 once in front, where that is a route."""
    plain = re.sub(r"/{2,}", "/", path).rstrip("/")
    single = re.sub(r"^(/api)?(/v1)+(?=/)", "/v1", plain)
    return next((each for each in (plain, single, f"/v1{single}") if each and each != path and _is_route(each)), None)


def _is_route(path: str) -> bool:
    try:
        current_app.url_map.bind("localhost").match(path, method=request.method)
    except (MethodNotAllowed, RequestRedirect):
        return True
    except HTTPException:
        return False
    return True


def _alike(path: str) -> str | None:
    for form, name in _IDS:
        path = form.sub(name, path)
    known = sorted({_VARIABLE.sub(r"{\1}", rule.rule) for rule in current_app.url_map.iter_rules() if rule.rule != "/"})
    found = get_close_matches(path, known, n=1, cutoff=_ALIKE)
    return found[0] if found else None
