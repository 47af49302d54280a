"""What somebody may have meant by a name that there is not: the same thing in other words, else what is spelt alike."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "operation": ("operations", "op"),
    "ops": ("operations", "op"),
    "type": ("op", "format"),
    "kind": ("op",),
    "scale": ("factor",),
    "amount": ("strength",),
    "intensity": ("strength",),
    "level": ("strength",),
    "sku": ("external_id",),
    "id": ("external_id", "upload"),
    "reference": ("external_id",),
    "colour": ("color",),
    "colours": ("colors",),
    "preset": ("renditions",),
    "presets": ("renditions",),
    "channels": ("renditions",),
    "image": ("input", "upload"),
    "photo": ("input", "upload"),
    "file": ("input", "upload"),
    "callback": ("webhook",),
    "callback_url": ("webhook",),
    "tags": ("metadata",),
    "timeout": ("deadline_s", "wait"),
    "ttl": ("expires_in_s",),
    "expires_at": ("expires_in_s",),
    "permissions": ("scopes",),
    "origin": ("origins",),
    "event": ("events",),
    "status": ("state",),
    "per_page": ("limit",),
    "page_size": ("limit",),
    "page": ("cursor",),
    "after": ("created_after", "cursor"),
    "since": ("created_after",),
    "before": ("created_before",),
    "until": ("created_before",),
    "dry_run": ("validate_only",),
}
_ALIKE = 0.7
_MAX_GIVEN = 100  # characters that are compared: names of ours are shorter


def guess(given: str, allowed: Collection[str]) -> str | None:
    """The one of ``allowed`` that ``given`` most likely means, or None."""
    plain = given[:_MAX_GIVEN].strip().lower().replace("-", "_")
    if plain in allowed and plain != given:
        return plain
    if meant := next((name for name in SYNONYMS.get(plain, ()) if name in allowed), None):
        return meant
    alike = get_close_matches(plain, sorted(allowed), n=1, cutoff=_ALIKE)
    return alike[0] if alike and alike[0] != given else None


def unknown(what: str, given: str, allowed: Collection[str]) -> str:
    """Say that there is no such ``what`` ("field", "parameter"), what was probably meant, and what there is."""
    if not allowed:
        return f"there is no such {what} here; none is taken"
    meant = guess(given, allowed)
    question = "" if meant is None else f"did you mean {meant!r}? "
    return f"there is no such {what} here; {question}there are {', '.join(allowed)}"
