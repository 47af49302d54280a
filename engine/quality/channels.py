"""Is a picture fit for a sales channel? Every rule graded by what is measured. Knows no channel by name, and no file.

Technical rules are what software can keep: format, size, weight, ground, fill. Advice is what it cannot, or what a
channel only recommends: a product that the photo cuts off, one out of focus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.images import Image
from engine.pixels.placing import Bounds as Box
from engine.quality.channel_measures import (
    STRIP,
    Surroundings,
    box_of,
    detail_kept,
    off_centre,
    surroundings,
)

MOST_OFF_CENTRE = 0.05
LEAST_DETAIL = 0.12
LEAST_PURE = 0.999
_NOBODY = "no product was found"
_ALWAYS_ADVICE = frozenset({"whole", "centered", "enlarged", "sharpness", "outline"})
_HALF_PX = 0.5


@dataclass(frozen=True)
class Bounds:
    """From `least` to `most`, both included; None does not bound."""

    least: float | None = None
    most: float | None = None

    def allows(self, value: float, slack: float = 1e-9) -> bool:
        """Whether the value lies between, by `slack` or less outside."""
        above = self.least is None or value >= self.least - slack
        return above and (self.most is None or value <= self.most + slack)

    def told(self, unit: str = "", times: float = 1.0) -> str:
        """For people: "at least 500 px", "0.8 to 1.91"."""
        least, most = (None if end is None else f"{end * times:,g}" for end in (self.least, self.most))
        if least == most:
            return f"exactly {least}{unit}"
        if least is None:
            return f"at most {most}{unit}"
        return f"at least {least}{unit}" if most is None else f"{least} to {most}{unit}"


@dataclass(frozen=True)
class ChannelRules:
    """What a channel demands; what is None is not looked at. Fields as in presets (`jobs/presets/fields.py`)."""

    formats: tuple[str, ...]
    max_bytes: int | None = None
    width_px: Bounds | None = None
    height_px: Bounds | None = None
    longest_px: Bounds | None = None
    shortest_px: Bounds | None = None
    aspect: Bounds | None = None
    megapixels: Bounds | None = None
    ground: str = "any"
    white_tolerance: int = 0
    shadow: bool = True
    alpha: bool = False
    fill: Bounds | None = None
    most_enlarged: float | None = None
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileFacts:
    """What a file is, beside its pixels.

    `enlarged` is how many times its picture was; `outline` the share of the product's outline that is expected to be
    right, and whether that is too little. None where nobody knows.
    """

    format: str
    bytes: int
    color_space: str = "sRGB"
    enlarged: float | None = None
    outline: tuple[float, bool] | None = None


@dataclass(frozen=True)
class Grade:
    """One rule of one picture. `kind` is "technical", which a channel is passed or failed by, or "advice"."""

    rule: str
    title: str
    kind: str
    passed: bool
    measured: str
    required: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, for manifests."""
        return dict(vars(self))


@dataclass(frozen=True)
class Graded:
    """All rules of one picture for one channel."""

    grades: tuple[Grade, ...]

    @property
    def passed(self) -> bool:
        """Whether every technical rule is kept."""
        return all(grade.passed for grade in self.grades if grade.kind == "technical")

    @property
    def failed(self) -> tuple[str, ...]:
        """The rules that are not kept, advice too."""
        return tuple(grade.rule for grade in self.grades if not grade.passed)

    def to_json(self) -> dict[str, Any]:
        """{"passed", "rules"}, plain JSON values."""
        return {"passed": self.passed, "rules": [grade.to_json() for grade in self.grades]}


def grade(pixels: Image, facts: FileFacts, matte: Image | None, rules: ChannelRules) -> Graded:
    """Grade decoded pixels uint8 [H,W,3 or 4] with straight alpha; `matte` uint8 [H,W] says where the product is.

    Without a matte, or with an empty one, the rules about the product fail: there is none to be seen.
    """
    subject = _Subject(pixels, facts, matte if matte is not None and matte.max(initial=0) else None, rules)
    verdicts = [*_of_file(subject), *_of_size(subject), *_of_ground(subject), *_of_product(subject)]
    advice = _ALWAYS_ADVICE | set(rules.advice)
    return Graded(
        tuple(
            Grade(each.rule, each.title, "advice" if each.rule in advice else "technical", *each.outcome)
            for each in verdicts
        )
    )


@dataclass(frozen=True)
class _Subject:
    pixels: Image
    facts: FileFacts
    matte: Image | None
    rules: ChannelRules

    @property
    def size(self) -> tuple[int, int]:
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])


@dataclass(frozen=True)
class _Verdict:
    rule: str
    title: str
    passed: bool
    measured: str
    required: str

    @property
    def outcome(self) -> tuple[bool, str, str]:
        return bool(self.passed), self.measured, self.required


