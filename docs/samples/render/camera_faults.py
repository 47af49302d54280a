"""Owns what a phone does wrong to a scene's light: exposure, colour, softness, sensor noise, tone and JPEG; pure NumPy.

The order is that of a real camera: lens, sensor under a colour filter, demosaicing, white balance, noise reduction,
tone curve, sharpening, JPEG. So the noise is correlated and coloured as real noise is.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Light = NDArray[np.float32]
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_ORIENTATION, _SOFTWARE, _DESCRIPTION = 0x0112, 0x0131, 0x010E
_TURN_FOR = {1: 0, 3: 2, 6: 1, 8: 3}  # quarter turns anticlockwise from the upright picture to the stored one


@dataclass(frozen=True)
class Faults:
    """One photo's faults. Lengths are pixels of the photo; light is relative to white = 1."""

    key: float = 0.16  # mean linear luminance after metering: 0.18 is right, less is dim
    cast: tuple[float, float, float] = (1.15, 1.0, 0.7)  # white balance error as gains of red, green, blue
    balance: float = 0.5  # how much of the light's own colour the phone takes out, 0..1
    vignette: float = 0.35  # light lost in the corners
    blur_px: float = 0.6  # lens and focus softness, standard deviation
    shake_px: float = 0.0  # hand-held motion, length
    shake_deg: float = 20.0
    fringe: float = 0.0006  # red and blue magnified apart, as a fraction of the picture
    shot_noise: float = 0.0012  # variance for each unit of light
    read_noise: float = 0.004  # standard deviation in the dark
    blotches: float = 0.010  # coarse chroma noise that noise reduction leaves
    saturation: float = 0.95
    sharpen: float = 0.5
    quality: int = 82
    orientation: int = 1  # EXIF; 6 stores the picture lying on its side


def take_photo(light: Light, faults: Faults, seed: int) -> bytes:
    """Turn linear light (height, width, 3), float32, into the bytes of a phone's JPEG; the seed fixes the noise."""
    rng = np.random.default_rng(seed)
    seen = _through_lens(_meter(light, faults), faults)
    raw = _demosaic(_sense(seen, faults, rng))
    color = raw * np.array(faults.cast, dtype=np.float32)
    quiet = _reduce_chroma_noise(color, faults, rng)
    return _encode(_develop(quiet, faults), faults)


def blur(plane: Light, sigma_px: float) -> Light:
    """Gaussian blur of (height, width, channels) with mirrored borders."""
    if sigma_px <= 0:
        return plane
    reach = max(1, int(np.ceil(3 * sigma_px)))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2).astype(np.float32)
    taps /= taps.sum()
    for axis in (0, 1):
        padded = np.pad(plane, [(reach, reach) if axis == side else (0, 0) for side in range(plane.ndim)], "reflect")
        size = plane.shape[axis]
        plane = sum(tap * np.take(padded, range(at, at + size), axis) for at, tap in enumerate(taps))
    return plane


def _meter(light: Light, faults: Faults) -> Light:
    """Expose for the mean, highlights held down, and take `balance` of the light's own colour out."""
    held = np.minimum(light, np.quantile(light @ _LUMA, 0.98))
    mean = held.reshape(-1, 3).mean(0)
    gains = (mean @ _LUMA / mean) ** faults.balance
    balanced = light * gains.astype(np.float32)
    return balanced * np.float32(faults.key / np.mean(np.minimum(balanced @ _LUMA, held.max())))


def _through_lens(light: Light, faults: Faults) -> Light:
    height, width = light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    falloff = 1.0 - faults.vignette * ((x**2 + y**2) / 2.0) ** 1.2
    soft = _shake(blur(np.minimum(light, 8.0), faults.blur_px), faults)
    fringed = [_magnify(soft[..., 0], 1 + faults.fringe), soft[..., 1], _magnify(soft[..., 2], 1 - faults.fringe)]
    glare = blur(soft[::8, ::8], min(height, width) / 80)  # a finger-marked lens veils the picture
    veil = np.repeat(np.repeat(glare, 8, 0), 8, 1)[:height, :width]
    return (0.97 * np.stack(fringed, -1) + 0.03 * veil) * falloff[..., None]


def _shake(light: Light, faults: Faults) -> Light:
    if faults.shake_px <= 0:
        return light
    angle = np.radians(faults.shake_deg)
    steps = np.linspace(-0.5, 0.5, 9) * faults.shake_px
    return np.mean([_shift(light, step * np.sin(angle), step * np.cos(angle)) for step in steps], axis=0)


