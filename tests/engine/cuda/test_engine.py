"""The whole engine on the CUDA side: its own device thread, batcher and executors, with a network of this folder."""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.backends.base import Executor
from engine.batching.lanes import Lane
from engine.batching.units import Ticket
from engine.cards import Card
from engine.cuda.executor import make_executor
from engine.cuda.gpu import DEPTH, Gpu
from engine.cuda.handles import Module
from engine.engine import Engine
from engine.errors import DeviceLost, EngineClosed, UnitCancelled, UnitFailed
from engine.images import Image
from engine.settings import EngineSettings
from engine.unit_shapes import FrameShape, LatentShape, TileShape
from tests.engine.cuda.conftest import require_nothing_left
from tests.engine.cuda.networks import RepeatNetwork, SpreadNetwork, spread
from tests.engine.cuda.standin import StandIn

TILE = TileShape(tile_px=48, halo_px=2, scale=2, align_px=2)
FRAME = FrameShape(8, 8, "lut3d", (3, 5, 5, 5))
LATENT = LatentShape(length=9, output_shape=(3, 14, 10))
Photos = Callable[..., Image]


class SpreadBackend:
    """What a GPU backend is, but for the library that runs its networks. Opens the device on the thread that loads."""

    name = "spread"
    batching_pays = True
    depth = DEPTH

    def __init__(self, open_gpu: Callable[[], Gpu], load: Callable[[Gpu], Module]) -> None:
        self._open_gpu = open_gpu
        self._load = load
        self.gpu: Gpu | None = None
        self.before_run: Callable[[], None] = lambda: None
        self.threads: set[int] = set()

    def variant_of(self, card: Card) -> Card:
        return card

    def load(self, card: Card) -> Executor:
        self.gpu = self.gpu or self._open_gpu()
        self.threads.add(threading.get_ident())
        network: Any
        if card.tile is None:
            answer = FRAME.output_shape if card.latent is None else card.latent.output_shape
            network = RepeatNetwork(self.gpu, self._load(self.gpu), answer=answer)
        else:
            network = SpreadNetwork(self.gpu, self._load(self.gpu), np.dtype(np.float16), scale=2, poisons=True)
        network.before_run = lambda: self.before_run()  # noqa: PLW0108  (tests change it)
        return make_executor(self.gpu, network, card, (1, 2))

    def room_px(self) -> float:
        assert self.gpu
        return self.gpu.pictures.room_px

    def collect(self, target: NDArray[Any]) -> None:
        assert self.gpu
        self.gpu.pictures.collect(target)

    def release(self, target: NDArray[Any]) -> None:
        assert self.gpu
        self.gpu.pictures.release(target)

    def describe(self) -> Mapping[str, Any]:
        assert self.gpu
        return self.gpu.describe()

    def close(self) -> None:
        assert self.gpu
        self.gpu.close()
        self.threads.add(threading.get_ident())


@pytest.fixture
def backend(
    open_gpu: Callable[[], Gpu], network_module: Callable[[Gpu], Module], monkeypatch: pytest.MonkeyPatch
) -> SpreadBackend:
    lanes = (Lane(96, 192), Lane(48, 384))  # small ones, since the kernels may run on a CPU
    monkeypatch.setattr("engine.cuda.tile_executor.gpu_lanes", lambda _: lanes)
    return SpreadBackend(open_gpu, network_module)


@pytest.fixture
def engine(backend: SpreadBackend, card_of: Any) -> Iterator[Engine]:
    cards = {"tiles": card_of(tile=TILE), "frames": card_of("frames", frame=FRAME)}
    with Engine.start(EngineSettings(), backend=backend, cards=cards) as started:
        yield started


def photos_of(photo_of: Photos, count: int) -> list[Image]:
    sides = np.random.default_rng(1).integers(1, 260, (count, 2))
    return [np.minimum(photo_of(*map(int, side), seed), 254) for seed, side in enumerate(sides)]


