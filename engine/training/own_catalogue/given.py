"""What the generator command is given, photos or a cleaned catalogue, looked at before anything is. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from engine.training.catalogue.enough import require_enough
from engine.training.catalogue.photos import find_photos
from engine.training.catalogue.records import ITEMS_FILE, read_records
from engine.training.catalogue.report import REPORT_FILE
from engine.training.errors import RefusedError


def is_cleaned(folder: Path) -> bool:
    """Return whether a folder holds a cleaned catalogue; raises RefusedError for one that is unfinished."""
    if not (folder / ITEMS_FILE).is_file():
        return False
    if not (folder / REPORT_FILE).exists():
        raise RefusedError(
            f"{folder} is an unfinished data set: it has {ITEMS_FILE} and no {REPORT_FILE} yet; "
            f"finish it by: packshot-train dataset PHOTOS --out {folder}"
        )
    return True


def require_usable(folder: Path) -> None:
    """Raise RefusedError or CatalogueRefusedError for a folder that no generator can learn from, however it went."""
    shown = read_records(folder).items if is_cleaned(folder) else find_photos(folder)
    require_enough([each.category for each in shown], str(folder))
