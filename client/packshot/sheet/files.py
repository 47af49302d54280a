"""Which files a sheet's pages are, and how they are written."""

from pathlib import Path

from PIL import Image

QUALITY = 88


def page_paths(folder: Path, pages: int) -> list[Path]:
    """`sheet.jpg` for one page, `sheet-1.jpg` and on for several; those of an earlier sheet are gone after this."""
    for earlier in (*folder.glob("sheet.jpg"), *folder.glob("sheet-[0-9]*.jpg")):
        earlier.unlink()
    if pages == 1:
        return [folder / "sheet.jpg"]
    return [folder / f"sheet-{number}.jpg" for number in range(1, pages + 1)]


def save_page(page: Image.Image, path: Path) -> None:
    """As JPEG, with colours at full size: thin letters stay clean."""
    page.save(path, quality=QUALITY, subsampling=0, optimize=True)
