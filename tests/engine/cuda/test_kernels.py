"""The tests of engine/kernels once more, through the driver: PyCUDA's launches, and on a GPU the compiled kernels."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from engine.cuda.gpu import Gpu
from engine.kernels.launches import Launch
from tests.engine.cuda.conftest import PLACES, gpu_at, require_nothing_left
from tests.engine.cuda.mirror import launch_on_device
from tests.engine.kernels.test_guided_matte_kernel import *  # noqa: F403
from tests.engine.kernels.test_local_light_kernel import *  # noqa: F403
from tests.engine.kernels.test_pack_frames_kernel import *  # noqa: F403
from tests.engine.kernels.test_pack_tiles_kernel import *  # noqa: F403
from tests.engine.kernels.test_picture_kernels import *  # noqa: F403
from tests.engine.kernels.test_unpack_tiles_kernel import *  # noqa: F403


@pytest.fixture(scope="module", params=PLACES)
def launch_on_cpu(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Takes the place of the fixture of that name: the launch runs on a device."""
    gpu: Gpu = gpu_at(request, tmp_path_factory.mktemp("cubins"))
    run: Callable[[Launch], None] = partial(launch_on_device, gpu)
    yield run
    gpu.close()
    if request.param == "stand-in":
        require_nothing_left(request.getfixturevalue("loaded_stand_in"))
