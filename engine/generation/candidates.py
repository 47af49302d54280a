"""The quality loop: makes more pictures than asked, judges them, tries again for poor ones, and returns the best.

Knows neither network nor engine: pictures and opinions come from callables, so that a choice can be tried on anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from engine.generation.fingerprint import Fingerprint
from engine.generation.ranking import qualities
from engine.generation.scoring import SCORES
from engine.images import Floats, Image

Opinions = Callable[[Image, Floats], Mapping[str, Floats]]
"""Pictures [n,H,W,3] and their latents [n,L] -> scores by name, [n] each, higher is better."""

REALISM = "realism"
CRITIC = "critic"

_FEWEST_MORE = 8
_FINALISTS = 2  # for each picture wanted: those that a second look is for


@dataclass(frozen=True)
class Casting:
    """Where candidates come from, and what is thought of them beyond `SCORES`, whose names no opinion has.

    Every row of each answer depends on its own row of the question alone; candidates are asked for in their order.
    """

    draw: Callable[[int, int], Floats]  # (count, start) -> latents [count,L] of the candidates from number `start` on
    make: Callable[[Floats], Image]  # latents [n,L] -> uint8 pictures [n,H,W,3]
    opinions: Opinions = lambda _pictures, _latents: {}
    second_look: Callable[[int, Image], Mapping[str, float]] | None = None
    """More scores of one candidate (its number, its picture), which take too long to be asked of all: see `choose`."""


@dataclass(frozen=True)
class Standards:
    """What makes a picture poor, and what makes one better than another; scores by their names.

    The defaults were chosen on 363 photos of a cleaned catalogue, at 128 px: all are sharper than 0.49 and perfectly
    clean; blurred by 1.5 px, nine in ten are poor. Of 253 held-out ones about 4 % have less realism, and of the same
    cut up and put together wrongly about 55 %. A critic's score means nothing but that it is higher than another's.
    """

    least: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"presence": 0.03, "sharpness": 0.25, "cleanness": 0.98, "clearance": 0.9, REALISM: 0.4}
        )
    )
    weights: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({CRITIC: 2.0, REALISM: 2.0, "sharpness": 1.0, "cleanness": 1.0})
    )
    distinct: bool = True  # whether a near-duplicate of a better candidate is poor


@dataclass(frozen=True)
class Effort:
    """How many pictures are wanted, and how many may be made for them. Raises ValueError for what makes no sense."""

    count: int
    oversampling: float = 2.0  # candidates made for each picture that is still wanted
    most: float = 4.0  # candidates made in all for each picture wanted: the budget
    at_once: int = 64  # candidates in one call of the casting; the choice does not depend on it

    def __post_init__(self) -> None:
        if self.count < 1 or self.at_once < 1:
            raise ValueError(f"count and at_once are 1 or more, got {self.count!r} and {self.at_once!r}")
        if not 1 <= self.oversampling <= self.most < math.inf:
            raise ValueError(f"1 <= oversampling <= most is needed, got {self.oversampling!r} and {self.most!r}")

    def next_round(self, made: int, wanted: int) -> int:
        """Return how many more to make where `made` exist and `wanted` are missing; 0 once the budget is spent.

        A few more fill a batch no better, so a round that goes on has `_FEWEST_MORE` as long as the budget has them.
        """
        more = max(math.ceil(wanted * self.oversampling), _FEWEST_MORE if made else 1)
        return max(0, min(more, math.ceil(self.count * self.most) - made))


@dataclass(frozen=True)
class Fault:
    """One reason against a candidate: a score's name, "duplicate" or "outranked", with what was found."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Candidate:
    """One picture that was made."""

    number: int  # of its seed
    latent: Floats  # [L]
    picture: Image  # [H,W,3]
    scores: Mapping[str, float]
    quality: float = 0.0  # 0 to 1: the share of the others that it is better than, over all scores that have a weight;
    # of the other finalists, for those that had a second look
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The best candidates, best first, and the others; those left have a fault each, those chosen only in need."""

    best: tuple[Candidate, ...]
    left: tuple[Candidate, ...]


def choose(effort: Effort, casting: Casting, standards: Standards | None = None) -> Choice:
    """Return the best `effort.count` of the pictures of a casting, judged by `Standards()` if not told otherwise.

    Candidates are made in rounds, until enough of them are faultless or the budget is spent; then the least faulty
    fill the rest, and say so in their faults. Of near-duplicates the best one stays. Everything is decided on whole
    rounds, so the choice is the same however many are made at once. A second look is taken at twice as many of the best
    as are wanted, which are ranked anew; it costs no further rounds. Raises ValueError where the casting does not
    answer for every candidate, or not with a finite score, and for an opinion that has the name of one of `SCORES`.
    """
    standards = standards or Standards()
    made: list[Candidate] = []
    prints: list[Fingerprint] = []
    ranked: list[Candidate] = []
    wanted = effort.count
    while wanted and (more := effort.next_round(len(made), wanted)):
        end = len(made) + more
        while len(made) < end:
            made += _made(casting, len(made), min(effort.at_once, end - len(made)))
        if standards.distinct:
            prints += [Fingerprint.of(candidate.picture) for candidate in made[len(prints) :]]
        ranked = _ranked(made, prints, standards)
        wanted = max(0, effort.count - sum(not candidate.faults for candidate in ranked))
    if casting.second_look is not None:
        ranked = _ranked_again(ranked, effort.count, casting.second_look, standards)
    best, rest = ranked[: effort.count], ranked[effort.count :]
    return Choice(tuple(best), tuple(_outranked(candidate, best[-1]) for candidate in rest))


def _ranked_again(
    ranked: list[Candidate], count: int, look: Callable[[int, Image], Mapping[str, float]], standards: Standards
) -> list[Candidate]:
    """Return the candidates with the finalists among them, who come first, ranked anew by what a second look says."""
    finalists, rest = ranked[: _FINALISTS * count], ranked[_FINALISTS * count :]
    scores = [MappingProxyType({**each.scores, **look(each.number, each.picture)}) for each in finalists]
    quality = qualities(scores, standards.weights)
    again = [replace(each, scores=scores[k], quality=quality[k]) for k, each in enumerate(finalists)]
    return sorted(again, key=_order) + [_outranked(candidate, finalists[-1]) for candidate in rest]


def _made(casting: Casting, start: int, count: int) -> list[Candidate]:
    """Make and score the candidates `start` to `start + count - 1`."""
    latents = casting.draw(count, start)
    pictures = _checked_pictures(casting.make(latents), count)
    scores = {name: [score(picture) for picture in pictures] for name, score in SCORES.items()}
    for name, opinion in casting.opinions(pictures, latents).items():
        if name in SCORES:
            raise ValueError(f"an opinion is named otherwise than {', '.join(SCORES)}, got {name}")
        scores[name] = _checked_scores(name, opinion, count)
    own = [MappingProxyType({name: values[k] for name, values in scores.items()}) for k in range(count)]
    return [Candidate(start + k, latents[k], pictures[k], own[k]) for k in range(count)]


def _ranked(made: list[Candidate], prints: list[Fingerprint], standards: Standards) -> list[Candidate]:
    """Return the candidates, the fewest faults first, then the best quality; duplicates of better ones are faulty."""
    quality = qualities([candidate.scores for candidate in made], standards.weights)
    judged = [
        replace(candidate, quality=quality[k], faults=_shortcomings(candidate.scores, standards.least))
        for k, candidate in enumerate(made)
    ]
    if standards.distinct:
        _find_duplicates(judged, prints)
    return sorted(judged, key=_order)


def _find_duplicates(judged: list[Candidate], prints: list[Fingerprint]) -> None:
    """Give each candidate a fault that shows the same as a better one."""
    kept: list[int] = []
    for k in sorted(range(len(judged)), key=lambda k: _order(judged[k])):
        alike = prints[k].likenesses([prints[other] for other in kept])
        if alike:
            fault = Fault("duplicate", f"shows the same as number {judged[kept[alike[0][0]]].number}")
            judged[k] = replace(judged[k], faults=(*judged[k].faults, fault))
        else:
            kept.append(k)


def _order(candidate: Candidate) -> tuple[int, float, int]:
    return len(candidate.faults), -candidate.quality, candidate.number


def _shortcomings(scores: Mapping[str, float], least: Mapping[str, float]) -> tuple[Fault, ...]:
    short = [name for name in least if name in scores and scores[name] < least[name]]
    return tuple(Fault(name, f"{scores[name]:.3f}; at least {least[name]:.3f} is needed") for name in short)


def _outranked(candidate: Candidate, last: Candidate) -> Candidate:
    """Return a candidate that was left with the reason why, where it has no fault of its own."""
    if candidate.faults:
        return candidate
    detail = f"a quality of {candidate.quality:.3f}; the last one before it has {last.quality:.3f}"
    return replace(candidate, faults=(Fault("outranked", detail),))


def _checked_pictures(pictures: Image, count: int) -> Image:
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[::3] != (count, 3):
        raise ValueError(f"a casting makes uint8 [{count},H,W,3], got {pictures.dtype} {list(pictures.shape)}")
    return pictures


def _checked_scores(name: str, scores: Floats, count: int) -> list[float]:
    if scores.shape != (count,) or not np.isfinite(scores).all():
        raise ValueError(f"{name} gives {count} finite scores, got {scores!r}")
    return [float(score) for score in scores]
