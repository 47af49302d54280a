"""A Redis of the tests' own, shared by the session and emptied for each test that asks for it."""

import ctypes
from collections.abc import Iterator

import pytest

from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.store import JobStore

LONGEST = (
    "tests/e2e/test_openapi_fuzz.py",
    "tests/e2e/test_crash.py",
    "tests/client/test_stack.py",
    "tests/api/test_server.py",
    "tests/worker/test_process.py",
    "tests/client/test_private.py",
    "tests/engine/test_stitching.py",
    "tests/engine/kernels/test_sanitizers.py",
    "tests/client/test_catalog.py",
    "tests/client/test_cli.py",
    "tests/faults/test_faults.py",
    "tests/e2e/test_quickstarts.py",
    "tests/client/test_generation_page.py",
    "tests/fleet/test_fleet.py",
    "tests/api/test_slow_clients.py",
    "tests/e2e/test_batch.py",
    "tests/e2e/test_generation.py",
    "tests/engine/simulation/test_schedules.py",
    "tests/client/test_doctor.py",
    "tests/client/test_standing.py",
    "tests/api/test_events.py",
    "tests/worker/test_renditions.py",
    "tests/e2e/test_security.py",
    "tests/badinput/test_badinput.py",
    "tests/e2e/test_catalog_command.py",
    "tests/worker/test_process_models.py",
)
"""They begin first, so that no process is left with one of them when the others have nothing more to do."""

_PLACES = {path: place for place, path in enumerate(LONGEST)}
_DEFAULT_ENVIRONMENT = ctypes.c_void_p(-1)  # glibc's FE_DFL_ENV


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest in front (`make test` gives files to processes in this order)."""
    items.sort(key=lambda item: _PLACES.get(item.nodeid.partition("::")[0], len(LONGEST)))


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
