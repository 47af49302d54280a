"""What a manifest tells of pictures that were made from a wish or a photo, as frozen values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packshot.reading import Document, as_document, take, take_optional

OPERATIONS = frozenset({"generate", "variations"})


@dataclass(frozen=True)
class Understood:
    """A piece of the text, and what it was taken for, such as `category dress`; `guessed` where it was misspelt."""

    text: str
    means: str
    guessed: bool = False


@dataclass(frozen=True)
class MadePicture:
    """What is known of one picture. `number` is which of the candidates it was: of its seed, whatever was chosen.

    `scores` by name, higher is better, each on a scale of its own. `quality` is a place among its job's candidates, not
    how good it is: the share of the others that it beats, 0 to 1, averaged over the scores by their weights. `faults`
    say why a shop would hardly take it; most pictures have none. `asked` and `shown` are attributes: what the generator
    was told to show, with what was left open filled in, and what is seen.
    """

    number: int
    quality: float
    scores: Mapping[str, float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    asked: Document = field(default_factory=dict)
    shown: Document = field(default_factory=dict)

    @property
    def fault_names(self) -> list[str]:
        """Its faults without their details: `["sharpness", "duplicate"]`."""
        return [fault.partition(":")[0] for fault in self.faults]


@dataclass(frozen=True)
class Anomaly:
    """How strange a photo is to the generator: `quantile` 0.99 is stranger than 99 % of photos it was not shown."""

    score: float
    quantile: float

    @property
    def percent(self) -> int:
        """Of how many of those photos, at least, it is the stranger one: 0 to 99."""
        return min(99, int(self.quantile * 100))


@dataclass(frozen=True)
class Generation:
    """What `generate` or `variations` (`op`) did: `pictures` in the order of the job's outputs, best first.

    Variations towards a photo are a `way`: in the order of the way there, and nothing is left. `seed` makes the same
    pictures again. `unknown` are parts of the text that were not followed. `candidates` were made in all; `left` counts
    by reason those not taken. `anomaly` is of a photo's variations only. `category_open`: nobody said which category
    to make, so that each picture's was drawn.
    """

    op: str
    seed: int | None
    understood: tuple[Understood, ...]
    unknown: tuple[str, ...]
    pictures: tuple[MadePicture, ...]
    candidates: int
    left: Mapping[str, int]
    anomaly: Anomaly | None = None
    way: bool = False
    category_open: bool = False

    @property
    def nothing_followed(self) -> bool:
        """Whether there was a text, and no word of it was followed."""
        return bool(self.unknown) and not self.understood

    @property
    def categories(self) -> Counter[str]:
        """How many of the pictures were to show which category."""
        return Counter(str(one.asked["category"]) for one in self.pictures if one.asked.get("category") is not None)


def generation_of(manifest: Document) -> Generation | None:
    """What a job's manifest tells; None where it has neither operation. Raises MalformedAnswer."""
    for step in map(as_document, take_optional(manifest, "operations", list) or []):
        if step.get("op") in OPERATIONS:
            return _generation(step, manifest, take(step, "findings", dict))
    return None


def _generation(step: Document, manifest: Document, found: Document) -> Generation:
    anomaly = take_optional(found, "anomaly", dict)
    understood = tuple(_understood(as_document(one)) for one in take_optional(found, "understood", list) or [])
    parameters = take_optional(step, "parameters", dict) or {}
    return Generation(
        op=take(step, "op", str),
        seed=take_optional(manifest, "seed", int),
        understood=understood,
        unknown=tuple(str(one) for one in take_optional(found, "unknown", list) or []),
        pictures=tuple(_picture(as_document(one)) for one in take(found, "outputs", list)),
        candidates=take(found, "candidates", int),
        left=take_optional(found, "left", dict) or {},
        anomaly=None if anomaly is None else Anomaly(take(anomaly, "score", float), take(anomaly, "quantile", float)),
        way="towards" in parameters,
        category_open=step["op"] == "generate" and not _says_category(parameters, understood),
    )


def _says_category(parameters: Document, understood: tuple[Understood, ...]) -> bool:
    """Whether a wish names a category, in its fields or its text, or has pictures to take one from."""
    named = any(piece.means.startswith("category ") for piece in understood)
    return named or bool(parameters.get("category") or parameters.get("like"))


def _understood(document: Document) -> Understood:
    guessed = take_optional(document, "guessed", bool) or False
    return Understood(take(document, "text", str), take(document, "means", str), guessed)


def _picture(document: Document) -> MadePicture:
    scores = take_optional(document, "scores", dict) or {}
    return MadePicture(
        number=take(document, "number", int),
        quality=float(take(document, "quality", float)),
        scores={name: float(take(scores, name, float)) for name in scores},
        faults=tuple(_fault(one) for one in take_optional(document, "faults", list) or []),
        asked=take_optional(document, "asked", dict) or {},
        shown=take_optional(document, "shown", dict) or {},
    )


def _fault(told: Any) -> str:
    """A fault as text; the wire has its reason and what was found."""
    if not isinstance(told, Mapping):
        return str(told)
    return f"{take(told, 'reason', str)}: {take(told, 'detail', str)}"
