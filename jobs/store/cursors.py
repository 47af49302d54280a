"""Cursors: where a listing goes on."""

from jobs.problems import ProblemError


def read_cursor(cursor: str | None) -> str:
    """A page's cursor as the bound below which to go on; None begins at the newest.

    Raises ProblemError invalid-parameter for what no page gave.
    """
    if cursor is None:
        return "+inf"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 16):
        raise bad_cursor(cursor)
    return f"({cursor}"


def bad_cursor(cursor: str) -> ProblemError:
    """The refusal of a cursor that no page gave."""
    detail = f"the cursor is not one that a page gave: {cursor[:40]!r}"
    return ProblemError("invalid-parameter", detail, errors=[{"parameter": "cursor", "detail": detail}])
