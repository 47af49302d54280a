"""Geometry that finds out by itself: how well products are levelled and verticals straightened, and how pictures scale.

    python -m benchmarks.levelling --data ../shared/data --sheet docs/images/geometry.jpg

Photos are levelled, tilted by a known angle of 2 to 15 degrees, and levelled again: what is left of the tilt is what
`rotate` missed. Cut-outs, which lie level to begin with, are tilted once, and all of their tilt counts. Photos that
`perspective` straightens, knowing their products by the masks that come with them, are then seen by a camera turned by
a known pitch and roll, and straightened again; cut-outs on white have no verticals to straighten. Last, what is lost by
scaling and turning: photos shrunk to half and enlarged back, and turned by 7.5 degrees and back.
"""

import argparse
import io
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.geometry_sheet import Workbench, draw
from benchmarks.photos import large_photo
from benchmarks.shop_sheet import choose_photos
from benchmarks.tables import Row, as_table
from engine import Engine, EngineSettings
from engine.cards import load_cards
from engine.pixels import geometry
from engine.pixels.levelling import product_tilt
from engine.pixels.light_codes import codes_of, lights_of
from engine.pixels.perspective import inner, turned_view
from engine.pixels.resampling import resample
from engine.pixels.turning import turn
from engine.pixels.warping import warp
from worker.picture import Pixels

_WHITE = (255, 255, 255)
_TURNS = ((8.0, 0.0), (-10.0, 3.0), (5.0, -4.0))
"""The pitch and roll, in degrees, of the cameras that photos are seen by anew."""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and draw the sheet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levelling", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="the folder with clothing/ and mattes/")
    parser.add_argument(
        "--photos", type=int, default=30, help="test photos that are levelled; half of the val photos are straightened"
    )
    parser.add_argument("--sheet", type=Path, help="where to draw what it looks like")
    options = parser.parse_args(arguments)
    photos = choose_photos(options.data, options.photos)
    cutouts = sorted((options.data / "mattes" / "rgba").glob("*.webp"))
    settings = EngineSettings(backend="onnxruntime")
    cards = {name: card for name, card in load_cards(settings.weights_dir).items() if name.startswith("cutout")}
    with Engine.start(settings, cards=cards) as engine:
        bench = Workbench(engine)
        print(as_table([levelled_cutouts(cutouts), levelled_photos(bench, photos)]), end="\n\n", flush=True)
        masked = sorted((options.data / "clothing" / "photos" / "val").glob("*/*.jpg"))[::2]
        print(as_table([straightened(bench, masked), left_straight(bench, cutouts)]), end="\n\n", flush=True)
        print(as_table(losses(photos)), end="\n\n", flush=True)
        print(as_table(times()), flush=True)
        if options.sheet:
            draw(bench, photos, options.data, options.sheet)


def levelled_cutouts(paths: Sequence[Path]) -> Row:
    """Mattes tilted by two angles each, against the upright."""
    errors: list[float | None] = []
    rng = np.random.default_rng(1)
    for path in paths:
        matte = _solid(path)
        for angle in _angles(rng)[:2]:
            tilt = product_tilt(turn(matte.shape[1::-1], angle, "expand").of(matte[..., None], _WHITE)[..., 0])
            errors.append(tilt.angle - angle if tilt.plain else None)
    return _row("cut-outs", errors)


def levelled_photos(bench: Workbench, paths: Sequence[Path]) -> Row:
    """Photos that were levelled, then tilted by one angle each, with the networks looking anew."""
    errors: list[float | None] = []
    rng = np.random.default_rng(2)
    for path in paths:
        picture, found = bench.run(bench.with_product(path), {"op": "rotate", "angle": "auto"})
        if found.get("confidence", 0) < 0.5:
            errors.append(None)
            continue
        angle = _angles(rng)[0]
        tilted, _ = bench.run(replace(picture, matte=None), {"op": "rotate", "angle": angle, "fill": "#c8c8c8"})
        _, again = bench.run(replace(tilted, matte=None), {"op": "rotate", "angle": "auto"})
        errors.append(-again["angle"] - angle if again.get("confidence", 0) >= 0.5 else None)
    return _row("photos", errors)


def straightened(bench: Workbench, paths: Sequence[Path]) -> Row:
    """Photos with verticals, as cameras see them that are turned by `_TURNS`."""
    errors: list[float | None] = []
    found = 0
    for path in paths:
        upright, first = bench.run(bench.with_mask(path), {"op": "perspective", "auto": True, "frame": "crop"})
        if not first["straightened"]:
            continue
        found += 1
        size = upright.width, upright.height
        for pitch, roll in _TURNS:
            turned = np.asarray(np.linalg.inv(turned_view(size, 0, pitch, roll, 1.0)), np.float64)
            motion, made = inner(turned, size)
            seen = upright.moved(partial(warp, motion=motion, size=made, fill=_WHITE), motion)
            _, again = bench.run(seen, {"op": "perspective", "auto": True})
            missed = math.hypot(again["pitch"] - pitch, again["roll"] - roll)
            errors.append(missed if again["straightened"] else None)
    return _row(f"{found} of {len(paths)} photos with verticals, {len(_TURNS)} cameras each", errors)


