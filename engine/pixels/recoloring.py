"""Recolouring: a part of a product as if its cloth had another dye, its texture, folds and prints kept.

Light is told from cloth as an edge-keeping smooth of L* from its detail (Durand and Dorsey, "Fast bilateral filtering
for the display of high-dynamic-range images", 2002; with a guided filter in the bilateral one's place), so that
contrast and noise can be scaled apart. Colours move along the curves that body and target have in Lab under more light
and less (`recoloring_body`, `recoloring_tones`), in the manner of Reinhard et al., "Color transfer between images"
(2001): what a pixel's colour is off its curve is carried over. At edges only the part's own share of a pixel moves.
"""

import numpy as np

from engine.images import Floats, Image
from engine.pixels.enlarging import enlarged_rows, strips
from engine.pixels.foreground import Surroundings
from engine.pixels.lab import codes_of_lab, lab_of_codes
from engine.pixels.recoloring_region import Part, unmixed
from engine.pixels.recoloring_tones import Tones, tones_for

LEAST_DETAIL, MOST_DETAIL = 0.75, 1.5
_CARRIED = 0.6
_FAR = 6.0


def recolor(image: Image, part: Part, target: tuple[float, float, float]) -> Image:
    """Return uint8 [H,W,3] `image` with `part` in the colour `target` (Lab, D65); other pixels keep their bytes.

    A target that sRGB has not is met as nearly as its lightness and hue allow.
    """
    tones = tones_for(part.body.range, np.array(target, np.float32))
    result = image.copy()
    for rows in strips(*part.weight.shape):
        weight = part.weight[rows]
        columns = np.flatnonzero(weight.any(axis=0))
        if len(columns):
            across = slice(int(columns[0]), int(columns[-1]) + 1)
            result[rows, across] = _dyed(image[rows, across], part, tones, (rows, across))
    return result


def _dyed(image: Image, part: Part, tones: Tones, place: tuple[slice, slice]) -> Image:
    size, (rows, across) = part.weight.shape, place

    def here(small: Floats) -> Floats:
        return enlarged_rows(small, (size[0], size[1]), rows)[:, across]

    codes = image.astype(np.float32)
    weight = part.weight[place].astype(np.float32) / np.float32(255)
    own = unmixed(codes, weight, Surroundings(here(part.around.product), here(part.around.background)))
    lab = lab_of_codes(own)
    light = here(part.light)
    gain = float(np.clip(tones.contrast, LEAST_DETAIL, MOST_DETAIL))
    clean = here(part.clean)
    detail = gain * clean * (lab[..., 0] - light)
    lightness = np.clip(tones.lightness(light) + detail, 0, 100).astype(np.float32)
    off = lab[..., 1:] - part.body.chroma_at(lab[..., 0])
    far = np.hypot(off[..., 0], off[..., 1])
    carried = _CARRIED * clean * _FAR / (_FAR + far)
    chroma = tones.chroma(lightness) + off * carried[..., None]
    dyed = codes_of_lab(np.dstack((lightness, chroma)).astype(np.float32))
    moved = np.clip(np.rint(codes + weight[..., None] * (dyed - own)), 0, 255).astype(np.uint8)
    return np.where(weight[..., None] > 0, moved, image)
