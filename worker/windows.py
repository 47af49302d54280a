"""Which part of a picture a frame shows that keeps the picture's own ground, in pixels of the picture."""

from engine.pixels.placing import Bounds
from jobs.presets import Frame, Rules

Size = tuple[int, int]

_TIGHT = 0.92  # of a window that is larger than its picture, what the product takes


def window(size: Size, product: Bounds | None, aspect: float, fill: float) -> Bounds:
    """The window of that aspect (width to height) to show of a picture of (width, height) `size`.

    It is the largest that lies within the picture with the product in its middle, unless the product would fill more
    than `fill` of it; then the largest that lies within the picture at all. Where even that cuts the product, it is
    larger than the picture along one side, where it shows ground that the picture does not have, and along the other
    little larger than the product.
    """
    width, height = size
    most = min(width, height * aspect)
    middle = (width / 2, height / 2)
    if product is None:
        return _around(middle, most, aspect)
    middle = (product.left + product.right) / 2, (product.top + product.bottom) / 2
    needed = max(product.width, product.height * aspect)
    if needed > most + 0.5:
        chosen = min(max(width, height * aspect), needed / _TIGHT)
        beyond = width / 2 if chosen > width else middle[0], height / 2 if chosen / aspect > height else middle[1]
        return _within(_around(beyond, chosen, aspect), size)
    centred = 2 * min(middle[0], width - middle[0], middle[1] * aspect, (height - middle[1]) * aspect)
    chosen = min(most, max(centred, needed / fill))
    return _within(_around(middle, chosen, aspect), size)


def fitted(size: Size, frame: Frame, rules: Rules) -> Size | None:
    """The (width, height) of a picture of that size that keeps its aspect within the frame; None where it must not.

    It is enlarged no more than the rules' `most_enlarged`, unless they ask for a larger picture. Where what they ask
    for leaves the frame, as the least shorter side of a ribbon does, it is to be cropped or padded to the frame.
    """
    width, height = size
    if rules.aspect is not None and not rules.aspect.allows(width / height):
        return None
    needs = [
        bounds.least / side
        for bounds, side in (
            (rules.width_px, width),
            (rules.height_px, height),
            (rules.longest_px, max(size)),
            (rules.shortest_px, min(size)),
        )
        if bounds is not None and bounds.least is not None
    ]
    largest = min(frame.width / width, frame.height / height)
    if max(needs, default=0.0) > largest * (1 + 1e-9):
        return None
    scale = max([largest if rules.most_enlarged is None else min(largest, rules.most_enlarged), *needs])
    return max(1, round(width * scale)), max(1, round(height * scale))


def _around(middle: tuple[float, float], width: float, aspect: float) -> Bounds:
    x, y, height = *middle, width / aspect
    return Bounds(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _within(box: Bounds, size: Size) -> Bounds:
    """The same, moved to lie within the picture along the sides where it can."""
    across = 0.0 if box.width > size[0] else min(0.0, size[0] - box.right) + max(0.0, -box.left)
    down = 0.0 if box.height > size[1] else min(0.0, size[1] - box.bottom) + max(0.0, -box.top)
    return Bounds(box.left + across, box.top + down, box.right + across, box.bottom + down)
