"""Views of a picture: as its camera would have seen it from another angle, with its corners put right, and its frame.

A camera is a pinhole whose axis meets the picture's middle; its focal length is given in units of the picture's longer
side. Motions are homographies as in `homographies`; sizes are (width, height) in pixels.
"""

import itertools
import math

import numpy as np

from engine.pixels.homographies import Coordinates, Homography, moved_points, scaled, shifted

Size = tuple[int, int]

_MOST_GROWN = 6.0  # times the picture's side: more of it is a smear towards the horizon


class HorizonError(ValueError):
    """A view in which part of the picture would lie on the horizon, or too near to it to be shown."""


def turned_view(size: Size, yaw: float, pitch: float, roll: float, focal: float) -> Homography:
    """What a camera sees that looks `yaw` degrees further to the right and `pitch` degrees further up.

    `roll` turns the picture clockwise. The picture's middle stays in the middle, at its scale.
    """
    width, height = size
    length = focal * max(size)
    to_rays = np.linalg.inv(shifted(width / 2, height / 2) @ np.diag([length, length, 1.0]))
    motion = np.linalg.inv(to_rays) @ _rotation(yaw, pitch, roll) @ to_rays
    return _kept_in_the_middle(motion / motion[2, 2], width / 2, height / 2)


def straightened(corners: Coordinates, size: Size) -> Homography:
    """The motion that makes the upright rectangle of (width, height) `size` of the quadrilateral `corners` [4,2].

    They are clockwise from the rectangle's top left. Raises numpy's LinAlgError where three of them lie on a line.
    """
    width, height = size
    rows, wanted = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return np.append(np.linalg.solve(np.array(rows, np.float64), np.array(wanted, np.float64)), 1.0).reshape(3, 3)


def rectangle_size(corners: Coordinates, aspect: tuple[int, int] | None = None) -> Size:
    """The size of the rectangle that a quadrilateral [4,2] becomes: its longer sides; as large, in another `aspect`."""
    sides = [float(np.hypot(*(corners[index] - corners[index - 1]))) for index in (1, 2, 3, 0)]
    width, height = max(sides[0], sides[2]), max(sides[1], sides[3])
    if aspect is not None:
        across = math.sqrt(aspect[0] / aspect[1])
        width, height = math.sqrt(width * height) * across, math.sqrt(width * height) / across
    return max(1, round(width)), max(1, round(height))


def expanded(motion: Homography, size: Size) -> tuple[Homography, Size]:
    """The motion moved onto the smallest canvas that holds all of the picture, and that canvas' size.

    Raises HorizonError where that would be several times as long as the picture.
    """
    corners = _moved_corners(motion, size)
    first, last = corners.min(axis=0), corners.max(axis=0)
    grown = float(((last - first) / max(size)).max())
    if grown > _MOST_GROWN:
        raise HorizonError(f"the whole picture would be {grown:.1f} times as long; at most {_MOST_GROWN:g} are shown")
    # The tiny allowance keeps float dust from adding a row.
    across, down = (max(1, math.ceil(length - 1e-6)) for length in last - first)
    margin = (np.array([across, down]) - (last - first)) / 2
    return shifted(*(margin - first)) @ motion, (across, down)


def inner(motion: Homography, size: Size) -> tuple[Homography, Size]:
    """The motion with the largest frame of the picture's aspect in which there is no new ground, and its size.

    The frame is no larger than the picture: where it would be, the view is made so much smaller.
    """
    width, height = size
    normals, limits = _sides(_moved_corners(motion, size))
    needs = np.abs(normals) @ (width / 2, height / 2)
    centre, share = _largest(normals, limits, needs, moved_points(motion, np.array([[width / 2, height / 2]]))[0])
    made = max(1, math.floor(width * min(share, 1) + 1e-6)), max(1, math.floor(height * min(share, 1) + 1e-6))
    smaller = min(1.0, 1 / share)
    centred = shifted(made[0] / 2, made[1] / 2) @ scaled(smaller, smaller) @ shifted(-centre[0], -centre[1])
    return centred @ motion, made


