"""Whether `replay` makes the same bytes: varied jobs, done in a whole service and done again from their manifests.

    python -m benchmarks.replay --out results/replay [--jobs 50]

All jobs are submitted at once, so that each is done beside strangers. They are done again by another service, which has
never seen the photos and whose networks run on one thread, in another order and six at a time: no batch, thread or
neighbour is the same. Prints what differs, and the count.
"""

import argparse
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.photos import SAMPLES
from benchmarks.service import Service
from packshot import Client, Job

_AT_ONCE = 6
_SIDE_PX = 360

_EDITS: list[list[dict[str, Any]]] = [
    [{"op": "relight"}],
    [{"op": "restore"}],
    [{"op": "cutout"}],
    [{"op": "cutout", "shadow": "keep"}],
    [{"op": "upscale", "factor": 2}],
    [{"op": "upscale", "factor": 4, "style": "photo"}, {"op": "resize", "width": 500}],
    [{"op": "inpaint", "boxes": [{"x": 20, "y": 20, "width": 60, "height": 40}], "grow_px": 2}],
    [{"op": "resize", "width": 301, "height": 299, "fit": "cover"}],
    [{"op": "crop", "aspect": "4:5"}],
    [{"op": "rotate", "angle": 7.5}],
    [{"op": "relight", "exposure": 0.5}, {"op": "restore", "strength": 0.7}, {"op": "cutout"}],
    [{"op": "background", "color": "#dde6ee", "shadow": "contact"}],
    [{"op": "background", "gradient": {"from": "#ffffff", "to": "#c8d0d8"}, "shadow": "drop", "fill": 0.8}],
    [{"op": "background", "blur": 0.5}],
    [{"op": "recolor", "colors": ["navy", "#b03a2e"]}],
    [{"op": "perspective", "auto": True}],
    [{"op": "perspective", "yaw": 6.0}],
    [{"op": "crop", "product": True, "margin": 0.08}],
    [{"op": "rotate", "angle": "auto"}],
    [{"op": "resize", "width": 400, "height": 300, "fit": "pad"}],
    [{"op": "auto"}],
    [{"op": "variations", "count": 2, "strength": 0.4}],
]
_OUTPUTS: list[dict[str, Any]] = [
    {"format": "auto"},
    {"format": "jpeg", "quality": 82},
    {"format": "png"},
    {"format": "webp", "quality": 80},
    {"format": "avif", "quality": 70},
]
_CHANNELS = (["amazon-main"], ["shopify-square", "etsy"], ["web-responsive"])


def main(arguments: list[str] | None = None) -> None:
    """Do the jobs, do them again, and print how many were the same."""
    options = _parser().parse_args(arguments)
    with Service(options.out / "first") as service, service.client() as client:
        asked = [(_photo(spec), spec) for spec in specs(options.jobs)]
        jobs = [(photo, client.submit(photo, **spec)) for photo, spec in asked]
        done = [(photo, job) for photo, job in jobs if job.wait(check=False).state == "succeeded"]
    for _, job in jobs:
        if job.problem is not None:
            print(f"{_named(job)}: {job.problem}")
    random.Random(2).shuffle(done)
    others = {"PACKSHOT_THREADS": "1", "PACKSHOT_CONCURRENCY": str(_AT_ONCE)}
    with (
        Service(options.out / "again", settings=others) as service,
        service.client() as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        same = sum(pool.map(lambda pair: _again(client, *pair), done))
    files, failed = sum(len(job.outputs) for _, job in done), len(jobs) - len(done)
    print(f"{same} of {len(done)} jobs ({files} files) came out with the same bytes; {failed} had failed")


def specs(count: int) -> Iterator[dict[str, Any]]:
    """So many specs, no two alike: every edit with every sample, format and channel in turn; and two wishes."""
    photos = sorted(SAMPLES.glob("*.jpg"))
    for number in range(count):
        edit, turn = _EDITS[number % len(_EDITS)], number // len(_EDITS)
        if number % 25 == 24:
            wish = {"op": "generate", "text": "navy striped dress", "count": 2, "size_px": 128}
            yield {"photo": None, "operations": [wish], "output": _OUTPUTS[turn % 5], "seed": number}
            continue
        more: dict[str, Any] = {"output": _OUTPUTS[(number + turn) % len(_OUTPUTS)]}
        if number % 8 == 3:
            more["renditions"] = _CHANNELS[number // 8 % len(_CHANNELS)]
        yield {"photo": photos[(number + 3 * turn) % len(photos)], "operations": edit, **more}


def _photo(spec: dict[str, Any]) -> bytes | None:
    """The photo of a spec, taken out of it."""
    photo = spec.pop("photo")
    return None if photo is None else _small(photo)


def _again(client: Client, photo: bytes | None, job: Job) -> bool:
    assert job.manifest is not None
    found = client.replay(job.manifest, photo)
    if not found.identical:
        differing = [output.name for output in found.outputs if not output.identical]
        print(f"{_named(job)}: {', '.join(differing)} differ; {'; '.join(found.reasons) or 'nothing else does'}")
    return found.identical


def _named(job: Job) -> str:
    spec = job.document["spec"]
    return f"{' + '.join(each['op'] for each in spec['operations'])} as {spec.get('output')}"


def _small(path: Path) -> bytes:
    with Image.open(path) as photo:
        small = photo.convert("RGB")
        small.thumbnail((_SIDE_PX, _SIDE_PX))
    file = BytesIO()
    small.save(file, "JPEG", quality=90)
    return file.getvalue()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, required=True, help="takes the service's folder")
    parser.add_argument("--jobs", type=int, default=50)
    return parser


if __name__ == "__main__":
    main()
