"""What one worker process works with: the record, the blobs, the engine, the decoder, and what it holds right now."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import redis
from celery import Celery

from engine import Engine
from engine.backends.select import ON_A_GPU
from engine.errors import WeightsError
from engine.settings import EngineSettings
from jobs.blobs import BlobStore
from jobs.connection import check_version, connect, is_unavailable
from jobs.model_wishes import ModelWishes
from jobs.photos import PhotoLimits
from jobs.presets import Preset, read_presets
from jobs.queue import HintQueue
from jobs.routes import abilities
from jobs.store import JobStore
from jobs.tracing import Tracing, open_tracing
from worker.blob_watch import BlobWatch
from worker.catalogues import described, facts_of
from worker.decoding import Decoder
from worker.exchanges import Network
from worker.leases import Leases
from worker.model_keeper import ModelKeeper, cards_wished
from worker.observing import WorkerMetrics
from worker.recent import RecentBatches
from worker.room import PictureRoom
from worker.settings import WorkerSettings
from worker.solitude import Solitude
from worker.spans import BatchSpans

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_REDIS_POLL_S = 0.25


@dataclass
class Workshop:
    """The parts of a worker, built once and shared by all its threads. `owner` is the process' name in the record."""

    settings: WorkerSettings
    store: JobStore
    blobs: BlobStore
    hints: HintQueue
    engine: Engine
    decoder: Decoder
    room: PictureRoom
    owner: str
    leases: Leases = field(default_factory=Leases)
    solitude: Solitude = field(default_factory=Solitude)
    presets: Mapping[str, Preset] = field(default_factory=read_presets)
    network: Network = field(default_factory=Network)
    tracing: Tracing = field(default_factory=Tracing)
    recent: RecentBatches = field(default_factory=RecentBatches)
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    draining: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.models = ModelKeeper(self.engine, self.store, self.settings.models_look_s)
        self.blob_watch = BlobWatch(self.blobs, self.owner)
        self._told: tuple[int, dict[str, Any], str] | None = None

    def engine_facts(self) -> dict[str, Any]:
        """What the engine is and can be asked for, found out once for each change of its models."""
        return self._known()[1]

    def abilities(self) -> str:
        """What this worker can do now, in the words of ``jobs.routes``."""
        return self._known()[2]

    def _known(self) -> tuple[int, dict[str, Any], str]:
        told, changes = self._told, self.engine.changes
        if told is None or told[0] != changes:
            facts = self._described(told and told[1])
            device = "gpu" if facts["backend"] in ON_A_GPU or facts.get("passes_for") == "gpu" else "cpu"
            told = changes, facts, abilities(device, {name: self.engine.versions_of(name) for name in facts["models"]})
            self._told = told
        return told

    def _described(self, before: dict[str, Any] | None) -> dict[str, Any]:
        """The keeper refuses what cannot be described; should it happen all the same, a worker that could no more say
        what it can do would claim nothing, sweep nothing and pass for dead.
        """
        try:
            return described(self.engine)
        except WeightsError as error:
            if before is None:
                raise
            log.error("what was told of the models before is told on, since they cannot be described: %s", error)  # noqa: TRY400
            return before

    @property
    def device_kind(self) -> str:
        """``gpu`` or ``cpu``."""
        return self.abilities().partition(" ")[0]

    def redis_now_ms(self) -> int:
        """Redis' clock, the only one that the record goes by, in Unix milliseconds."""
        seconds, microseconds = self.store.redis.time()
        return seconds * 1000 + microseconds // 1000

    def until_answered(self, ask: Callable[[], Answer], patience_s: float = 600.0) -> Answer:
        """Ask the record again and again while Redis is away, for `patience_s`; then its error is raised. A fault that
        does not pass by itself, as one of a script, is raised at once.

        While Redis is away nobody else can take the job either, and afterwards its lease is given once more.

        For questions that may be repeated: they read, or carry a token, and a repetition gives the same answer.
        """
        give_up_at, told = time.monotonic() + patience_s, False
        while True:
            try:
                return ask()
            except redis.RedisError as error:
                if not is_unavailable(error) or time.monotonic() >= give_up_at:
                    raise
                if not told:
                    log.warning("the record does not answer, it is asked for up to %.0f s more: %s", patience_s, error)
                told = True
                time.sleep(_REDIS_POLL_S)

    def close(self) -> None:
        """Let go of the device and of Redis, and send the last spans. Jobs still running fail with EngineClosed."""
        self.models.stop()
        self.blob_watch.stop()
        self.engine.close()
        self.decoder.close()
        self.tracing.close()
        self.store.close()


def open_workshop(settings: WorkerSettings, engine_settings: EngineSettings, celery: Celery) -> Workshop:
    """Start the engine (weights verified, warmed up) and the decoder, and connect the rest. Any failure is fatal.

    Raises EngineError, WorkerError, BlobError or RedisTooOld.
    """
    _check_redis(settings.redis_url)
    blobs = BlobStore.from_url(settings.resolved_blob_url, synced=settings.synced_blobs)
    blobs.hasty().check()
    decoder = Decoder(PhotoLimits.of(settings), settings.decode_timeout_s, spares=1)
    decoder.start()
    metrics, room = WorkerMetrics(), PictureRoom(settings.held_px)
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    tracing, recent = open_tracing(settings, "packshot-worker", owner), RecentBatches()
    store = JobStore(connect(settings.redis_url), settings)
    cards = cards_wished(engine_settings.weights_dir, _wishes_known(store))
    engine = Engine.start(engine_settings, cards=cards, observers=(metrics, recent, BatchSpans(tracing)))
    facts_of(engine)  # now rather than in the first job that needs it
    workshop = Workshop(
        settings=settings,
        store=store,
        blobs=blobs,
        hints=HintQueue(celery, settings),
        engine=engine,
        decoder=decoder,
        room=room,
        owner=owner,
        presets=read_presets(settings.presets_dir),
        metrics=metrics,
        tracing=tracing,
        recent=recent,
    )
    metrics.follow(lambda: room.held_px, workshop.models.served)
    with suppress(redis.RedisError):  # then it is done once Redis answers
        workshop.models.follow()
    return workshop


def _wishes_known(store: JobStore) -> ModelWishes:
    """What the operator wishes of the models; nothing while Redis does not answer."""
    try:
        return store.model_wishes()
    except redis.RedisError:
        return ModelWishes()


def _check_redis(url: str) -> None:
    """A Redis that does not answer yet is waited for later; one that is too old never will do."""
    with closing(connect(url)) as client, suppress(redis.RedisError):
        check_version(client)
