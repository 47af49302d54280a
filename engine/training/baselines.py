"""What the networks must beat: classical methods, each in a fair form. Pure functions on uint8 RGB images [H,W,3]."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from engine.training.data import Pixels
from engine.training.linear import decode_image, encode_linear, to_uint8

MIDDLE_GREY = 0.214  # linear light of sRGB 0.5


def enlarge_bicubic(image: Pixels, factor: int) -> Pixels:
    """Enlarge with PIL's bicubic filter (a = -0.5, as MATLAB's)."""
    height, width = image.shape[:2]
    return np.asarray(Image.fromarray(image).resize((width * factor, height * factor), Image.Resampling.BICUBIC))


def non_local_means(image: Pixels, strength: float) -> Pixels:
    """Denoise with OpenCV's fastNlMeansDenoisingColored, the same strength for luma and colour, its usual windows."""
    reversed_channels = np.ascontiguousarray(image[:, :, ::-1])
    cleaned = cv2.fastNlMeansDenoisingColored(reversed_channels, None, strength, strength, 7, 21)
    return np.ascontiguousarray(np.asarray(cleaned, np.uint8)[:, :, ::-1])


def auto_contrast(image: Pixels, cutoff_percent: float) -> Pixels:
    """Stretch every channel between its ``cutoff_percent`` percentiles: corrects exposure and cast together."""
    return np.asarray(ImageOps.autocontrast(Image.fromarray(image), cutoff=cutoff_percent))


def grey_world(image: Pixels, expose: bool) -> Pixels:
    """Scale the channels in linear light to equal means; with ``expose`` those means also go to middle grey."""
    light = decode_image(image)
    means = np.maximum(light.reshape(-1, 3).mean(axis=0), 1e-4)
    goal = MIDDLE_GREY if expose else means.mean()
    return to_uint8(encode_linear(np.asarray(light * (goal / means), np.float32)))


def clahe(image: Pixels, clip_limit: float) -> Pixels:
    """Equalise lightness locally: contrast-limited adaptive histogram equalisation of Lab's L over 8×8 fields."""
    lab = np.array(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.uint8)
    lab[:, :, 0] = cv2.createCLAHE(clipLimit=clip_limit, tileGridSize=(8, 8)).apply(lab[:, :, 0])
    result: NDArray[np.uint8] = np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)
    return result
