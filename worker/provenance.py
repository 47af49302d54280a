"""What a file says of where it comes from: IPTC's digital source types, the strongest of all that was done.

Names and meanings are those of IPTC's vocabulary (cv.iptc.org/newscodes/digitalsourcetype). A picture that was only
moved, cut or written in another format says nothing: that a camera took it is not ours to assert.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from worker.operations import COMPOSITE, GENERATED, MAKERS

FILLED = "compositeWithTrainedAlgorithmicMedia"
"""A photo with a part that a trained model made: inpaint's fillings."""

ENHANCED = "algorithmicallyEnhanced"
"""The photo's own content, its light, noise, sharpness or ground changed by an algorithm."""

_WEAKEST_FIRST = (ENHANCED, COMPOSITE, FILLED, GENERATED)
_ONLY_MOVES = frozenset({"resize", "crop", "rotate", "perspective"})


def source_type(operations: Sequence[Mapping[str, Any]], *, enhanced: bool = False) -> str | None:
    """The digital source type after the operations, given as the manifest's entries; None where there is none to tell.

    `enhanced` says that something else was done to the pixels, such as a channel's ground.
    """
    found = {name for entry in operations for name in _told_by(entry)} | ({ENHANCED} if enhanced else set())
    return max(found, key=_strength, default=None)


def _told_by(entry: Mapping[str, Any]) -> Iterator[str]:
    if "digital_source_type" in entry["findings"]:
        yield entry["findings"]["digital_source_type"]
    if entry["op"] in MAKERS:
        yield GENERATED
    elif entry["op"] == "inpaint":
        if not entry["warnings"]:  # it has one where the mask was dark everywhere, and nothing filled
            yield FILLED
    elif entry["op"] not in _ONLY_MOVES:
        yield ENHANCED


def _strength(name: str) -> int:
    return _WEAKEST_FIRST.index(name) if name in _WEAKEST_FIRST else len(_WEAKEST_FIRST)
