"""A Redis of the tests' own, shared by the session and emptied for each test that asks for it."""

import ctypes
from collections.abc import Iterator

import pytest

from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.store import JobStore

_DEFAULT_ENVIRONMENT = ctypes.c_void_p(-1)  # glibc's FE_DFL_ENV


@pytest.fixture(autouse=True)
def _ordinary_floats() -> None:
    """The process' first session of ONNX Runtime makes its thread take denormals for zero, for good: not for others."""
    ctypes.CDLL(None).fesetenv(_DEFAULT_ENVIRONMENT)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PACKSHOT_REDIS_URL", raising=False)  # the tests flush: never somebody's own Redis
        server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    client = connect(redis_server.url)
    client.flushall()
    client.close()
    return redis_server.url


@pytest.fixture
def settings(redis_url: str, tmp_path) -> JobsSettings:
    return read_settings(JobsSettings, redis_url=redis_url, data_dir=tmp_path, blob_url="memory://")


@pytest.fixture
def store(settings: JobsSettings) -> Iterator[JobStore]:
    client = connect(settings.redis_url)
    store = JobStore(client, settings)
    yield store
    store.close()
    client.close()
