"""ICC profiles made of numbers: where a photo tells primaries and a curve, and no profile. For the decoding child.

Photos of more light than a screen's white (PQ, HLG) keep what lies below it; what is brighter is bent under it.
"""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

Curve = Callable[[float], float]
"""From a sample, 0 to 1, to light, where 1 is white."""

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

_D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_WIDE = {9: ("BT.2020", _BT2020), 12: ("Display P3", _P3)}
_PQ, _HLG = 16, 18
_D50: Vector = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_BRADFORD_COLUMNS = cast(Matrix, tuple(zip(*_BRADFORD, strict=True)))
_ENTRIES = 1024
_WHITE_NITS = 203.0  # BT.2408: the light of paper and of letters in an HDR picture
_PQ_NITS, _HLG_NITS = 10_000.0, 1_000.0
_KNEE = 0.9
_LEAST_GAMMA, _MOST_GAMMA = 0.2, 5.0


@dataclass(frozen=True)
class Space:
    """A colour space by its numbers: its name, primaries and white as (x, y), and its curve."""

    name: str
    primaries: Sequence[tuple[float, float]]
    curve: Curve
    white: tuple[float, float] = _D65


def by_code_points(primaries: int, transfer: int) -> Space | None:
    """What the numbers of ITU-T H.273 say; None where it is sRGB, as good as that, or unknown here."""
    names = {8: "linear", 4: "gamma 2.2", _PQ: "PQ", _HLG: "HLG"}
    if primaries not in _WIDE and transfer not in names:
        return None
    name, found = _WIDE.get(primaries, ("sRGB's primaries", SRGB_PRIMARIES))
    curves: dict[int, Curve] = {8: lambda value: value, 4: lambda value: value**2.2, _PQ: _pq, _HLG: _hlg}
    return Space(f"{name}, {names.get(transfer, 'sRGB curve')}", found, curves.get(transfer, srgb_curve))


def by_gamma(gamma: float, chromaticities: Sequence[tuple[float, float]] | None) -> Space | None:
    """What a PNG's gAMA (the exponent samples were made with) and cHRM (white, red, green, blue) say.

    None where it is sRGB, or makes no sense.
    """
    white, *primaries = chromaticities or (_D65, *SRGB_PRIMARIES)
    as_srgb = abs(gamma - 1 / 2.2) < 0.01
    told = [*zip(primaries, SRGB_PRIMARIES, strict=True), (white, _D65)]
    if as_srgb and all(math.dist(here, there) < 0.005 for here, there in told):
        return None
    if not _LEAST_GAMMA < gamma < _MOST_GAMMA:
        return None
    exponent = 1 / gamma
    curve = srgb_curve if as_srgb else lambda value: value**exponent
    return Space(f"gamma {exponent:.3g}{', own primaries' if chromaticities else ''}", primaries, curve, white)


def profile_of(space: Space) -> bytes | None:
    """An ICC profile, version 2, of a matrix and a curve; None of primaries that span no colours."""
    columns = _adapted(space)
    if columns is None:
        return None
    samples = [min(1.0, max(0.0, space.curve(at / (_ENTRIES - 1)))) for at in range(_ENTRIES)]
    curve = struct.pack(f">4sII{_ENTRIES}H", b"curv", 0, _ENTRIES, *(round(65_535 * light) for light in samples))
    name = space.name.encode("ascii", "replace") + b"\0"
    tags = {b"desc": struct.pack(">4sII", b"desc", 0, len(name)) + name + bytes(78), b"wtpt": _xyz(_D50)}
    tags |= {tag: _xyz(column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _file(tags)


def srgb_curve(value: float) -> float:
    """The curve of IEC 61966-2-1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _pq(value: float) -> float:
    """SMPTE ST 2084, as light of the reference white."""
    power = value ** (1 / 78.84375)
    light = (max(0.0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return _bent(_PQ_NITS / _WHITE_NITS * light)


def _hlg(value: float) -> float:
    """BT.2100's hybrid of a root and a logarithm, on a display of 1,000 nits."""
    scene = value**2 / 3 if value <= 0.5 else (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return _bent(_HLG_NITS / _WHITE_NITS * scene**1.2)


def _bent(light: float) -> float:
    """Light up to the knee as it is, and all that is brighter below 1."""
    return light if light <= _KNEE else _KNEE + (1 - _KNEE) * (1 - math.exp(-(light - _KNEE) / (1 - _KNEE)))


def _adapted(space: Space) -> list[Vector] | None:
    """Red, green and blue as XYZ under D50."""
    if min(y for _, y in (*space.primaries, space.white)) <= 0:
        return None
    red, green, blue, white = (_of_chromaticity(*point) for point in (*space.primaries, space.white))
    shares = _solved((red, green, blue), white)
    if shares is None:
        return None
    here, there = _times(_BRADFORD, white), _times(_BRADFORD, _D50)
    if min(map(abs, here)) <= 0:
        return None
    columns = []
    for colour, share in zip((red, green, blue), shares, strict=True):
        cones = _times(_BRADFORD, (colour[0] * share, colour[1] * share, colour[2] * share))
        scaled = (cones[0] * there[0] / here[0], cones[1] * there[1] / here[1], cones[2] * there[2] / here[2])
        back = _solved(_BRADFORD_COLUMNS, scaled)
        if back is None or max(map(abs, back)) >= 4:
            return None
        columns.append(back)
    return columns


def _of_chromaticity(x: float, y: float) -> Vector:
    return x / y, 1.0, (1 - x - y) / y


def _times(matrix: Matrix, vector: Vector) -> Vector:
    one, two, three = (sum(left * right for left, right in zip(row, vector, strict=True)) for row in matrix)
    return one, two, three


def _solved(columns: Matrix, wanted: Vector) -> Vector | None:
    """How much of each column gives what is wanted (Cramer's rule); None where they lie in a plane."""
    whole = _determinant(columns)
    if abs(whole) < 1e-6:
        return None
    first, second, third = columns
    return (
        _determinant((wanted, second, third)) / whole,
        _determinant((first, wanted, third)) / whole,
        _determinant((first, second, wanted)) / whole,
    )


def _determinant(columns: Matrix) -> float:
    (a, b, c), (d, e, f), (g, h, i) = columns
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _xyz(vector: Vector) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65_536) for value in vector))


def _file(tags: dict[bytes, bytes]) -> bytes:
    """Header, table and tags; equal ones are kept once."""
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}
    for tag, data in tags.items():
        if data not in places:
            places[data] = at + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag, places[data], len(data))
    header = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 2 << 24 | 1 << 20, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    illuminant = struct.pack(">3i", *(round(value * 65_536) for value in _D50))
    return (header + bytes(28) + illuminant).ljust(128, b"\0") + table + body
