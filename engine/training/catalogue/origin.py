"""Where a data set's photos come from and under which licence, in a file beside its items: cards repeat it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.data import DataUse
from engine.training.whole_files import write_whole

ORIGIN_FILE = "origin.json"


@dataclass(frozen=True)
class Origin:
    """What a person says of the photos; None for what was not said."""

    name: str | None = None
    licence: str | None = None

    def as_fields(self) -> dict[str, str]:
        """Return what was said."""
        return {field: text for field, text in asdict(self).items() if text}


def write_origin(data: Path, origin: Origin) -> None:
    """Write what was said beside the items; what was said before and not now stays."""
    if origin.as_fields():
        told = told_before_or_now(data, origin).as_fields()
        write_whole(data / ORIGIN_FILE, json.dumps(told, ensure_ascii=False) + "\n")


def told_before_or_now(data: Path, origin: Origin) -> Origin:
    """Return what is said of a data set now, and what was said before where it is not."""
    earlier = origin_of(data)
    return Origin(**((earlier.as_fields() if earlier else {}) | origin.as_fields()))


def origin_of(data: Path) -> Origin | None:
    """Return what was said of a data set; None where nothing was.

    Raises CatalogueRefusedError for a file that is not `write_origin`'s.
    """
    path = data / ORIGIN_FILE
    if not path.is_file():
        return None
    try:
        return Origin(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        allowed = '{"name": TEXT, "licence": TEXT}'
        raise CatalogueRefusedError(f"{path} cannot be read; needed: {allowed}") from error


def with_origin(uses: list[DataUse], data: Path) -> list[DataUse]:
    """Return what was used of a data set with the name and the licence that it was given, if it was."""
    origin = origin_of(data) or Origin()
    return [replace(use, name=origin.name or use.name, licence=origin.licence or use.licence) for use in uses]