def left_straight(bench: Workbench, paths: Sequence[Path]) -> Row:
    """Cut-outs on white, which have nothing to straighten: how much they are turned nevertheless."""
    errors: list[float | None] = []
    for path in paths:
        cutout = replace(bench.load(path), matte=_solid(path))
        _, found = bench.run(cutout, {"op": "perspective", "auto": True})
        errors.append(math.hypot(found["pitch"], found["roll"]) if found["straightened"] else None)
    return _row("cut-outs on white: nothing to straighten", errors)


def losses(paths: Sequence[Path]) -> list[Row]:
    """PSNR, in dB, of what came back."""
    ways: dict[str, Callable[[Pixels], Pixels]] = {
        "enlarged twice: Pillow's Lanczos": lambda photo: geometry.resize(_halved(photo), *photo.shape[1::-1]),
        "enlarged twice: resample": lambda photo: resample(_halved(photo), *photo.shape[1::-1]),
        "enlarged twice: the same in light": lambda photo: _enlarged_in_light(_halved(photo)),
        "turned and back: Pillow's bicubic": lambda photo: _there_and_back(photo, _bicubic),
        "turned and back: warp": lambda photo: _there_and_back(photo, _warped),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for path in paths:
        photo = _even(Workbench.load(path).rgb)
        inside = tuple(slice(length // 4, -length // 4) for length in photo.shape[:2])
        for name, way in ways.items():
            error = way(photo)[inside].astype(np.float64) - photo[inside]
            found[name].append(10 * math.log10(255**2 / max(1e-9, float((error**2).mean()))))
    return [{"way": name, "PSNR dB": float(np.mean(values))} for name, values in found.items()]


def times() -> list[Row]:
    """12 megapixels, processor time of one run, the less of two."""
    with Image.open(io.BytesIO(large_photo(4000, 3000))) as image:
        rgb = np.array(image.convert("RGB"))
    rgba = np.dstack((rgb, rgb[..., :1]))
    tilt = turn((4000, 3000), 5.0, "same")
    keystone = inner(turned_view((4000, 3000), 0, 10, 2, 1.0), (4000, 3000))
    ways: dict[str, Callable[[], object]] = {
        "12 MP to 2000 px: Pillow's Lanczos, in code values": lambda: geometry.resize(rgb, 2000, 1500),
        "12 MP to 2000 px: resample, in light": lambda: resample(rgb, 2000, 1500),
        "12 MP to 2000 px with alpha: Pillow's Lanczos": lambda: geometry.resize(rgba, 2000, 1500),
        "12 MP to 2000 px with alpha: resample": lambda: resample(rgba, 2000, 1500),
        "12 MP turned by 5°": lambda: tilt.of(rgb, _WHITE),
        "12 MP, pitch 10°, roll 2°": lambda: warp(rgb, *keystone, _WHITE),
    }
    return [{"way": name, "s": _least_s(way)} for name, way in ways.items()]


def _row(name: str, errors: Sequence[float | None]) -> Row:
    told = np.abs([error for error in errors if error is not None])
    mean, p95 = (float(told.mean()), float(np.percentile(told, 95))) if len(told) else (0.0, 0.0)
    alone = sum(error is None for error in errors)
    return {"of": name, "tried": len(errors), "left alone": alone, "mean error °": mean, "p95 °": p95}


def _angles(rng: np.random.Generator) -> list[float]:
    return [float(angle) for angle in rng.choice([-1, 1], 3) * rng.uniform(2, 15, 3)]


def _solid(path: Path) -> Pixels:
    """The product of a cut-out, without its soft shadow."""
    with Image.open(path) as image:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    return np.where(alpha > 200, alpha, 0).astype(np.uint8)


def _even(photo: Pixels) -> Pixels:
    return photo[: photo.shape[0] // 2 * 2, : photo.shape[1] // 2 * 2].copy()


def _halved(photo: Pixels) -> Pixels:
    """Mean light over 2 × 2 pixels: what a camera of half the resolution would have seen."""
    height, width = photo.shape[:2]
    light = lights_of(photo, light=True).reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    return codes_of(light, light=True)


def _enlarged_in_light(small: Pixels) -> Pixels:
    planes = [Image.fromarray(plane) for plane in np.moveaxis(lights_of(small, light=True), 2, 0).copy()]
    size = 2 * small.shape[1], 2 * small.shape[0]
    return codes_of(
        np.dstack([np.asarray(plane.resize(size, Image.Resampling.LANCZOS)) for plane in planes]), light=True
    )


def _there_and_back(photo: Pixels, turned: Callable[[Pixels, float], Pixels]) -> Pixels:
    return turned(turned(photo, 7.5), -7.5)


def _bicubic(photo: Pixels, angle: float) -> Pixels:
    return np.array(Image.fromarray(photo).rotate(-angle, Image.Resampling.BICUBIC))


def _warped(photo: Pixels, angle: float) -> Pixels:
    return turn(photo.shape[1::-1], angle, "same").of(photo, _WHITE)


def _least_s(work: Callable[[], object]) -> float:
    """The less processor time of two runs: on a busy machine it says more than the time that passes."""
    spent = []
    for _ in range(2):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


if __name__ == "__main__":
    main()
