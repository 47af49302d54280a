"""Which GPUs there are: an answer in every case, from the driver alone."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cuda.devices import DRIVER, GpuFacts, Survey, list_gpus
from tests.engine.cuda.standin import StandIn


def test_without_a_driver_there_are_none_and_it_is_said_why() -> None:
    assert list_gpus("libabsent.so.1") == Survey((), "no CUDA driver: libabsent.so.1 is absent")


def test_a_library_that_is_no_driver_is_an_answer() -> None:
    gpus, why_none = list_gpus("libc.so.6")
    assert gpus == ()
    assert "libc.so.6 is no CUDA driver: " in why_none


def test_a_driver_without_devices_is_an_answer(stand_in: StandIn) -> None:
    stand_in.reset(devices=0)
    assert list_gpus() == Survey((), "the CUDA driver has no device to offer: it answered 100")


def test_every_device_is_described(stand_in: StandIn) -> None:
    stand_in.reset(devices=2, memory_bytes=8 << 30)
    assert list_gpus() == Survey(
        (GpuFacts(0, "CPU stand-in", 8 << 30, "sm_90"), GpuFacts(1, "CPU stand-in", 8 << 30, "sm_90"))
    )


def test_asking_holds_no_context(stand_in: StandIn) -> None:
    list_gpus()
    context = ctypes.c_void_p(1)
    assert ctypes.CDLL(DRIVER).cuCtxGetCurrent(ctypes.byref(context)) == 0
    assert context.value is None
    assert stand_in.facts.contexts == 0


def test_importing_the_cuda_side_needs_none_of_its_packages(tmp_path: Path) -> None:
    for name in ("pycuda", "cuda", "nvidia", "torch", "tensorrt"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not to be imported')\n")
    modules = ("compiler", "devices", "driver", "executor", "gpu", "network", "pictures", "toolkit")
    program = "import sys; sys.path.insert(0, sys.argv[1])\n" + "".join(f"import engine.cuda.{m}\n" for m in modules)
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.gpu
def test_a_real_device_is_described() -> None:
    gpus, why_none = list_gpus()
    if not gpus:
        pytest.skip(why_none)
    assert gpus[0].memory_bytes > 1 << 30
    assert gpus[0].architecture.startswith("sm_")
