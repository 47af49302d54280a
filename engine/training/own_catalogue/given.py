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


def require_usable(folder: Path, out: Path) -> None:
    """Raise RefusedError or CatalogueRefusedError for a folder that no generator can learn from, however it went.

    Or whose photos what is made in ``out`` would join.
    """
    cleaned = is_cleaned(folder)
    shown = read_records(folder).items if cleaned else find_photos(folder)
    if not cleaned and out.resolve().is_relative_to(folder.resolve()):
        raise RefusedError(f"--out {out} lies in {folder}, and sheets made there would be photos; choose one elsewhere")
    require_enough([each.category for each in shown], str(folder))
