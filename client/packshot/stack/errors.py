"""What can go wrong with a stack on this machine.

packshot.errors.PackshotError
└── StackError    it cannot start, or cannot go on; the message says what to do
"""

from packshot.errors import PackshotError


class StackError(PackshotError):
    """The stack cannot start or go on; the message says what to do."""
