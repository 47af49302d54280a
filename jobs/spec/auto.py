"""The operation that finds out by itself what a photo needs."""

from typing import Literal

from jobs.spec.fields import OperationPart


class Auto(OperationPart):
    """Mend what the photo needs mended, and nothing else: its light and colour cast, noise and compression marks.

    What it did, and by which measure, stands in the manifest. The ground, the frame and the size that a channel wants
    are made with the channel's ``renditions``.
    """

    op: Literal["auto"]
