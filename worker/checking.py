"""A photo as it was uploaded, graded for channels, and what would mend it. Makes no file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.quality.channels import FileFacts, Graded
from jobs.presets import Preset
from worker.channels import check_photo
from worker.decoder_child import DecodedFacts
from worker.operations.context import OperationContext
from worker.operations.diagnosis import Need, mend
from worker.picture import Picture
from worker.sources import Source

_MENDED_BY_RENDITION = {
    "format": "it is written in a format that the channel takes",
    "bytes": "it is compressed until it is light enough",
    "color-space": "it is written in sRGB",
    "no-alpha": "it is laid on an opaque ground",
    "width": "it is brought to a size that the channel takes",
    "height": "it is brought to a size that the channel takes",
    "longest-side": "it is brought to a size that the channel takes",
    "shortest-side": "it is brought to a size that the channel takes",
    "megapixels": "it is brought to a size that the channel takes",
    "aspect": "it is framed anew around the product",
    "ground": "the product is laid on a pure ground",
    "border": "the product is laid on a pure ground",
    "fill": "the product is scaled to fill the frame",
    "centered": "the product is put in the middle",
}
_ANOTHER_PHOTO = {
    "whole": "the photo cuts the product off: only another photo shows all of it",
    "sharpness": "the product is out of focus, or was enlarged: another photo would show more",
    "outline": "the product is hard to tell from its ground: look at the result",
}


_NO_PRODUCT = "no product stands out from its ground: only another photo can be mended for this channel"


@dataclass(frozen=True)
class UploadedPhoto:
    """A decoded photo, what its file was, and how many bytes it had."""

    picture: Picture
    facts: DecodedFacts
    size: int


def check(photo: UploadedPhoto, presets: Mapping[str, Preset], context: OperationContext) -> dict[str, Any]:
    """Grade the photo for each channel: what the manifest has under "check". The product is looked for once.

    A channel's "proposal" is a part of a spec, and null where nothing is amiss; without renditions where only another
    photo would help. Raises the engine's errors.
    """
    source = Source(photo.picture, context)
    matte = source.found_matte
    outline = None if matte is None else source.outline
    facts = FileFacts(photo.facts.format, photo.size, _color_space(photo.facts.profile), outline=outline)
    _, needs = mend(photo.picture, context)
    checked = {}
    for name, preset in presets.items():
        graded = check_photo(photo.picture, facts, matte, preset)
        makeable = matte is not None or preset.made.ground == "own"
        proposal = _proposal([name] if makeable else [], graded, needs)
        checked[name] = {"title": preset.title, **graded.to_json(), "proposal": proposal}
    return checked


def _color_space(profile: str) -> str:
    return "sRGB, as nothing else is told" if profile == "none" else profile


def _proposal(renditions: list[str], graded: Graded, needs: list[Need]) -> dict[str, Any] | None:
    """What would mend the photo; without renditions where none can be made."""
    reasons = _reasons(graded) if renditions else [_NO_PRODUCT]
    because = [*(need.because for need in needs), *reasons]
    if not because:
        return None
    operations = [need.params.model_dump(mode="json", exclude_defaults=True) for need in needs]
    return {"operations": operations, "renditions": renditions, "because": because}


def _reasons(graded: Graded) -> Iterator[str]:
    told: dict[str, None] = {}
    for rule in graded.failed:
        told[_MENDED_BY_RENDITION.get(rule) or _ANOTHER_PHOTO[rule]] = None
    yield from told
