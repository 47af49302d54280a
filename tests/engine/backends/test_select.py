import pytest

from engine.backends.select import choose_backend, cuda_verdict
from engine.errors import BackendUnavailable
from engine.settings import EngineSettings


def test_auto_takes_the_cpu_and_says_why():
    backend, why = choose_backend(EngineSettings(backend="auto", threads=1))
    assert backend.name == "onnxruntime"
    assert why.startswith("auto: ")
    assert "libcuda.so.1" in why


def test_an_absent_driver_is_told_from_a_present_one():
    assert cuda_verdict("libnothing-of-this-name.so.9") == "no CUDA device: libnothing-of-this-name.so.9 is absent"
    assert "is present" in cuda_verdict("libc.so.6")


@pytest.mark.parametrize("name", ["tensorrt", "torch"])
def test_a_backend_asked_for_by_name_that_cannot_run_is_refused_and_not_replaced(name):
    with pytest.raises(BackendUnavailable, match=f"'{name}' was asked for.*available: auto, onnxruntime, fake"):
        choose_backend(EngineSettings(backend=name))


def test_the_fake_backend_follows_the_plan_of_the_settings():
    backend, _ = choose_backend(EngineSettings(backend="fake", fake_plan="slot_ms=4"))
    assert "slot_ms=4" in backend.describe()["plan"]
