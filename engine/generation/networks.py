"""The four networks of a generator as whoever calls them sees them: plain functions over rows."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from engine.images import Floats, Image

SIDE_PX = 128
"""Of the pictures that the networks make and see."""


class Ask(Protocol):
    """Each network answers n >= 1 rows at once; an answer's row depends on its own row of the question alone."""

    def make(self, vectors: Floats) -> Image:
        """Return the generator's pictures, uint8 [n,128,128,3], of float32 [n,LATENT_LENGTH + CONDITION_LENGTH]."""
        ...

    def encode(self, pictures: Image) -> Floats:
        """Return the latents that the encoder finds in uint8 [n,128,128,3], [n,LATENT_LENGTH]: the generator's own."""
        ...

    def judge(self, pictures: Image) -> Floats:
        """Return what the critic says of uint8 [n,128,128,3], [n,1 + CONDITION_LENGTH]."""
        ...

    def classify(self, pictures: Image) -> Floats:
        """Return what the classifier sees in uint8 [n,128,128,3]: F features, MOST_CATEGORIES logits, side by side."""
        ...


@runtime_checkable
class AskTogether(Protocol):
    """Whoever can put the critic's and the classifier's question at once: neither waits for the other's answer."""

    def judge_and_classify(self, pictures: Image) -> tuple[Floats, Floats]:
        """Return what `Ask.judge` and `Ask.classify` do."""
        ...


def judged_and_classified(ask: Ask, pictures: Image) -> tuple[Floats, Floats]:
    """Return what the critic and the classifier say, asked together where that can be."""
    if isinstance(ask, AskTogether):
        return ask.judge_and_classify(pictures)
    return ask.judge(pictures), ask.classify(pictures)
