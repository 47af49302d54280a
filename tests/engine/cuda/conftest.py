"""Two places where these tests run: on the stand-in driver (make test-backends), and on a GPU (make test-gpu).

One process cannot hold both drivers: the stand-in is loaded only where a test of the first kind is run.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.cuda.devices import list_gpus
from engine.cuda.gpu import Gpu
from engine.cuda.handles import Module
from tests.engine.cuda import standin as stand_in_module
from tests.engine.cuda.networks import SOURCE
from tests.engine.cuda.standin import StandIn
from tests.engine.kernels.compiled import build

EXPORTS = Path(stand_in_module.__file__).with_name("kernel_exports.hpp")
STAND_IN_FOLDER = Path(".venv-backends/standin")
_loaded: list[StandIn] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plants faults in the stand-in, or reads its facts, has no twin on a GPU."""
    items[:] = [
        item
        for item in items
        if not ("stand_in" in getattr(item, "fixturenames", ()) and item.get_closest_marker("gpu"))
    ]


def require(package: str) -> None:
    """Skip where a package is absent; in `make test-backends`, which installs it, fail."""
    try:
        present = find_spec(package) is not None
    except ModuleNotFoundError:  # its parent is absent
        present = False
    if present:
        return
    if os.environ.get("PACKSHOT_REQUIRE_BACKENDS") == "1":
        pytest.fail(f"{package} is absent, and PACKSHOT_REQUIRE_BACKENDS=1 lets nothing be skipped")
    pytest.skip(f"{package} is absent: make test-backends runs this")


@pytest.fixture(scope="session")
def loaded_stand_in(tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    require("pycuda")
    require("cuda.bindings")
    _loaded.append(StandIn(stand_in_module.build(STAND_IN_FOLDER)))
    return _loaded[0]


@pytest.fixture
def stand_in(loaded_stand_in: StandIn) -> StandIn:
    """The stand-in, with nothing in it; operations run as they are enqueued."""
    loaded_stand_in.reset()
    return loaded_stand_in


PLACES = ("stand-in", pytest.param("gpu", marks=pytest.mark.gpu))


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    """Where the test runs."""
    return _prepare(request)


def _prepare(request: pytest.FixtureRequest) -> str:
    """Make the place of the request's parameter ready, or skip."""
    if request.param == "stand-in":
        request.getfixturevalue("loaded_stand_in").reset()
    elif _loaded:
        pytest.skip("the stand-in is loaded in this process: make test-gpu runs this")
    elif why := list_gpus().why_none:
        pytest.skip(why)
    else:
        require("pycuda")
        require("cuda.bindings")
    return str(request.param)


def _open_at(place: str, cubins: Path) -> Gpu:
    from engine.cuda.driver import Cuda

    return Gpu.open(0, cubins) if place == "gpu" else Gpu(Cuda(0), shim_image)


def gpu_at(request: pytest.FixtureRequest, cubins: Path) -> Gpu:
    """Open the device where the request's parameter says, for a fixture of any scope; the caller closes it."""
    return _open_at(_prepare(request), cubins)


@pytest.fixture
def open_gpu(place: str, tmp_path: Path) -> Callable[[], Gpu]:
    """Opens the device; the caller closes it, on the same thread."""
    return lambda: _open_at(place, tmp_path / "cubins")


@pytest.fixture
def gpu(open_gpu: Callable[[], Gpu]) -> Iterator[Gpu]:
    """An open device that must be given back whole."""
    opened = open_gpu()
    yield opened
    opened.close()
    for stand_in in _loaded:
        require_nothing_left(stand_in)


@pytest.fixture
def network_module(place: str, tmp_path: Path) -> Callable[[Gpu], Module]:
    """Loads the kernels of spread.cu."""

    def load(opened: Gpu) -> Module:
        if place == "gpu":
            from engine.cuda.compiler import KernelCompiler

            return opened.cuda.load_module(KernelCompiler(tmp_path, opened.cuda.architecture).cubin(SOURCE))
        return opened.cuda.load_module(shim_image(SOURCE))

    return load


def shim_image(source: Path) -> bytes:
    """What the stand-in loads for a `.cu` file: the name of a library that was built from it."""
    digest = hashlib.sha256(EXPORTS.read_bytes()).hexdigest()[:8]  # part of the command, so that a change builds anew
    library = build((source,), ("-include", str(EXPORTS), f"-DEXPORTS={digest}"))
    return b"CPUSO:" + os.fsencode(library) + b"\0"


def require_nothing_left(stand_in: StandIn) -> None:
    """Every kind of thing was given back, and nobody wrote where it may not."""
    facts = stand_in.facts
    held = ("device_bytes", "pinned_bytes", "streams", "events", "modules", "graphs", "contexts")
    wrong = ("overruns", "writes_after_free", "refused_launches", "pageable_copies")
    assert {name: getattr(facts, name) for name in (*held, *wrong)} == dict.fromkeys((*held, *wrong), 0)
