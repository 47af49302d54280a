"""A product taken off its photo: its matte, and its own colours along the edge, where the photo mixes ground in.

What a picture knows of its product already, by a matte or by transparency, is used; else the networks are asked.
"""

from dataclasses import dataclass

import numpy as np

from engine.images import Floats
from engine.pixels import matte as mattes
from engine.pixels.closeup import Closeup
from engine.pixels.foreground import clear_colors, mean_surroundings, own_colors
from engine.pixels.parts import touched_borders
from engine.pixels.placing import product_bounds
from engine.pixels.shadow import contact_shadow
from worker.operations.context import OperationContext
from worker.operations.finding import find
from worker.picture import Picture, Pixels

FAINTEST_SHADOW = 0.02
"""What is fainter everywhere is no shadow."""

_LEAST_CLEAR = 0.05  # with less than that of a pixel not covered by the product, its shadow is not to be told
_OVERVIEW_PX = 768  # in which shadows are looked for


@dataclass(frozen=True)
class Lifted:
    """A product by itself: `colors` uint8 [H,W,3], of which `matte` uint8 [H,W] is seen; shadows are in neither.

    `found` is what the networks said, where they were asked.
    """

    colors: Pixels
    matte: Pixels
    found: Closeup | None = None

    def overview(self) -> Floats:
        """The matte as float32 [h,w] in 0..1, small enough for what is looked for in all of a picture."""
        return overview(self.matte).astype(np.float32) / np.float32(255)


def lift(picture: Picture, context: OperationContext) -> Lifted:
    """Return a picture's product. Opaque pixels keep their bytes. Raises ProblemError no-product-found."""
    if picture.matte is None and picture.alpha is None:
        lifted = lift_from_photo(picture.rgb, context)
        warn_of_doubt(lifted, context)
        return lifted
    if picture.alpha is None:
        assert picture.matte is not None
        return Lifted(own_colors(picture.rgb, picture.matte), picture.matte)
    if picture.matte is None or not (picture.alpha > picture.matte).any():
        return Lifted(picture.rgb, picture.alpha)
    return Lifted(_out_of_shadow(picture.rgb, picture.alpha, picture.matte), np.minimum(picture.alpha, picture.matte))


def lift_from_photo(seen: Pixels, context: OperationContext) -> Lifted:
    """Find the product in an opaque uint8 [H,W,3] photo and lift it. Raises ProblemError no-product-found."""
    found = find(seen, context)
    alpha = found.alpha(seen)
    return Lifted(_clear_colors(seen, alpha, found), alpha, found)


def warn_of_doubt(lifted: Lifted, context: OperationContext) -> None:
    """Tell how sure the networks are, where they were asked, and ask for a look where they are not.

    And where what they found reaches the picture's border. By the same bounds as channels' rules and `crop` it is cut
    off there; what is less only touches it, such as a collar, or is no product, such as a crack in the floor.
    """
    if lifted.found is None:
        return
    touched, cut = touched_borders(lifted.overview()), _cut_sides(lifted.matte)
    context.findings.update(confidence=round(lifted.found.confidence, 3), touches=touched)
    if lifted.found.doubtful:
        share = lifted.found.confidence
        context.warnings.append(f"look at the outline: only {share:.0%} of it is expected to be right")
    if cut:
        context.warnings.append(f"the product goes on beyond the picture: it is cut off at the {' and '.join(cut)}")
    if barely := [side for side in touched if side not in cut]:
        sides = " and ".join(barely)
        context.warnings.append(f"look at the border: what was cut out touches it at the {sides}, but is not cut off")


def own_shadow(picture: Picture, lifted: Lifted) -> Floats:
    """The shadow that a picture shows, or that `cutout` kept: the opacity of black, float32 [h,w] in 0..1."""
    product = lifted.overview()
    if picture.alpha is None:
        return contact_shadow(overview(picture.rgb), product)
    joint = overview(picture.alpha).astype(np.float32) / np.float32(255)
    clear = 1 - product
    seen = clear > _LEAST_CLEAR
    return np.asarray(np.where(seen, np.maximum(joint - product, 0) / np.where(seen, clear, 1), 0), np.float32)


def overview(pixels: Pixels) -> Pixels:
    """A picture or matte of any size, shrunk to where shadows are looked for."""
    height, width = pixels.shape[:2]
    return mattes.shrink(pixels, *mattes.fitted_size(width, height, _OVERVIEW_PX))


def _cut_sides(matte: Pixels) -> list[str]:
    """The sides at which the product goes on beyond the picture; none where none is seen."""
    try:
        return list(product_bounds(matte).cut)
    except ValueError:
        return []


def _clear_colors(seen: Pixels, alpha: Pixels, found: Closeup) -> Pixels:
    """The colours of `clear_colors` in the part that holds the product; the rest is white."""
    part = found.rows, found.columns
    colors = clear_colors(seen[part], alpha[part], mean_surroundings(found.small, found.matte))
    if colors.shape == seen.shape:
        return colors
    whole = np.full_like(seen, 255)
    whole[part] = colors
    return whole


def _out_of_shadow(colors: Pixels, alpha: Pixels, matte: Pixels) -> Pixels:
    """Undo `shadow.lay_under`: the product's colours, of which a black layer under it left a share at the edge."""
    free = colors.copy()
    edge = (alpha > matte) & (matte > 0)
    share = matte[edge].astype(np.float32) / alpha[edge]
    free[edge] = np.clip(np.rint(colors[edge] / share[:, None]), 0, 255)
    free[matte == 0] = 255
    return free
