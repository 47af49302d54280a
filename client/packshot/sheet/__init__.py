"""Contact sheets: every photo of a run before and after, side by side, with a detail at full size. Needs Pillow."""

from packshot.sheet.errors import SheetError
from packshot.sheet.requirement import require_pillow

__all__ = ["SheetError", "require_pillow"]
