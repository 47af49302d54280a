"""From when on a picture needs a person's look: the limits of its fidelity report."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from jobs.spec.fields import Fraction, Part

DeltaE = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, strict=True)]
Share = Fraction

DEFAULT_LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "beyond_light": 3.0,
        "worst_color": 6.5,
        "worst_texture": 0.35,
        "texture_kept": 0.93,
        "sharpness_kept": 0.65,
        "unasked_light": 2.8,
        "asked_light": 8.0,
        "missing": 0.03,
        "added": 0.03,
        "cut_off": 0.02,
    }
)
"""Chosen on validation photos so that honest edits pass and falsehoods do not (docs/fidelity.md)."""

AT_LEAST = frozenset({"texture_kept", "sharpness_kept"})
"""What must reach its limit; all others may not be over it."""


class Review(Part):
    """When a picture needs a person's look; what is left out is as the operator set it.

    In ΔE2000, at most: ``beyond_light`` (mean over the product, without what a change of light explains),
    ``worst_color`` (the same in the worst patch), ``unasked_light`` (colour that the light changed although nobody
    asked), ``asked_light`` (that it changed because relight, a scene or auto was asked). Shares of 1, at most:
    ``worst_texture`` (lost in the worst patch), ``missing``, ``added`` and ``cut_off`` (of the product's area). At
    least: ``texture_kept`` and ``sharpness_kept``.
    """

    beyond_light: DeltaE | None = None
    worst_color: DeltaE | None = None
    worst_texture: Share | None = None
    texture_kept: Share | None = None
    sharpness_kept: Share | None = None
    unasked_light: DeltaE | None = None
    asked_light: DeltaE | None = None
    missing: Share | None = None
    added: Share | None = None
    cut_off: Share | None = None

    def limits(self, operator: "Review | None" = None) -> dict[str, float]:
        """Every limit: this one's own, else the operator's, else the default."""
        set_by_operator = operator.model_dump(exclude_none=True) if operator else {}
        return dict(DEFAULT_LIMITS) | set_by_operator | self.model_dump(exclude_none=True)
