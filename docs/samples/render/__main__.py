"""Command: render the sample photos into a folder. Run `python -m render --help` from `docs/samples`."""

from __future__ import annotations

import argparse
import importlib
import random
import time
from pathlib import Path

from render.camera_faults import take_photo
from render.stage import Shot, clear_stage, take_picture

PHOTOS = ("mug", "bottle", "ring", "shoe", "lamp", "box", "cushion", "watch")


def main() -> None:
    """Render each named photo and write it as NAME.jpg."""
    options = _read_options()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or PHOTOS:
        started = time.monotonic()
        path = options.out / f"{name}.jpg"
        path.write_bytes(_photograph(name, options.seed, options.samples, options.scale))
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB  {time.monotonic() - started:.0f} s")


def _photograph(name: str, seed: int, samples: int, scale: float) -> bytes:
    """Build the scene called `name` and return its photo as JPEG bytes; the same seed gives the same scene."""
    photo_seed = seed + PHOTOS.index(name)
    clear_stage(photo_seed)
    shot: Shot = importlib.import_module(f"render.products.{name}").build(random.Random(photo_seed))
    return take_photo(take_picture(shot, samples, scale), shot.faults, photo_seed)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m render", description=__doc__)
    parser.add_argument("names", nargs="*", help="photos to render (all by default)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1], help="folder for the JPEGs")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--samples", type=int, default=32, help="paths for each pixel")
    parser.add_argument("--scale", type=float, default=1.0, help="smaller pictures for previews, as 0.5")
    return parser.parse_args()


if __name__ == "__main__":
    main()
