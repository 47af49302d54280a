"""What follows from a photo's header alone: that an upscale would make more of it than is allowed.

The rest is the worker's to find out, who knows every operation's size and sees the picture.
"""

from collections.abc import Callable

from jobs.problems import ProblemError
from jobs.spec.editing import Upscale
from jobs.spec.job import JobSpec

Size = tuple[int, int]
"""(width, height) in pixels."""

KEEPING = frozenset({"auto", "cutout", "inpaint", "recolor", "relight", "restore"})
"""Operations that leave a picture's size as it is, whatever their parameters."""


def check_upscales(spec: JobSpec, photo_size: Callable[[], Size | None], allowed_megapixels: float) -> None:
    """Refuse upscales of the photo that are known to be too large: nothing before them changes its size but upscales.

    ``photo_size`` is asked only where there are any, and says None of what nobody has seen yet. Raises ProblemError
    output-dimensions, as the worker would; of a photo that its EXIF turns, with width and height in each other's place.
    """
    first = next((at for at, params in enumerate(spec.operations) if params.op not in KEEPING), None)
    if first is None or spec.operations[first].op != "upscale" or (size := photo_size()) is None:
        return
    count = 1
    for params in spec.operations:
        count *= params.copies
        if isinstance(params, Upscale):
            size = size[0] * params.factor, size[1] * params.factor
            check_made(params.op, size, count, allowed_megapixels)
        elif params.op not in KEEPING:
            return


def check_made(name: str, size: Size, count: int, allowed_megapixels: float) -> None:
    """Refuse ``count`` pictures of that size, which the operation of that name would make, if that is too much.

    Raises ProblemError output-dimensions.
    """
    megapixels = size[0] * size[1] * count / 1e6
    if megapixels > allowed_megapixels:
        told = f"{size[0]} × {size[1]}, {megapixels:.1f} megapixels"
        made = told if count == 1 else f"{count} pictures of {told} in all"
        detail = f"{name} would make {made}; allowed: {allowed_megapixels:g}"
        raise ProblemError("output-dimensions", detail, width=size[0], height=size[1])
