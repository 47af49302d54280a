"""A real Redis, the engine's fake backend, blobs in memory: a whole worker's parts, for one test each."""

import hashlib
import io
import json
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from engine import Engine
from engine.settings import EngineSettings
from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.photos import PhotoLimits
from jobs.queue import HintQueue, make_celery
from jobs.records import UploadRecord
from jobs.settings import read_settings
from jobs.spec import validate_spec
from jobs.store import JobStore
from worker.decoding import Decoder
from worker.drain import Drain
from worker.room import PictureRoom
from worker.settings import WorkerSettings
from worker.workshop import Workshop

TENANT = "dev"


@pytest.fixture(scope="session")
def engine():
    engine = Engine.start(EngineSettings(backend="fake"))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def decoder():
    decoder = Decoder(PhotoLimits(max_pixels=64_000_000, max_bytes=64 << 20), timeout_s=30)
    decoder.start()
    return decoder


@pytest.fixture
def settings(redis_url, tmp_path):
    return read_settings(
        WorkerSettings,
        redis_url=redis_url,
        data_dir=tmp_path,
        blob_url="memory://",
        lease_ms=2_000,
        heartbeat_ms=200,
        drain_timeout_s=0.2,
        reap_interval_s=0.1,
    )


@pytest.fixture
def store(settings):
    redis = connect(settings.redis_url)
    store = JobStore(redis, settings)
    yield store
    store.close()
    redis.close()


@pytest.fixture
def workshop(settings, store, engine, decoder):
    return Workshop(
        settings=settings,
        store=store,
        blobs=BlobStore.from_url(settings.blob_url),
        hints=HintQueue(make_celery(settings), settings),
        engine=engine,
        decoder=decoder,
        room=PictureRoom(settings.held_px),
        owner="test-worker",
    )


@pytest.fixture
def drain():
    """Of a worker that nobody tells to leave."""
    return Drain(lambda: None, leave=pytest.fail)


@dataclass
class Client:
    """What a merchant does, without the API in between."""

    store: JobStore
    blobs: BlobStore

    def upload(self, photo):
        """Store a photo (bytes) and record it at the size that it has; returns its id."""
        digest = hashlib.sha256(photo).hexdigest()
        self.blobs.put(path := f"uploads/{TENANT}/{digest}/0", photo)
        width, height = Image.open(io.BytesIO(photo)).size
        self.store.put_upload(TENANT, digest, UploadRecord(path, len(photo), "png", width, height))
        return f"sha256:{digest}"

    def submit(self, *operations, photo=None, **spec):
        """Store `photo` (bytes; a small picture by default) and submit a job for it; returns the job's id."""
        photo = photo or png()
        digest = hashlib.sha256(photo).hexdigest()
        self.blobs.put(path := f"uploads/{TENANT}/{digest}/0", photo)
        self.store.put_upload(TENANT, digest, UploadRecord(path, len(photo), "png", 64, 48))
        asked = [{"op": "rotate", "angle": 90}] if not operations else list(operations)
        document = {"input": {"upload": f"sha256:{digest}"}, "operations": asked, **spec}
        return self.store.submit(TENANT, validate_spec(document)).job_id

    def view(self, job_id):
        """The job as its owner sees it."""
        view = self.store.get(TENANT, job_id)
        assert view is not None
        return view

    def image(self, job_id):
        """The job's result, decoded."""
        return Image.open(io.BytesIO(self.blobs.get(self.view(job_id).outputs[0].path)))


@pytest.fixture
def client(workshop):
    return Client(workshop.store, workshop.blobs)


def png(width=64, height=48):
    """A small picture whose corners differ."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    file = io.BytesIO()
    Image.fromarray(np.stack((x, y, 255 - x), axis=-1).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def dark_on_white():
    """The fake engine takes the dark for the product."""
    pixels = np.full((96, 64, 3), 250, np.uint8)
    pixels[30:70, 20:44] = 10
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def hints_waiting(workshop):
    """How many hints lie in the queue, and that each is JSON a worker can read."""
    messages = workshop.store.redis.lrange(workshop.settings.hint_queue, 0, -1)
    assert all(json.loads(message) for message in messages)
    return len(messages)
