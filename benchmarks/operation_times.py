"""Each operation by itself at 400x533 px and at 12 megapixels, decoding and encoding left out.

`best_ms` is the best of several runs, `cpu_ms` the least processor time of a run over all threads: on a busy machine it
says more. Takes minutes: it runs only by name.
"""

import io
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.photos import large_photo, merchant_photos
from engine import Engine, EngineSettings, Ticket
from jobs.spec import validate_spec
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture

_ASKED: tuple[dict[str, object], ...] = (
    {"op": "relight"},
    {"op": "restore"},
    {"op": "cutout"},
    {"op": "cutout", "shadow": "keep"},
    {"op": "inpaint", "boxes": [{"x": 100, "y": 100, "width": 120, "height": 90}]},
    {"op": "upscale", "factor": 2},
    {"op": "upscale", "factor": 4},
)
_REPEATS = {"400x533": 9, "3000x4000": 1}
_LARGEST_RESULT_PX = 64_000_000


def measure(_folder: Path) -> list[dict[str, float | str]]:
    """One row for each operation and size; operations whose models are not there are left out."""
    photos = {"400x533": _decode(merchant_photos()[0]), "3000x4000": _decode(large_photo(3000, 4000))}
    with Engine.start(EngineSettings(backend="onnxruntime")) as engine:
        return [
            row
            for asked in _ASKED
            for size, photo in photos.items()
            if (row := _time(engine, asked, photo, size)) is not None
        ]


def _time(engine: Engine, asked: dict[str, object], photo: Picture, size: str) -> dict[str, float | str] | None:
    document = {"input": {"upload": "sha256:" + "0" * 64}, "operations": [asked]}
    params = validate_spec(document).operations[0]
    operation = OPERATIONS[params.op]
    width, height = operation.size_after(params, (photo.width, photo.height))
    if width * height > _LARGEST_RESULT_PX:
        return None
    spent = []
    for _ in range(_REPEATS[size]):
        wall, cpu = time.perf_counter(), time.process_time()
        operation.run(photo, params, OperationContext(engine, Ticket(), _nothing))
        spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    shown = " ".join(str(value) for value in asked.values() if not isinstance(value, list))
    best_s, cpu_s = (min(times) for times in zip(*spent, strict=True))
    print(f"{shown} {size}: {1000 * best_s:.0f} ms", flush=True)
    return {"operation": shown, "size": size, "best_ms": 1000 * best_s, "cpu_ms": 1000 * cpu_s}


def _nothing() -> None:
    pass


def _decode(photo: bytes) -> Picture:
    with Image.open(io.BytesIO(photo)) as image:
        return Picture(np.asarray(image.convert("RGB")))