def _shift(light: Light, down_px: float, right_px: float) -> Light:
    height, width = light.shape[:2]
    return _sample(light, np.arange(height) - down_px, np.arange(width) - right_px)


def _magnify(plane: Light, factor: float) -> Light:
    height, width = plane.shape[:2]
    rows = (np.arange(height) - height / 2) / factor + height / 2
    columns = (np.arange(width) - width / 2) / factor + width / 2
    return _sample(plane, rows, columns)


def _sample(plane: Light, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Light:
    """Bilinear sampling at a grid of rows and columns, borders repeated."""
    for axis, wanted in ((0, rows), (1, columns)):
        where = np.clip(wanted, 0, plane.shape[axis] - 1)
        low = np.floor(where).astype(int)
        high = np.minimum(low + 1, plane.shape[axis] - 1)
        shape = [-1 if side == axis else 1 for side in range(plane.ndim)]
        part = (where - low).astype(np.float32).reshape(shape)
        plane = np.take(plane, low, axis) * (1 - part) + np.take(plane, high, axis) * part
    return plane


def _sense(light: Light, faults: Faults, rng: np.random.Generator) -> Light:
    """What the sensor reads under its RGGB filter: one noisy value for each pixel, in the others' planes zero."""
    height, width = light.shape[:2]
    mask = np.zeros((height, width, 3), dtype=np.float32)
    mask[0::2, 0::2, 0] = mask[0::2, 1::2, 1] = mask[1::2, 0::2, 1] = mask[1::2, 1::2, 2] = 1.0
    spread = np.sqrt(faults.shot_noise * np.maximum(light, 0) + faults.read_noise**2)
    noisy = light + spread * rng.standard_normal(light.shape).astype(np.float32)
    return np.stack([noisy * mask, mask])


def _demosaic(sensed: Light) -> Light:
    """Bilinear: each missing colour is the weighted mean of its neighbours of that colour, three by three."""
    kernel = np.array([0.25, 0.5, 0.25], dtype=np.float32)
    values, weights = (_convolve3(plane, kernel) for plane in sensed)
    raw, mask = sensed
    return np.where(mask > 0, raw, values / weights)


def _convolve3(plane: Light, kernel: Light) -> Light:
    for axis in (0, 1):
        padded = np.pad(plane, [(1, 1) if axis == side else (0, 0) for side in range(3)], "reflect")
        size = plane.shape[axis]
        plane = sum(tap * np.take(padded, range(at, at + size), axis) for at, tap in enumerate(kernel))
    return plane


def _reduce_chroma_noise(color: Light, faults: Faults, rng: np.random.Generator) -> Light:
    """Blur the colour differences as phones do, and leave the coarse blotches that they leave."""
    luma = (color @ _LUMA)[..., None]
    chroma = blur(color - luma, 1.1)
    coarse = blur(rng.standard_normal(color.shape).astype(np.float32), 2.2)
    coarse *= faults.blotches * np.sqrt(np.maximum(luma, 0.0) + 0.02) / coarse.std()
    return luma + chroma * faults.saturation + coarse - (coarse @ _LUMA)[..., None]


def _develop(color: Light, faults: Faults) -> NDArray[np.uint8]:
    """Tone curve with a soft shoulder, sRGB, then the halo of in-camera sharpening; returns uint8."""
    shoulder = np.where(color > 0.7, 0.7 + 0.3 * np.tanh((color - 0.7) / 0.6), color)
    linear = np.clip(shoulder, 0.0, 1.0)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    curved = coded + 0.06 * np.sin(2 * np.pi * (coded - 0.5)) * (coded < 1.0)  # a gentle S
    sharp = curved + faults.sharpen * (curved - blur(curved.astype(np.float32), 1.0))
    return np.clip(np.rint(sharp * 255), 0, 255).astype(np.uint8)


def _encode(pixels: NDArray[np.uint8], faults: Faults) -> bytes:
    if faults.orientation not in _TURN_FOR:
        raise ValueError(f"orientation {faults.orientation} is not one of {sorted(_TURN_FOR)}")
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(pixels, _TURN_FOR[faults.orientation])))
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_SOFTWARE] = faults.orientation, "Packshot sample renderer"
    exif[_DESCRIPTION] = "Rendered, not photographed"
    written = BytesIO()
    stored.save(written, "JPEG", quality=faults.quality, subsampling="4:2:0", optimize=True, exif=exif)
    return written.getvalue()
