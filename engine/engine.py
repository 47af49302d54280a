"""The engine's front door: pictures or latents in, futures out. What happens between is told by `batching`."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import count
from types import MappingProxyType, TracebackType
from typing import Any

from numpy.typing import NDArray

from engine.backends.base import Backend
from engine.backends.select import Choice, choose_backend
from engine.batching.device_thread import DeviceThread
from engine.batching.room import Room
from engine.batching.units import Result, Ticket, new_work
from engine.cards import Card, load_cards, read_model
from engine.device import Device, load_warm, open_device
from engine.editions import Edition
from engine.errors import BackendUnavailable, ImageRefused, LatentsRefused, NoRoomForModel, WeightsError
from engine.figures import Summary
from engine.images import Floats, Image, require_image
from engine.latents import require_latents
from engine.memory import LEAST_BYTES, free_bytes, needed_bytes
from engine.observing import Observer, Observers
from engine.settings import EngineSettings
from engine.versions import Loaded, Versions, renamed, require_alike

logger = logging.getLogger(__name__)

_MEGA = 1_000_000


class Engine:
    """A started engine; make one with `Engine.start`. Thread-safe. One per process and device."""

    def __init__(self, settings: EngineSettings, thread: DeviceThread, device: Device) -> None:
        self.settings = settings
        self._versions = Versions(
            {name: Loaded(card, device.slots[card.key]) for name, card in device.cards.items()}, thread.forget
        )
        self.models: Mapping[str, Card] = self._versions.current
        self._backend = device.backend
        self._told = {"backend": device.backend.name, "why": device.why, **device.backend.describe()}
        self._loading = threading.Lock()
        self._loads = count(1)
        self._thread = thread
        self._room = Room(settings.max_resident_megapixels * _MEGA)

    @classmethod
    def start(
        cls,
        settings: EngineSettings,
        progress: Callable[[str], None] | None = None,
        *,
        backend: Backend | None = None,
        cards: Mapping[str, Card] | None = None,
        observers: Sequence[Observer] = (),
    ) -> "Engine":
        """Read the cards, open the device on its own thread, load and warm up every model, and return once ready.

        `progress` is told each step in words, on the device thread. `backend` and `cards` replace what the settings
        would choose. `observers` are told of every batch after the warm-up. Raises WeightsError or BackendUnavailable:
        an engine that cannot do all its work does not start.
        """
        chosen = load_cards(settings.weights_dir) if cards is None else cards
        choose = (
            partial(choose_backend, settings) if backend is None else partial(Choice, backend, "given by the caller")
        )
        say = progress or logger.info
        opening = partial(open_device, choose, chosen, say, settings.max_batch_size)
        thread = DeviceThread(opening, settings.max_wait_ms / 1000, Observers(observers))
        device = thread.start()
        logger.info("the engine runs on %s (%s)", device.backend.name, device.why)
        return cls(settings, thread, device)

    def submit(
        self, model: str, image: Image, ticket: Ticket | None = None, version: Loaded | None = None
    ) -> "Future[Result]":
        """Ask for `model`'s answer to a uint8 [H,W,C] image, which must not be changed until the future is done.

        C is the card's `channels_in`, 3 or 4. A tile model answers uint8 [H,W,3] of `scale` times the size, or [H,W]
        where it has one channel out; a frame model float32 of its card's `output_shape`. `version` is an edition's own.

        Never blocks; ask `has_room` or `wait_for_room` first. Raises ModelNotFound, ImageRefused, EngineClosed or
        DeviceLost at once; the future fails with UnitCancelled, DeadlineExceeded, UnitFailed, DeviceLost or
        EngineClosed. It cannot be cancelled itself: set the ticket's `cancelled`.
        """
        with self._versions.held(model, version) as loaded:
            card = loaded.card
            if card.latent is not None:
                raise ImageRefused(
                    f"{card.model} takes vectors of {card.latent.length} values (submit_latents); received an image"
                )
            return self._submit(loaded, require_image(image, card.channels_in, card.model), ticket)

    def submit_latents(
        self, model: str, vectors: Floats, ticket: Ticket | None = None, version: Loaded | None = None
    ) -> "Future[Result]":
        """Ask a latent model for a picture of each of the float32 [n,length] vectors: uint8 [n,H,W,3].

        Each vector is a unit of its own, which costs as many pixels as its picture has. Else as `submit`; raises
        LatentsRefused where that raises ImageRefused.
        """
        with self._versions.held(model, version) as loaded:
            card = loaded.card
            if card.latent is None:
                raise LatentsRefused(
                    f"{card.model} takes an image (submit), since its card's kind is {card.kind}; received latents"
                )
            return self._submit(loaded, require_latents(vectors, card.latent.length, card.model), ticket)

    def edition(self, wanted: Mapping[str, str] = MappingProxyType({})) -> Edition:
        """One version of each model, which stay until it is closed: as `wanted` where that is loaded, else the current.

        For work that must not mix versions, whatever is loaded or let go of meanwhile.
        """
        return Edition(self, self._versions, self._versions.hold(wanted))

    def versions_of(self, model: str) -> Mapping[str, Card]:
        """The versions of a model that are loaded and may be asked for."""
        return self._versions.of(model)

    @property
    def changes(self) -> int:
        """Grows whenever `describe` would tell something else."""
        return self._versions.changes

    def load(self, card: Card) -> None:
        """Load and warm a version beside those that are there, while they go on; nothing takes it until `use`.

        For a few seconds, in the caller's thread. Raises WeightsError where it cannot be loaded, fails its first run or
        is of another shape than the one served, NoRoomForModel, or BackendUnavailable on a GPU: all that was there
        stays as it was.
        """
        with self._loading:
            served = self.models.get(card.model)
            if card.version in self.versions_of(card.model):
                return
            if not self._backend.loads_aside:
                raise BackendUnavailable(
                    f"{self._backend.name}: a version is loaded at the start alone; restart the workers one by one"
                )
            if served is None:
                raise WeightsError(f"{card.folder.name}: a model that was not there at the start needs a new start")
            card = renamed(self._backend.variant_of(card), next(self._loads))
            require_alike(card, served)
            read_model(card)
            _require_room(card)
            executor, slots = load_warm(self._backend, card, self.settings.max_batch_size)
            self._thread.serve(card.key, executor, slots)
            self._versions.add(Loaded(card, slots))
            logger.info("%s %s is loaded beside %s", card.model, card.version, served.version)

    def use(self, model: str, version: str) -> None:
        """From now on what asks for no version gets this one. Raises ModelNotFound unless it is loaded."""
        self._versions.use(model, version)
        self.models = self._versions.current

    def drop(self, model: str, version: str) -> None:
        """Let go of a version, never the current, once the last edition and submission that have it are done.

        Until then it may be loaded again: that is another copy, which this letting go does not touch.
        """
        self._versions.drop(model, version)

    def _submit(self, loaded: Loaded, source: NDArray[Any], ticket: Ticket | None) -> "Future[Result]":
        work = new_work(loaded.card, source, ticket or Ticket(), loaded.slots)
        work.future.set_running_or_notify_cancel()
        pixels = work.held_px
        self._thread.add(work)
        self._room.take(pixels)
        work.future.add_done_callback(lambda _: self._room.give(pixels))
        return work.future

    def has_room(self, megapixels: float = 0.0) -> bool:
        """Whether so many more (source and target) megapixels stay within `max_resident_megapixels`.

        An engine without work has room for any one photo.
        """
        return self._room.has(int(megapixels * _MEGA))

    def wait_for_room(self, megapixels: float = 0.0, timeout_s: float | None = None) -> bool:
        """Wait until `has_room`; False when `timeout_s` passed first."""
        return self._room.wait_for(int(megapixels * _MEGA), timeout_s)

    def describe(self) -> dict[str, Any]:
        """Backend, why it was chosen, its device and the models with their digests, as JSON values."""
        return self._told | {"models": {name: self._facts_of(name, card) for name, card in self.models.items()}}

    def _facts_of(self, name: str, card: Card) -> dict[str, Any]:
        slots = self._versions.current_of(name).slots
        others = {other.version: other.onnx.sha256 for other in self.versions_of(name).values()}
        del others[card.version]
        return {
            "version": card.version,
            "kind": card.kind,
            **({"channels_in": card.channels_in} if card.latent is None else {"length": card.latent.length}),
            "digest": card.onnx.sha256,
            "precision": card.onnx.precision,
            "batch_sizes": list(slots.sizes),
            "lanes": [[lane.height_px, lane.width_px] for lane in slots.lanes],
            **({"others": others} if others else {}),
        }

    def figures(self) -> Summary:
        """How it does right now: batches, their fill, waits, and how busy the device is."""
        return self._thread.figures.summary(time.monotonic())

    @property
    def last_progress(self) -> float:
        """time.monotonic() when the running batch began; now, if the device is idle."""
        return self._thread.last_progress

    @property
    def closed(self) -> bool:
        """Whether work is refused: after `drain` and `close`, and when the device was lost."""
        return self._thread.closed

    def drain(self, timeout_s: float) -> bool:
        """Finish the running batch, fail the rest with EngineClosed, give the device back.

        False when the batch is still on the device after `timeout_s`; then only ending the process frees it.
        """
        return self._thread.stop(timeout_s)

    def close(self) -> None:
        """Drain with the batch timeout as its limit."""
        self.drain(self.settings.batch_timeout_s)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _require_room(card: Card) -> None:
    """Raise NoRoomForModel where loading it would leave too little memory for the work that goes on."""
    needed, free = needed_bytes(card) + LEAST_BYTES, free_bytes()
    if needed > free:
        raise NoRoomForModel(
            f"{card.folder.name}: loading it beside the others needs {needed >> 20} MiB free, and {free >> 20} MiB are"
        )
