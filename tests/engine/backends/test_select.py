import sys

import pytest

from engine.backends.select import choose_backend
from engine.cuda.devices import GpuFacts, Survey
from engine.errors import BackendUnavailable
from engine.settings import EngineSettings

NO_GPU = Survey((), "no CUDA driver: libcuda.so.1 is absent")
ONE_GPU = Survey((GpuFacts(0, "Test GPU", 1 << 30, "sm_90"),))


def test_auto_takes_the_cpu_where_there_is_no_gpu_and_says_why():
    backend, why = choose_backend(EngineSettings(), NO_GPU)
    assert backend.name == "onnxruntime"
    assert why == "auto: no CUDA driver: libcuda.so.1 is absent"


def test_auto_on_a_gpu_without_its_packages_takes_the_cpu_and_names_each_refusal(monkeypatch, caplog):
    for package in ("tensorrt", "torch", "pycuda"):
        monkeypatch.setitem(sys.modules, package, None)
    backend, why = choose_backend(EngineSettings(), ONE_GPU)
    assert backend.name == "onnxruntime"
    assert "tensorrt: " in why
    assert "torch: " in why
    assert why in caplog.text


@pytest.mark.parametrize("name", ["tensorrt", "torch", "openvino"])
def test_a_backend_asked_for_by_name_that_cannot_run_is_an_error(name, monkeypatch):
    for package in ("tensorrt", "torch", "openvino", "pycuda"):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.delitem(sys.modules, f"engine.backends.{package}", raising=False)  # another test may have used it
    with pytest.raises(BackendUnavailable):
        choose_backend(EngineSettings(backend=name), ONE_GPU)


@pytest.mark.parametrize("package", ["tensorrt", "torch"])
def test_a_package_whose_libraries_are_missing_counts_as_absent(package, monkeypatch, tmp_path):
    (tmp_path / f"{package}.py").write_text("raise OSError('libcudart.so.13: cannot open shared object file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("tensorrt", "torch", "pycuda"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in (package, f"engine.backends.{package}.backend"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    backend, why = choose_backend(EngineSettings(), ONE_GPU)
    assert backend.name == "onnxruntime"
    assert f"{package}: " in why
    assert "libcudart.so.13: cannot open" in why


def test_the_backend_asked_for_by_name_is_taken():
    backend, why = choose_backend(EngineSettings(backend="onnxruntime", threads=1), ONE_GPU)
    assert (backend.name, why) == ("onnxruntime", "PACKSHOT_BACKEND=onnxruntime")


def test_the_fake_is_made_with_its_plan():
    backend, _ = choose_backend(EngineSettings(backend="fake", fake_plan="slot_ms=4"))
    assert "slot_ms=4" in backend.describe()["plan"]
