"""The studio in a job: its networks asked through the engine, its pictures enlarged, its answer for the manifest."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generation.attributes import Attributes
from engine.generation.networks import SIDE_PX
from engine.generation.orders import OrderRefusedError
from engine.generation.sentence import Phrase
from engine.generation.studio import Made, Pictured, Studio
from engine.images import Floats, Image
from jobs.problems import ProblemError
from worker.catalogues import GENERATOR, facts_of
from worker.operations.context import OperationContext
from worker.operations.enlarging import enlarged, upscalers_for, widest_px
from worker.operations.registry import GENERATED
from worker.picture import Picture

ENCODER, CRITIC, CLASSIFIER = "generator-encoder", "generator-critic", "generator-classifier"
_STRANGE = 0.99
_LOOKED_AT, _MADE = 0.1, 0.6  # of the operation's time, roughly: when products are cut out, and pictures chosen
_OF_THE_REST = 0.25  # of the time until then one question takes: how many there will be, nobody knows


class EngineAsk:
    """The studio's networks, run by the engine in a job's name: all rows of a question share its batches."""

    def __init__(self, context: OperationContext) -> None:
        self._context = context
        self._done = _LOOKED_AT

    def make(self, vectors: Floats) -> Image:
        """The generator's pictures of its vectors."""
        self._advance()
        return self._context.ask_latents(GENERATOR, vectors)

    def encode(self, pictures: Image) -> Floats:
        """The latents that the encoder finds in pictures."""
        return self._frames(ENCODER, pictures)

    def judge(self, pictures: Image) -> Floats:
        """What the critic says of pictures."""
        return self._frames(CRITIC, pictures)

    def classify(self, pictures: Image) -> Floats:
        """What the classifier sees in pictures."""
        return self._frames(CLASSIFIER, pictures)

    def judge_and_classify(self, pictures: Image) -> tuple[Floats, Floats]:
        """Both at once: the classifier's work lies ready when the critic's is done."""
        self._advance()
        rows = list(np.ascontiguousarray(pictures))
        judged, classified = (self._context.ask_each(model, rows) for model in (CRITIC, CLASSIFIER))
        return _vectors(judged), _vectors(classified)

    def _frames(self, model: str, pictures: Image) -> Floats:
        self._advance()
        return _vectors(self._context.ask_each(model, list(np.ascontiguousarray(pictures))))

    def _advance(self) -> None:
        """Begin another question's part of the time."""
        start, self._done = self._done, self._done + _OF_THE_REST * (_MADE - self._done)
        self._context.part(start, self._done)


def _vectors(answers: Iterable[NDArray[np.generic]]) -> Floats:
    """Frame models' answers, whatever their shape, as float32 [n, length]."""
    stacked = np.stack(list(answers))
    return stacked.reshape(len(stacked), -1).astype(np.float32, copy=False)


def open_studio(context: OperationContext, size_px: int) -> Studio:
    """A studio for one operation, whose pictures will be of `size_px`.

    Raises ProblemError unknown-model where the worker has no generator, or not all that goes with one.
    """
    context.require(GENERATOR, ENCODER, CRITIC, CLASSIFIER, *upscalers_for(SIDE_PX, size_px))
    context.part(0.0, _LOOKED_AT)
    facts = facts_of(context.engine)
    assert facts is not None, "a generator was required"
    return Studio(facts, EngineAsk(context), context.still_wanted)


def held_side_px(size_px: int) -> int:
    """The side of the largest pictures that `delivered` holds at once, of those that will be of `size_px`."""
    return widest_px(SIDE_PX, size_px)


@contextmanager
def pointing(context: OperationContext) -> Iterator[None]:
    """Within the block an order that the studio refuses is a ProblemError invalid-parameter, pointing into the spec."""
    try:
        yield
    except OrderRefusedError as error:
        pointer = f"{context.pointer}/{error.field}"
        mistake = {"pointer": pointer, "detail": str(error)}
        raise ProblemError("invalid-parameter", f"{pointer}: {error}", errors=[mistake]) from error


def delivered(made: Made, size_px: int, context: OperationContext) -> list[Picture]:
    """The pictures at the size asked for; what is known of them goes to the context's findings and warnings.

    What they show is measured while the networks enlarge them.
    """

    def look() -> None:
        for each in made.pictures:
            context.still_wanted()
            _ = each.shown

    pictures = enlarged([each.picture for each in made.pictures], size_px, context, _MADE, look)
    context.findings.update(_findings(made))
    context.warnings += _warnings(made)
    return [Picture(picture) for picture in pictures]


def _findings(made: Made) -> dict[str, Any]:
    found: dict[str, Any] = {
        "digital_source_type": GENERATED,
        "candidates": made.candidates,
        "left": dict(made.left),
        "outputs": [_output(each) for each in made.pictures],
    }
    if made.understood or made.unknown:
        found["understood"] = [_phrase(phrase) for phrase in made.understood]
        found["unknown"] = list(made.unknown)
    if made.strangeness is not None:
        found["anomaly"] = {
            "score": round(made.strangeness.score, 4),
            "quantile": round(made.strangeness.quantile, 4),
        }
    return found


def _phrase(phrase: Phrase) -> dict[str, Any]:
    told: dict[str, Any] = {"text": phrase.words, "means": f"{phrase.kind} {phrase.value}"}
    return told | {"guessed": True} if phrase.guessed else told


def _output(each: Pictured) -> dict[str, Any]:
    return {
        "number": each.number,
        "quality": round(each.quality, 4),
        "scores": {name: round(float(score), 4) for name, score in each.scores.items()},
        "faults": [{"reason": fault.reason, "detail": fault.detail} for fault in (*each.faults, *each.differences)],
        "asked": _attributes(each.asked),
        "shown": _attributes(each.shown),
    }


def _attributes(attributes: Attributes) -> dict[str, Any]:
    return {
        "category": attributes.category,
        "colors": [
            {"name": color.name, "hex": f"#{bytes(color.srgb).hex()}", "share": round(color.share, 3)}
            for color in attributes.colors
        ],
        "pattern": attributes.pattern,
        "aspect": None if attributes.aspect is None else round(attributes.aspect, 3),
    }


def _warnings(made: Made) -> Sequence[str]:
    sentences = [f"this part of the text was not followed: {words}" for words in made.unknown]
    for index, each in enumerate(made.pictures):
        if each.faults:
            told = "; ".join(f"{fault.reason}: {fault.detail}" for fault in each.faults)
            sentences.append(f"picture {index} is poor, and no better one was made: {told}")
        if each.differences:
            told = "; ".join(fault.detail for fault in each.differences)
            sentences.append(f"picture {index} is not what was asked for: {told}")
    if made.strangeness is not None and made.strangeness.quantile > _STRANGE:
        sentences.append(
            f"the photo's product is stranger to the generator than {_STRANGE:.0%} of the photos it was tried on: "
            "its variations may not be of the same kind"
        )
    return sentences
