"""What building a catalogue can fail with.

CatalogueError
├── CatalogueRefusedError   the folder, or what lies in the output's folder, cannot be used: nothing is built
└── UnfitError              one photo is not fit for the data set; `.reason` says why, and the others go on
"""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal["unreadable", "too-small", "face", "no-product", "doubtful-cutout", "cut-off", "duplicate"]
REASONS: tuple[Reason, ...] = get_args(Reason)


class CatalogueError(Exception):
    """Root of the catalogue's errors."""


class CatalogueRefusedError(CatalogueError):
    """Nothing can be built from this folder, or into that one."""


class UnfitError(CatalogueError):
    """A photo that the data set leaves out."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
