"""What can go wrong with a contact sheet.

packshot.errors.PackshotError
└── SheetError    it cannot be drawn here; the message says what to do
"""

from packshot.errors import PackshotError


class SheetError(PackshotError):
    """The sheet cannot be drawn."""
