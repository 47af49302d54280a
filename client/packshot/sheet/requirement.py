"""Pillow is no dependency of the client; only a sheet needs it."""

from packshot.sheet.errors import SheetError


def require_pillow() -> None:
    """Raises SheetError, which says how to install it, if Pillow is missing or cannot draw text."""
    how = "install it with the client's extra: pip install 'packshot[sheet]'"
    try:
        from PIL import features
    except ImportError as error:
        raise SheetError(f"a contact sheet needs Pillow; {how}") from error
    if not features.check("freetype2"):
        raise SheetError(f"a contact sheet needs a Pillow that was built with FreeType; {how}")
