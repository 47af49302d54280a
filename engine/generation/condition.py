"""A condition: what a picture is to show, as the numbers that a generator is given beside its latent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.generation.attributes import PATTERNS, Attributes
from engine.generation.latents import LATENT_LENGTH
from engine.images import Floats
from engine.quality.metrics import srgb_to_lab

MOST_CATEGORIES = 24
COLORS_AT = MOST_CATEGORIES  # main colour, second colour (L*, a*, b* / 100 each), the second's share
PATTERN_AT = COLORS_AT + 7
ASPECT_AT = PATTERN_AT + len(PATTERNS)
CONDITION_LENGTH = ASPECT_AT + 1

_LIGHTEST_GREY, _GREY_CHROMA = 0.9, 0.12  # L* / 100, and C* / 100 up to which that holds


class ConditionError(ValueError):
    """The attributes cannot be told to the generator."""


def condition_vector(attributes: Attributes, categories: Sequence[str]) -> Floats:
    """Return float32 [CONDITION_LENGTH] for complete attributes; `categories` are the generator's own, in its order.

    A one-hot category (`MOST_CATEGORIES` places), two colours in CIE Lab / 100 (the second is the main one again, with
    a share of 0, where there is only one), a one-hot pattern, and the logarithm of height / width.
    Raises ConditionError for a category or pattern that the generator does not know, and where something is missing.
    """
    if attributes.category is None or attributes.category not in categories:
        raise ConditionError(f"no category {attributes.category!r}; this generator knows {', '.join(categories)}")
    if attributes.pattern not in PATTERNS:
        raise ConditionError(f"no pattern {attributes.pattern!r}; there are {', '.join(PATTERNS)}")
    if not attributes.colors or attributes.aspect is None or attributes.aspect <= 0:
        raise ConditionError(f"needs a colour and an aspect above 0; got {attributes.colors} and {attributes.aspect}")
    vector = np.zeros(CONDITION_LENGTH, np.float32)
    vector[list(categories).index(attributes.category)] = 1
    main, second = attributes.colors[0], attributes.colors[1 if len(attributes.colors) > 1 else 0]
    labs = srgb_to_lab(np.array([main.srgb, second.srgb], np.uint8)) / 100
    vector[COLORS_AT : COLORS_AT + 6] = labs.ravel()
    vector[COLORS_AT + 6] = second.share if second is not main else 0.0
    vector[PATTERN_AT + PATTERNS.index(attributes.pattern)] = 1
    vector[ASPECT_AT] = np.log(attributes.aspect)
    return vector


def on_white(conditions: Floats) -> Floats:
    """Return conditions [n,CONDITION_LENGTH] whose colours are to be seen on white: greys at an L* of 90 at most.

    White cloth on a white ground is told from it by being lit less than the ground is, in photos too; the more
    colourful a colour is, the lighter it may be.
    """
    seen = conditions.copy()
    labs = seen[:, COLORS_AT : COLORS_AT + 6].reshape(-1, 2, 3)
    chroma = np.hypot(labs[..., 1], labs[..., 2])
    lightest = _LIGHTEST_GREY + (1 - _LIGHTEST_GREY) * np.clip((chroma - _GREY_CHROMA) / _GREY_CHROMA, 0, 1)
    labs[..., 0] = np.minimum(labs[..., 0], lightest)
    seen[:, COLORS_AT : COLORS_AT + 6] = labs.reshape(-1, 6)
    return seen


def with_colors(condition: Floats, labs: Floats) -> Floats:
    """Return the condition with other colours: `labs` [2,3], the main one and the second one's L*, a*, b*."""
    changed = condition.copy()
    changed[COLORS_AT : COLORS_AT + 6] = np.asarray(labs, np.float32).ravel() / 100
    return changed


def colors_of(condition: Floats) -> Floats:
    """Return the two colours of a condition, [2,3], in L*, a*, b*."""
    return condition[COLORS_AT : COLORS_AT + 6].reshape(2, 3) * 100


def generator_vectors(latents: Floats, conditions: Floats) -> Floats:
    """Return what `Engine.submit_latents` takes: latents [n,LATENT_LENGTH], each with its condition behind it.

    One condition [CONDITION_LENGTH] serves all latents, or each has its own, [n,CONDITION_LENGTH].
    Raises ConditionError for other shapes.
    """
    if latents.shape[1:] != (LATENT_LENGTH,) or conditions.shape not in (
        (CONDITION_LENGTH,),
        (len(latents), CONDITION_LENGTH),
    ):
        raise ConditionError(
            f"a generator takes latents [n,{LATENT_LENGTH}] and conditions [{CONDITION_LENGTH}] or "
            f"[n,{CONDITION_LENGTH}], got {list(latents.shape)} and {list(conditions.shape)}"
        )
    told = np.broadcast_to(conditions, (len(latents), CONDITION_LENGTH))
    return np.concatenate([latents, told], axis=1, dtype=np.float32)
