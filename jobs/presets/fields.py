"""One channel's preset, field by field. Unknown fields are refused, values are frozen once read."""

import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from jobs.spec.fields import SidePx

FileFormat = Literal["jpeg", "png", "webp", "avif", "gif", "tiff", "bmp"]
WrittenFormat = Literal["jpeg", "png", "webp", "avif"]
Ground = Literal["any", "white", "transparent"]
RuleName = Literal[
    "format", "bytes", "width", "height", "longest-side", "shortest-side", "aspect", "megapixels", "color-space",
    "no-alpha", "ground", "border", "fill", "whole", "centered", "enlarged", "sharpness", "outline",
]  # fmt: skip
"""Every rule by its name, as presets and reports have it; `engine/quality/channels.py` grades them."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class PresetPart(BaseModel):
    """A part of a preset's file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bounds(PresetPart):
    """From `least` to `most`, both included; an absent one does not bound."""

    least: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    most: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.least is None and self.most is None:
            raise PydanticCustomError("bounds", "needs least or most, or both")
        if self.least is not None and self.most is not None and self.least > self.most:
            detail = "least is {least}, which is more than most, {most}"
            raise PydanticCustomError("bounds", detail, {"least": self.least, "most": self.most})
        return self

    def allows(self, value: float) -> bool:
        """Whether the value lies between."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


class Source(PresetPart):
    """Where the rules are from: the channel's own page, when it was looked at, and how.

    `seen` is "own page" where a copy of that page was read, "quoted" where only what others quote of it was, and "ours"
    where the rules are nobody's but our own. `unverified` says what nobody could check.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    looked_at: datetime.date
    seen: Literal["own page", "quoted", "ours"]
    unverified: Text | None = None


class Rules(PresetPart):
    """What any picture for the channel must be, ours or a merchant's own; what is absent is not looked at.

    `fill` is the share of the frame that the product's box takes along the side that limits it. On a "white" ground
    every channel of a pixel is at least 255 - `white_tolerance`; with `shadow` a neutral shade near the product is no
    fault. `most_enlarged` is how many times a picture may have been enlarged. `advice` are rules of this channel that
    it recommends and does not demand.
    """

    formats: Annotated[tuple[FileFormat, ...], Field(min_length=1, strict=False)]
    max_bytes: Annotated[int, Field(ge=1)] | None = None
    width_px: Bounds | None = None
    height_px: Bounds | None = None
    longest_px: Bounds | None = None
    shortest_px: Bounds | None = None
    aspect: Bounds | None = None
    megapixels: Bounds | None = None
    ground: Ground = "any"
    white_tolerance: Annotated[int, Field(ge=0, le=50)] = 0
    shadow: bool = True
    alpha: bool = False
    fill: Bounds | None = None
    most_enlarged: Annotated[float, Field(ge=1, le=8)] | None = None
    advice: Annotated[tuple[RuleName, ...], Field(strict=False)] = ()


class Quality(PresetPart):
    """From which encoder's quality to which the best that fits is searched."""

    least: Annotated[int, Field(ge=1, le=100)] = 60
    most: Annotated[int, Field(ge=1, le=100)] = 92

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.least > self.most:
            detail = "least is {least}, which is more than most, {most}"
            raise PydanticCustomError("quality", detail, {"least": self.least, "most": self.most})
        return self


class Frame(PresetPart):
    """The frame that files are made in, exactly; or as small as `shrinks_to`, where more would enlarge too much.

    `shrinks_to` is what the longer side may shrink to, in pixels, so that nothing is enlarged more than the rules'
    `most_enlarged`; absent, the frame stays as it is. With `keeps_aspect` a picture that keeps its own ground keeps its
    aspect too, where the rules allow it, and the frame is what it must lie within.
    """

    width: SidePx
    height: SidePx
    shrinks_to: SidePx | None = None
    keeps_aspect: bool = False


_WORTH_A_FILE = 1.1


