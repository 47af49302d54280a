"""Owns tiling texture images made in NumPy: weaves and knits as float32 (height, width, 4), seeded; knows no shader."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


def weave(seed: int, threads: int = 24, size_px: int = 768, uneven: float = 0.35) -> Pixels:
    """Plain weave: red holds height, green is 1 where the warp lies on top, blue a tone for each thread."""
    rng = np.random.default_rng(seed)
    thick_x, thick_y = (1.0 + uneven * rng.uniform(-0.5, 0.5, threads) for _ in range(2))
    warp_at, warp_in = _threads(thick_x, size_px)
    weft_at, weft_in = _threads(thick_y, size_px)
    over = (warp_at[None, :] + weft_at[:, None]) % 2
    warp = np.sqrt(np.clip(1 - warp_in[None, :] ** 2, 0, 1)) * (0.6 + 0.4 * np.cos(np.pi * weft_in[:, None] / 2))
    weft = np.sqrt(np.clip(1 - weft_in[:, None] ** 2, 0, 1)) * (0.6 + 0.4 * np.cos(np.pi * warp_in[None, :] / 2))
    height = np.where(over == 1, warp, weft)
    tone_x, tone_y = rng.uniform(0, 1, threads), rng.uniform(0, 1, threads)
    tone = np.where(over == 1, tone_x[warp_at][None, :], tone_y[weft_at][:, None])
    return _stack(height, over, tone)


def twill(seed: int, threads: int = 32, size_px: int = 768, step: int = 4) -> Pixels:
    """Diagonal twill, as of denim: the same channels as `weave`."""
    rng = np.random.default_rng(seed)
    at, inside = _threads(np.ones(threads), size_px)
    over = ((at[None, :] + at[:, None]) % step != 0).astype(float)
    warp, weft = np.sqrt(1 - inside[None, :] ** 2), np.sqrt(1 - inside[:, None] ** 2)
    height = np.where(over == 1, warp, 0.7 * weft)
    tone_x, tone_y = rng.uniform(0, 1, threads), rng.uniform(0, 1, threads)
    return _stack(height, over, np.where(over == 1, tone_x[at][None, :], tone_y[at][:, None]))


def clouds(seed: int, size_px: int = 512, slope: float = 1.6) -> NDArray[np.float32]:
    """Tiling fractal noise (size, size) in 0..1; a larger slope is smoother."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size_px), np.fft.fftfreq(size_px)))
    frequency[0, 0] = 1.0
    spectrum = np.fft.fft2(rng.standard_normal((size_px, size_px))) / frequency**slope
    spectrum[0, 0] = 0.0
    field = np.fft.ifft2(spectrum).real
    low, high = np.quantile(field, [0.005, 0.995])
    return np.clip((field - low) / (high - low), 0.0, 1.0).astype(np.float32)


def _threads(thickness: NDArray[np.float64], size_px: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each pixel, the thread it lies on and where across it, -1..1."""
    ends = np.cumsum(thickness) / thickness.sum()
    starts = np.r_[0.0, ends[:-1]]
    where = (np.arange(size_px) + 0.5) / size_px
    at = np.searchsorted(ends, where)
    return at, 2 * (where - starts[at]) / (ends - starts)[at] - 1


def _stack(height: NDArray[np.float64], over: NDArray[np.float64], tone: NDArray[np.float64]) -> Pixels:
    return np.stack([height, over, tone, np.ones_like(height)], -1).astype(np.float32)
