"""Which files a sheet's pages are, and how they are written. A page says of itself that it is one; other files stay."""

import os
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path

from PIL import Image

QUALITY = 88
MARK = b"contact sheet of Packshot"  # the JPEG's comment


def page_paths(folder: Path, pages: int) -> list[Path]:
    """`sheet.jpg` for one page, `sheet-1.jpg` and on for several; those of an earlier sheet are gone after this.

    Where another file has such a name it stays, and the pages are `contact-sheet.jpg`, `contact-sheet-1.jpg` and on.
    Pages of before they were marked count as other files.
    """
    for earlier in (*folder.glob("sheet*.jpg"), *folder.glob("contact-sheet*.jpg")):
        if _is_page(earlier):
            earlier.unlink()
    return next(paths for paths in _choices(folder, pages) if not any(map(os.path.lexists, paths)))


def save_page(page: Image.Image, path: Path) -> None:
    """As JPEG, with colours at full size: thin letters stay clean."""
    page.save(path, quality=QUALITY, subsampling=0, optimize=True, comment=MARK)


def _choices(folder: Path, pages: int) -> Iterator[list[Path]]:
    further = (f"contact-sheet-{number}-of-packshot" for number in count(2))
    for stem in chain(("sheet", "contact-sheet"), further):
        yield [folder / f"{stem}{'' if pages == 1 else f'-{page}'}.jpg" for page in range(1, pages + 1)]


def _is_page(path: Path) -> bool:
    try:
        with Image.open(path) as page:
            return page.info.get("comment") == MARK
    except (OSError, Image.DecompressionBombError):
        return False
