"""Which catalogue the trainings of a folder learn from, so that they are not gone on with, or served, as another's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.training.catalogue.origin import Origin
from engine.training.catalogue.records import ITEMS_FILE, read_records
from engine.training.errors import RefusedError
from engine.training.whole_files import write_whole

LEARNED_FILE = "learned-from.json"
WHAT_TO_DO = "choose another --out for this one, or give what was given before"


def require_same_catalogue(out: Path, catalogue: Path, origin: Origin, *, begun: bool) -> None:
    """Write down what ``out`` learns from, before anything is; refuse, once it has ``begun``, another catalogue.

    Another one is of other items, in number or in what their lines say, or of another ``origin``. What was begun before
    this was written down is let through: its categories are checked with each training. Raises RefusedError.
    """
    path, at_hand = out / LEARNED_FILE, _told(catalogue, origin)
    if not begun:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(at_hand, ensure_ascii=False) + "\n")
        return
    if not path.exists():
        return
    before = _read(path)
    if before["items"] != at_hand["items"]:
        counts = f"then of {before['items']['count']} pictures, now of {at_hand['items']['count']}"
        raise RefusedError(f"{out} learned from another catalogue than {catalogue} holds ({counts}): {WHAT_TO_DO}")
    if before["origin"] != at_hand["origin"]:
        origins = f"{_words(before['origin'])} before, {_words(at_hand['origin'])} now"
        raise RefusedError(f"{out} learned from a catalogue of another --name or --licence ({origins}): {WHAT_TO_DO}")


def _told(catalogue: Path, origin: Origin) -> dict[str, Any]:
    count = len(read_records(catalogue).items)
    digest = hashlib.sha256((catalogue / ITEMS_FILE).read_bytes()).hexdigest()
    return {"items": {"count": count, "sha256": digest}, "origin": asdict(origin)}


def _read(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = told["items"]["count"], told["origin"]["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(f"{path} is damaged ({error!r}); choose another --out") from error
    return told


def _words(origin: dict[str, str | None]) -> str:
    return ", ".join(f"{field} {text!r}" for field, text in origin.items() if text) or "none said"