def test_many_photos_at_once_come_back_as_each_alone_would(
    engine: Engine, backend: SpreadBackend, photo_of: Photos
) -> None:
    photos = photos_of(photo_of, 40)
    futures = [engine.submit("tiles", photo, Ticket(tenant=str(at % 3))) for at, photo in enumerate(photos)]
    frames = [engine.submit("frames", photo) for photo in photos]
    for photo, future in zip(photos, futures, strict=True):
        np.testing.assert_array_equal(future.result(timeout=60).output, spread(photo, 2))
    assert all(frame.result(timeout=60).output.shape == FRAME.output_shape for frame in frames)
    engine.close()
    assert backend.gpu is not None
    assert len(backend.threads) == 1  # the device thread opened it and closed it
    assert threading.get_ident() not in backend.threads


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_latents_of_many_jobs_come_back_as_each_alone_would_whatever_the_order_of_streams(
    stand_in: StandIn, backend: SpreadBackend, card_of: Any, vectors_of: Callable[..., Any], seed: int
) -> None:
    stand_in.reset(seed)
    cards = {"tiles": card_of(tile=TILE), "latents": card_of("latents", latent=LATENT)}
    with Engine.start(EngineSettings(), backend=backend, cards=cards) as engine:
        jobs = [vectors_of(1 + at % 4, 9, at) for at in range(10)]
        alone = [engine.submit_latents("latents", job, Ticket(alone=True)).result(timeout=60).output for job in jobs]
        futures = [engine.submit_latents("latents", job, Ticket(str(at % 3))) for at, job in enumerate(jobs)]
        for future, wanted in zip(futures, alone, strict=True):
            np.testing.assert_array_equal(future.result(timeout=60).output, wanted)
        assert {facts.mean_batch_size for facts in (future.result().facts for future in futures)} == {2}
    assert alone[3].shape == (4, 14, 10, 3)
    require_nothing_left(stand_in)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_left_of_an_engine_whatever_the_order_of_streams(
    stand_in: StandIn, backend: SpreadBackend, card_of: Any, photo_of: Photos, seed: int
) -> None:
    stand_in.reset(seed)
    with Engine.start(EngineSettings(), backend=backend, cards={"tiles": card_of(tile=TILE)}) as engine:
        photos = photos_of(photo_of, 12)
        for photo, future in [(photo, engine.submit("tiles", photo)) for photo in photos]:
            np.testing.assert_array_equal(future.result(timeout=60).output, spread(photo, 2))
    require_nothing_left(stand_in)


def test_a_photo_whose_answer_is_not_finite_fails_alone(engine: Engine, photo_of: Photos) -> None:
    photos = photos_of(photo_of, 12)
    photos[5][...] = 255
    futures = [engine.submit("tiles", photo) for photo in photos]
    for at, (photo, future) in enumerate(zip(photos, futures, strict=True)):
        if at == 5:
            with pytest.raises(UnitFailed, match="not finite"):
                future.result(timeout=60)
        else:
            np.testing.assert_array_equal(future.result(timeout=60).output, spread(photo, 2))


def test_pictures_that_do_not_fit_together_wait_for_one_another(
    stand_in: StandIn, backend: SpreadBackend, card_of: Any, photo_of: Photos
) -> None:
    cards = {"tiles": card_of(tile=TILE)}
    photos = [photo_of(200, 200, seed) % 255 for seed in range(8)]
    with Engine.start(EngineSettings(), backend=backend, cards=cards):
        loaded = stand_in.facts.device_bytes
    stand_in.limit_memory(loaded + 3 * 200 * 200 * 3 * 5 // 2)  # one and a half: a photo, and its answer twice as wide
    backend.gpu = None
    with Engine.start(EngineSettings(), backend=backend, cards=cards) as engine:
        futures = [engine.submit("tiles", photo, Ticket(tenant=str(at))) for at, photo in enumerate(photos)]
        for photo, future in zip(photos, futures, strict=True):
            np.testing.assert_array_equal(future.result(timeout=60).output, spread(photo, 2))


def test_a_cancelled_photo_leaves_the_device(engine: Engine, backend: SpreadBackend, photo_of: Photos) -> None:
    running, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        running.set()
        go_on.wait(30)

    backend.before_run = hold
    ticket = Ticket()
    cancelled = engine.submit("tiles", photo_of(250, 250) % 255, ticket)
    assert running.wait(30)
    ticket.cancelled.set()
    backend.before_run = lambda: None
    go_on.set()
    other = photo_of(30, 30) % 255
    np.testing.assert_array_equal(engine.submit("tiles", other).result(timeout=60).output, spread(other, 2))
    with pytest.raises(UnitCancelled):
        cancelled.result(timeout=60)
    engine.close()


def test_draining_finishes_what_runs_and_gives_the_device_back(
    engine: Engine, backend: SpreadBackend, photo_of: Photos
) -> None:
    futures = [engine.submit("tiles", photo) for photo in photos_of(photo_of, 20)]
    assert engine.drain(timeout_s=60)
    for future in futures:
        assert future.exception(timeout=0) is None or isinstance(future.exception(timeout=0), EngineClosed)


def test_a_sticky_error_ends_the_engine_and_every_future_hears_of_it(
    stand_in: StandIn, engine: Engine, photo_of: Photos
) -> None:
    stand_in.plant_error(StandIn.LAUNCH_FAILED, after_kernels=5)
    futures = [engine.submit("tiles", photo) for photo in photos_of(photo_of, 10)]
    errors = [future.exception(timeout=60) for future in futures]
    assert any(isinstance(error, DeviceLost) for error in errors)
    assert all(error is None or isinstance(error, DeviceLost) for error in errors)
    assert engine.closed


def test_a_backend_that_cannot_be_opened_leaves_nothing(
    stand_in: StandIn, backend: SpreadBackend, card_of: Any
) -> None:
    stand_in.reset(memory_bytes=100_000)
    with pytest.raises(Exception, match="bytes"):
        Engine.start(EngineSettings(), backend=backend, cards={"tiles": card_of(tile=TILE)})
    require_nothing_left(stand_in)
