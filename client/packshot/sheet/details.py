"""Where to look closely: the liveliest place of a picture, at 100 %, beside the same place of the photo, enlarged."""

from PIL import Image, ImageFilter

SEARCH_PX = 96
ASPECT_TOLERANCE = 0.01
MOVES_PIXELS = frozenset({"crop", "rotate", "generate", "variations"})

Box = tuple[int, int, int, int]


def detail_pair(
    before: Image.Image, after: Image.Image, size: tuple[int, int], operations: frozenset[str]
) -> tuple[Image.Image, Image.Image] | None:
    """Two RGB images of `size` px, or None where the two pictures do not show the same things in the same places."""
    aspects = before.width / before.height, after.width / after.height
    if operations & MOVES_PIXELS or abs(aspects[0] / aspects[1] - 1) > ASPECT_TOLERANCE:
        return None
    if after.width < size[0] or after.height < size[1]:
        return None
    box = liveliest_box(after, size)
    scale_x, scale_y = before.width / after.width, before.height / after.height
    same = (box[0] * scale_x, box[1] * scale_y, box[2] * scale_x, box[3] * scale_y)
    return before.resize(size, Image.Resampling.BICUBIC, box=same), after.crop(box)


def liveliest_box(picture: Image.Image, size: tuple[int, int]) -> Box:
    """The box of `size` px with the most edges; the middle of the picture counts more than its border."""
    small = picture.convert("L")
    small.thumbnail((SEARCH_PX, SEARCH_PX), Image.Resampling.BOX)
    edges = small.filter(ImageFilter.FIND_EDGES)
    scale = small.width / picture.width
    window = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    best, best_at = -1.0, (0, 0)
    for top in range(0, max(1, small.height - window[1] + 1), 2):
        for left in range(0, max(1, small.width - window[0] + 1), 2):
            score = _liveliness(edges, left, top, window)
            if score > best:
                best, best_at = score, (left, top)
    left = min(round(best_at[0] / scale), picture.width - size[0])
    top = min(round(best_at[1] / scale), picture.height - size[1])
    return left, top, left + size[0], top + size[1]


def _liveliness(edges: Image.Image, left: int, top: int, window: tuple[int, int]) -> float:
    piece = edges.crop((left, top, left + window[0], top + window[1])).resize((1, 1), Image.Resampling.BOX)
    mean = piece.getpixel((0, 0))
    assert isinstance(mean, int | float)  # one band
    off_x = abs((left + window[0] / 2) / edges.width - 0.5)
    off_y = abs((top + window[1] / 2) / edges.height - 0.5)
    return (mean + 1) * (1.0 - 1.6 * max(off_x, off_y))