def _of_file(subject: _Subject) -> Iterator[_Verdict]:
    facts, rules = subject.facts, subject.rules
    yield _Verdict("format", "File format", facts.format in rules.formats, facts.format, " or ".join(rules.formats))
    if rules.max_bytes is not None:
        weight, most = (f"{count / 1e6:.3g} MB" for count in (facts.bytes, rules.max_bytes))
        yield _Verdict("bytes", "File size", facts.bytes <= rules.max_bytes, weight, f"at most {most}")
    known = facts.color_space.startswith("sRGB")
    yield _Verdict("color-space", "Colour space", known, facts.color_space, "sRGB")
    clear = subject.pixels.shape[2] == 4 and int(subject.pixels[..., 3].min(initial=255)) < 255
    if not rules.alpha:
        yield _Verdict("no-alpha", "No transparency", not clear, "transparent" if clear else "opaque", "opaque")


def _of_size(subject: _Subject) -> Iterator[_Verdict]:
    width, height = subject.size
    rules, slack = subject.rules, _HALF_PX / min(width, height)
    for rule, title, bounds, value, unit in (
        ("width", "Width", rules.width_px, width, " px"),
        ("height", "Height", rules.height_px, height, " px"),
        ("longest-side", "Longer side", rules.longest_px, max(width, height), " px"),
        ("shortest-side", "Shorter side", rules.shortest_px, min(width, height), " px"),
        ("megapixels", "Megapixels", rules.megapixels, width * height / 1e6, " MP"),
    ):
        if bounds is not None:
            yield _Verdict(rule, title, bounds.allows(value), f"{value:,.4g}{unit}", bounds.told(unit))
    if rules.aspect is not None:
        told = f"{width / height:.3f}", f"{rules.aspect.told()} (width to height)"
        yield _Verdict("aspect", "Aspect", rules.aspect.allows(width / height, slack * width / height), *told)


def _of_ground(subject: _Subject) -> Iterator[_Verdict]:
    rules = subject.rules
    if rules.ground == "any":
        return
    pure = "white" if not rules.white_tolerance else f"white, {255 - rules.white_tolerance} or more"
    wanted = "transparent" if rules.ground == "transparent" else pure
    seen: Surroundings = surroundings(subject.pixels, subject.matte, rules)
    required = f"at least {LEAST_PURE:.1%} {wanted}"
    border = f"the outer {STRIP:.0%}"
    yield _Verdict("border", f"Ground along {border}", seen.border >= LEAST_PURE, f"{seen.border:.2%}", required)
    if seen.ground is None:
        yield _Verdict("ground", "Ground around the product", False, _NOBODY, required)
    else:
        yield _Verdict("ground", "Ground around the product", seen.ground >= LEAST_PURE, f"{seen.ground:.2%}", required)


def _of_product(subject: _Subject) -> Iterator[_Verdict]:
    rules, (width, height) = subject.rules, subject.size
    box = None if subject.matte is None else box_of(subject.matte)
    if rules.fill is not None:
        fill = None if box is None else max(box.width / width, box.height / height)
        kept = fill is not None and rules.fill.allows(fill, _HALF_PX / min(width, height))
        told = _NOBODY if fill is None else f"{fill:.1%}"
        yield _Verdict("fill", "Product fills the frame", kept, told, rules.fill.told(" %", 100))
    if box is not None:
        yield from _of_box(box, width, height)
        assert subject.matte is not None
        detail = detail_kept(subject.pixels[..., :3], subject.matte)
        yield _Verdict(
            "sharpness", "Detail", detail >= LEAST_DETAIL, f"{detail:.2f}", f"at least {LEAST_DETAIL} (0: blurred)"
        )
    if subject.facts.outline is not None:
        share, doubtful = subject.facts.outline
        yield _Verdict("outline", "Product cut out well", not doubtful, f"{share:.0%} expected right", "sure of it")
    most = rules.most_enlarged
    if most is not None and subject.facts.enlarged is not None:
        times = subject.facts.enlarged
        yield _Verdict("enlarged", "Not enlarged much", times <= most + 0.01, f"{times:.2f} ×", f"at most {most:g} ×")


def _of_box(box: Box, width: int, height: int) -> Iterator[_Verdict]:
    cut = " and ".join(box.cut)
    yield _Verdict("whole", "Product whole", not cut, f"cut off at the {cut}" if cut else "whole", "whole")
    offset = 0.0 if cut else off_centre(box, width, height)
    limit = f"at most {MOST_OFF_CENTRE:.0%} off the middle"
    yield _Verdict("centered", "Product in the middle", offset <= MOST_OFF_CENTRE, f"{offset:.1%} off", limit)