def around(motion: Homography, size: Size, kept: Coordinates) -> tuple[Homography, Size] | None:
    """The motion with a frame without new ground, of any aspect, that holds the places `kept` [n,2] of the new picture.

    It grows from their box towards all sides by turns, a part of the room that is left there each time. None where
    there is new ground in that box already.
    """
    normals, limits = _sides(_moved_corners(motion, size))
    box = np.concatenate((kept.min(axis=0), kept.max(axis=0)))
    outwards = np.column_stack(
        (np.minimum(normals, 0), np.maximum(normals, 0))
    )  # by box sides: left, top, right, bottom
    if (outwards @ box > limits).any():
        return None
    for part in [0.15] * 40 + [1.0]:
        for side in range(4):
            reaches = np.abs(outwards[:, side]) > 1e-9
            room = ((limits - outwards @ box)[reaches] / np.abs(outwards[reaches, side])).min(initial=np.inf)
            box[side] += part * max(0.0, float(room)) * (-1 if side < 2 else 1)
    made = max(1, math.floor(box[2] - box[0] + 1e-6)), max(1, math.floor(box[3] - box[1] + 1e-6))
    return shifted(-box[0], -box[1]) @ motion, made


def most_grown(size: Size, pitch: float, roll: float, focal: float) -> Size:
    """The size that holds all of the picture, `expanded`, after any turn by up to that pitch and roll either way."""
    sizes = []
    for part, other in itertools.product(np.linspace(-1, 1, 9), repeat=2):
        try:
            sizes.append(expanded(turned_view(size, 0.0, float(part) * pitch, float(other) * roll, focal), size)[1])
        except HorizonError:
            sizes.append((math.ceil(_MOST_GROWN * max(size)),) * 2)
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _rotation(yaw: float, pitch: float, roll: float) -> Homography:
    """From the old camera's rays (x right, y down, z ahead) to those of the one that was turned."""
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(a), math.sin(a)) for a in map(math.radians, (yaw, pitch, roll)))
    around = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    upwards = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    clockwise = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(clockwise @ upwards @ around, np.float64)


def _kept_in_the_middle(motion: Homography, x: float, y: float) -> Homography:
    """The motion, scaled and shifted so that (x, y) stays and an area around it stays as large as it is."""
    third = float((motion @ (x, y, 1))[2])
    if third <= 1e-6:
        raise HorizonError("the picture's middle would lie behind the camera")
    growth = math.sqrt(abs(float(np.linalg.det(motion))) / third**3)
    at_x, at_y = moved_points(motion, np.array([[x, y]]))[0]
    return shifted(x, y) @ scaled(1 / growth, 1 / growth) @ shifted(-at_x, -at_y) @ motion


def _moved_corners(motion: Homography, size: Size) -> Coordinates:
    """The picture's corners [4,2], clockwise from its top left, after the motion. Raises HorizonError."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    depths = np.column_stack((corners, np.ones(4))) @ motion[2]
    if not (depths > 0.02 * depths.max()).all():
        raise HorizonError("a corner of the picture would lie on the horizon or beyond it")
    return moved_points(motion, corners)


def _sides(corners: Coordinates) -> tuple[Coordinates, Coordinates]:
    """The half planes that make a convex quadrilateral: outward normals [4,2] and limits [4]."""
    along = np.roll(corners, -1, axis=0) - corners
    normals = np.column_stack((along[:, 1], -along[:, 0])) / np.hypot(*along.T)[:, None]
    return normals, (normals * corners).sum(axis=1)


def _largest(
    normals: Coordinates, limits: Coordinates, needs: Coordinates, middle: Coordinates
) -> tuple[Coordinates, float]:
    """The centre, nearest to `middle` where there is a choice, and the scale of the largest box that fits.

    A linear programme in the centre's x and y and the scale: normals · centre + needs · scale <= limits. Its best
    vertices are found by trying all of them.
    """
    found = []
    conditions = np.column_stack((normals, needs))
    for three in itertools.combinations(range(len(limits)), 3):
        if abs(np.linalg.det(conditions[list(three)])) < 1e-9:
            continue
        vertex = np.linalg.solve(conditions[list(three)], limits[list(three)])
        if vertex[2] > 0 and (conditions @ vertex <= limits + 1e-6 * np.abs(limits).max()).all():
            found.append(vertex)
    best = max(vertex[2] for vertex in found)
    ends = np.array([vertex[:2] for vertex in found if vertex[2] > best * (1 - 1e-6)])
    if len(ends) == 1:
        return ends[0], float(best)
    step = ends[1] - ends[0]
    length = float(step @ step)
    share = float(np.clip((middle - ends[0]) @ step / length, 0, 1)) if length > 1e-12 else 0.0
    return ends[0] + share * step, float(best)