class Widths(PresetPart):
    """Files of several widths, each in several formats: `of` a picture, those that it has."""

    px: Annotated[tuple[SidePx, ...], Field(min_length=1, max_length=16, strict=False)]
    formats: Annotated[tuple[WrittenFormat, ...], Field(min_length=1, strict=False)]
    sizes: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\"<>&]+$")] = "100vw"

    def of(self, width: int) -> list[int]:
        """The widths for a picture of that width, rising: none that is wider, and its own where it is worth a file."""
        fitting = [px for px in sorted(self.px) if px <= width]
        if width < max(self.px) and (not fitting or width > _WORTH_A_FILE * fitting[-1]):
            fitting.append(width)
        return fitting


class Made(PresetPart):
    """How files are made: in one `frame`, or in several `widths`.

    `ground` "own" keeps the ground that the picture has, cropped or padded to the frame around the product; a picture
    without one is laid on white. `fill` is the share of the frame that a product cut out is given. On a pure ground the
    `shadow` "own" is what the photo shows of one, where it can be told from the ground; "contact" and "drop" are made.
    `qualities` are for formats whose encoders count otherwise than `quality`.
    """

    frame: Frame | None = None
    widths: Widths | None = None
    format: WrittenFormat = "jpeg"
    ground: Literal["own", "white", "transparent"] = "white"
    shadow: Literal["none", "own", "contact", "drop"] = "none"
    fill: Share = 0.9
    quality: Quality = Quality()
    qualities: dict[WrittenFormat, Quality] = Field(default_factory=dict)

    def quality_of(self, format_name: WrittenFormat) -> Quality:
        """The bounds for files of that format."""
        return self.qualities.get(format_name, self.quality)

    @model_validator(mode="after")
    def _is_framed_in_one_way(self) -> Self:
        if (self.frame is None) == (self.widths is None):
            raise PydanticCustomError("frame", "needs either frame or widths, one of them")
        return self


class Preset(PresetPart):
    """One channel: what it is called, where its rules are from, the rules, and how files for it are made."""

    title: Text
    source: Source
    rules: Rules
    made: Made

    @property
    def formats(self) -> tuple[WrittenFormat, ...]:
        """The formats that files are made in."""
        return self.made.widths.formats if self.made.widths else (self.made.format,)

    @model_validator(mode="after")
    def _obeys_itself(self) -> Self:
        for mistake in self._contradictions():
            raise PydanticCustomError("contradiction", "{mistake}", {"mistake": mistake})
        return self

    def _contradictions(self) -> list[str]:
        rules, made = self.rules, self.made
        wrong = [
            f"made in {each}, which rules.formats does not allow" for each in self.formats if each not in rules.formats
        ]
        if rules.ground != "any" and made.ground != rules.ground:
            wrong.append(f"made.ground is {made.ground!r}, and rules.ground {rules.ground!r}")
        if made.shadow != "none" and not rules.shadow:
            wrong.append(f"made.shadow is {made.shadow!r}, and rules.shadow false")
        if rules.fill is not None and not rules.fill.allows(made.fill):
            wrong.append(f"made.fill is {made.fill}, which rules.fill does not allow")
        if made.ground == "transparent" and ("jpeg" in self.formats or not rules.alpha):
            wrong.append("made.ground is 'transparent': that needs rules.alpha = true, and another format than jpeg")
        if made.frame is not None:
            wrong += [f"made.frame is {text}" for text in _beyond(made.frame, rules)]
        return wrong


def _beyond(frame: Frame, rules: Rules) -> list[str]:
    width, height = frame.width, frame.height
    measures = {
        "width_px": width, "height_px": height, "longest_px": max(width, height), "shortest_px": min(width, height),
        "aspect": width / height, "megapixels": width * height / 1e6,
    }  # fmt: skip
    wrong = []
    for name, value in measures.items():
        bounds: Bounds | None = getattr(rules, name)
        if bounds is not None and not bounds.allows(value):
            wrong.append(f"{width} × {height}, which rules.{name} does not allow")
    if frame.shrinks_to is not None and frame.shrinks_to > max(width, height):
        wrong.append(f"{width} × {height}, smaller than frame.shrinks_to, {frame.shrinks_to}")
    return wrong
