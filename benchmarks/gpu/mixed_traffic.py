"""Mixed traffic through the whole engine: megapixels of photos a second, as a share of the bare network's.

The bare network runs over ready batches at its best size, and all its pixels count; through the engine the photos come
from host memory and go back there, and halos and gaps do not count. Beside it: the same photos through torch, whole,
padded to the largest of eight, and one at a time. One photo in five is a phone's, up to 24 megapixels. Goal: 90%.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray

from benchmarks.gpu.timing import median_s
from benchmarks.gpu.traffic import draw_sizes, noise_photos, total_px
from benchmarks.gpu.whole_images import WholeImages, in_batches
from benchmarks.tables import Row
from engine import Engine, EngineSettings
from engine.backends.base import Backend, Executor
from engine.backends.torch.backend import TorchBackend, precision_of
from engine.backends.torch.convert import convert
from engine.backends.torch.network import Place, TorchNetwork, Way
from engine.batching.lanes import Lane, gpu_lanes
from engine.cards import Card, load_cards, read_model
from engine.cuda.executor import BATCH_SIZES
from engine.images import Image

TITLE = "Mixed traffic"
ROUNDS = 2
"""The better of so many counts; one more goes before, to warm up."""
_DRY_LANE = Lane(64, 96)


class OpenedByThread:
    """A backend that the engine's own thread opens when it loads a model: a CUDA context is current on one thread."""

    name = "torch"
    batching_pays = True
    depth = 2
    loads_aside = False

    def __init__(self, open_backend: Callable[[], Backend]) -> None:
        self._open = open_backend
        self._backend: Backend | None = None

    def variant_of(self, card: Card) -> Card:
        """See Backend."""
        self._backend = self._backend or self._open()
        return self._backend.variant_of(card)

    def load(self, card: Card) -> Executor:
        """See Backend."""
        return self._opened.load(card)

    def room_px(self) -> float:
        """See Backend."""
        return self._opened.room_px()

    def collect(self, target: NDArray[Any]) -> None:
        """See Backend."""
        self._opened.collect(target)

    def release(self, target: NDArray[Any]) -> None:
        """See Backend."""
        self._opened.release(target)

    def describe(self) -> dict[str, Any]:
        """See Backend."""
        return self._opened.describe()

    def close(self) -> None:
        """See Backend."""
        if self._backend is not None:
            self._backend.close()

    @property
    def _opened(self) -> Backend:
        assert self._backend is not None, "loading a model comes first"
        return self._backend


def measure(arguments: argparse.Namespace) -> list[Row]:
    """A row for each way to run the network inside of the engine, and one for each rival."""
    settings = EngineSettings.from_env()
    card = load_cards(settings.weights_dir)[arguments.model]
    dry = arguments.dry
    sizes = draw_sizes(0.3, 1, largest_px=300_000) if dry else draw_sizes(arguments.megapixels, 1)
    photos = noise_photos(sizes, seed=1, channels=card.channels_in)
    device = torch.device("cpu") if dry else torch.device("cuda", settings.gpu)
    rows = []
    bare: dict[Way, float] = {}
    ways: list[Way] = ["eager"] if dry else list(dict.fromkeys([*arguments.ways, "eager"]))
    for way in ways:
        bare[way] = _bare_mp_s(card, device, way, settings.precision, dry=dry)
        open_backend = _on_cpu if dry else partial(TorchBackend.from_settings, settings, way)
        rows.append(_row(f"Packshot, torch {way}", _engine_mp_s(settings, card, open_backend, photos), bare[way]))
    rivals = _rivals(card, device, settings.precision)
    batches = list(in_batches(photos))
    rows.append(_row("padded to the largest of 8, torch eager", _whole_mp_s(rivals, batches), bare["eager"]))
    alone = [[photo] for photo in photos]
    rows.append(_row("one at a time, torch eager", _whole_mp_s(rivals, alone), bare["eager"]))
    return rows


def _on_cpu() -> Backend:
    """For the rehearsal; a GPU machine may have no ONNX Runtime."""
    from engine.backends.onnxruntime import OnnxRuntimeBackend

    return OnnxRuntimeBackend()


def _row(engine: str, mp_s: float, bare_mp_s: float) -> Row:
    return {"engine": engine, "mp_s": mp_s, "bare_mp_s": bare_mp_s, "share_of_bare": mp_s / bare_mp_s}


def _engine_mp_s(
    settings: EngineSettings, card: Card, open_backend: Callable[[], Backend], photos: Sequence[Image]
) -> float:
    """Everything is sent as fast as there is room for it, by one sender."""
    backend = OpenedByThread(open_backend)
    with Engine.start(settings, print, backend=backend, cards={card.model: card}) as engine:
        return _best_mp_s(lambda: _send(engine, card, photos), photos)


def _send(engine: Engine, card: Card, photos: Sequence[Image]) -> None:
    assert card.tile is not None
    futures = []
    for photo in photos:
        engine.wait_for_room(photo.shape[0] * photo.shape[1] * (1 + card.tile.scale**2) / 1e6)
        futures.append(engine.submit(card.model, photo))
    for future in futures:
        future.result()


def _whole_mp_s(rivals: WholeImages, batches: Sequence[Sequence[Image]]) -> float:
    def run() -> None:
        for batch in batches:
            rivals.answer(batch)

    return _best_mp_s(run, [photo for batch in batches for photo in batch])


def _best_mp_s(run: Callable[[], None], photos: Sequence[Image]) -> float:
    run()
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return total_px([photo.shape[:2] for photo in photos]) / 1e6 / min(seconds)


def _rivals(card: Card, device: torch.device, precision: str) -> WholeImages:
    assert card.tile is not None
    dtype = precision_of(card, precision) if device.type == "cuda" else torch.float32
    module = convert(read_model(card), dtype).to(device).to(memory_format=torch.channels_last)
    return WholeImages(module, card.tile, device, dtype)


def _bare_mp_s(card: Card, device: torch.device, way: Way, precision: str, *, dry: bool) -> float:
    """The network alone over batches of one lane, at its best size: all pixels of the slots count."""
    assert card.tile is not None
    lane = _DRY_LANE if dry else gpu_lanes(card.tile)[0]
    dtype = torch.float32 if dry else precision_of(card, precision)
    network = TorchNetwork(convert(read_model(card), dtype), card, Place(device, lambda _: None), way)
    rates = []
    for size in BATCH_SIZES[:2] if dry else reversed(BATCH_SIZES):
        shape = size, card.channels_in, lane.height_px, lane.width_px
        batch = torch.rand(shape, dtype=dtype, device=device)
        answer = torch.zeros(network.output_shape(shape), dtype=dtype, device=device)
        stream = None if dry else torch.cuda.Stream(device)
        run = network.prepare(shape, batch.data_ptr(), answer.data_ptr(), 0 if stream is None else stream.cuda_stream)
        rates.append(size * lane.height_px * lane.width_px / 1e6 / median_s(run, stream))
    return max(rates)
