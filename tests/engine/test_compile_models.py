"""`python -m engine`: its exit codes, what it prints where, and that a second run builds nothing."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine import __main__ as command
from engine.cuda.devices import GpuFacts, Survey
from engine.errors import BackendUnavailable
from tests.engine.backends.tensorrt.conftest import forget_tensorrt, install_standin

Run = Callable[..., tuple[int, str, str]]


class NoCuda:
    """An open device of which nothing but its name is asked."""

    name = "NVIDIA Stand-in"
    architecture = "sm_90"
    opened = 0
    closed = 0

    def __init__(self, index: int) -> None:
        if index != 0:
            raise BackendUnavailable(f"CUDA device {index} cannot be opened: there is one")
        NoCuda.opened += 1

    def close(self) -> None:
        NoCuda.closed += 1


@pytest.fixture
def tensorrt(monkeypatch: pytest.MonkeyPatch) -> Any:
    yield install_standin(monkeypatch)
    forget_tensorrt()


@pytest.fixture
def run(
    tensorrt: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    weights_of: Callable[..., Path],
    onnx_of: Callable[..., bytes],
    tmp_path: Path,
) -> Run:
    """Runs a command on a machine with one GPU and the models "mirror" and "other"; (exit code, stdout, stderr)."""
    weights = weights_of(onnx_of(["Relu"]))
    weights_of(onnx_of(["Neg"]), folder="other-1", model="other")
    monkeypatch.setenv("PACKSHOT_WEIGHTS_DIR", str(weights))
    monkeypatch.setenv("PACKSHOT_PLANS_DIR", str(tmp_path / "plans"))
    monkeypatch.setenv("PACKSHOT_PRECISION", "fp32")
    monkeypatch.setenv("PACKSHOT_MAX_BATCH_SIZE", "2")
    monkeypatch.setattr("engine.cuda.driver.Cuda", NoCuda)
    monkeypatch.setattr("engine.backends.tensorrt.library._driver_major", lambda: 13)
    NoCuda.opened = NoCuda.closed = 0

    def main(*arguments: str) -> tuple[int, str, str]:
        code = command.main(arguments)
        return code, *capsys.readouterr()

    return main


def test_every_model_is_compiled_with_its_progress_on_stderr(run: Run, tmp_path: Path) -> None:
    code, out, err = run("compile", "--all")
    assert code == 0
    assert [line.split(":")[0] for line in out.splitlines()] == ["mirror 1", "other 1"]
    assert "mirror 1: fp32 plan built in" in out
    assert "mirror: building the fp32 plan, since there is none" in err
    assert "mirror: Building engine 100%" in err
    assert len(list((tmp_path / "plans").glob("*.plan"))) == 2
    assert NoCuda.opened == NoCuda.closed == 1


def test_a_second_run_builds_nothing(run: Run, tensorrt: ModuleType) -> None:
    run("compile", "--all")
    code, out, err = run("compile", "--all")
    assert (code, err, len(tensorrt.behaviour.built)) == (0, "", 2)
    assert out.count("found ready") == 2


def test_named_models_alone_are_compiled_and_told_as_json(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("compile", "other", "--json", "--plans-dir", str(tmp_path / "elsewhere"))
    report = json.loads(out)
    assert code == 0
    assert report["machine"] == {
        "gpu": "NVIDIA Stand-in",
        "compute_capability": "9.0",
        "driver": 13,
        "tensorrt": "10.16.1.11",
    }
    assert report["plans_dir"] == str(tmp_path / "elsewhere")
    (plan,) = report["plans"]
    assert (plan["model"], plan["precision"], plan["is_new"]) == ("other", "fp32", True)
    assert (tmp_path / "elsewhere" / plan["file"]).stat().st_size == plan["size_bytes"]
    assert "error" not in plan


def test_plans_are_compiled_for_the_batch_sizes_that_the_settings_allow(run: Run, tensorrt: ModuleType) -> None:
    run("compile", "mirror")
    shapes = [profile["input"] for profile in tensorrt.behaviour.built[0]["profiles"]]
    assert [(least[0], most[0]) for least, _, most in shapes] == [(1, 2)] * 4


def test_an_altered_plan_is_built_anew_and_told(run: Run, tmp_path: Path, tensorrt: ModuleType) -> None:
    run("compile", "mirror")
    (plan,) = (tmp_path / "plans").glob("*.plan")
    plan.write_bytes(b"evil")
    code, _, err = run("compile", "mirror")
    assert code == 0
    assert "is not to be trusted: its manifest promises SHA-256" in err
    assert len(tensorrt.behaviour.built) == 2


def test_a_model_that_fails_is_exit_code_1_and_the_others_are_compiled(run: Run, tmp_path: Path) -> None:
    weights = tmp_path / "weights" / "mirror-1" / "model.onnx"
    weights.write_bytes(b"not what the card promises")
    code, out, _ = run("compile", "--all")
    assert code == 1
    assert "mirror 1: failed: " in out
    assert "the card promises SHA-256" in out
    assert "other 1: fp32 plan built" in out
    code, out, _ = run("compile", "--all", "--json")
    assert code == 1
    assert "file" not in json.loads(out)["plans"][0]


def test_a_build_that_fails_is_exit_code_1_with_tensorrts_reason(run: Run, tensorrt: ModuleType) -> None:
    tensorrt.behaviour.build_error = "no implementation for node Relu_0"
    code, out, _ = run("compile", "mirror")
    assert code == 1
    assert "no implementation for node Relu_0" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compile", "nonsense"), "the models here are mirror, other; received nonsense"),
        (("compile",), "MODEL --all is required"),
        (("compile", "--all", "mirror"), "not allowed with"),
        (("compile", "--all", "--precision", "fp8"), "invalid choice: 'fp8'"),
        ((), "the following arguments are required: command"),
        (("compile", "--all", "--gpu", "5000"), "a whole number from 0 to 1023; received '5000'"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(run: Run, capsys: Any, arguments: Any, message: str) -> None:
    try:
        code, _, err = run(*arguments)
    except SystemExit as ended:  # argparse's own
        code, err = int(ended.code or 0), capsys.readouterr().err
    assert code == 2
    assert message in err


def test_a_wrong_setting_is_exit_code_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_GPU", "first")
    code, _, err = run("compile", "--all")
    assert code == 2
    assert "PACKSHOT_GPU: a whole number" in err


def test_without_tensorrt_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    code, _, err = run("compile", "--all")
    assert code == 3
    assert "TensorRT cannot be imported" in err
    assert "pip install 'packshot-server[tensorrt]'" in err


def test_a_tensorrt_that_is_too_old_is_refused(run: Run, tensorrt: ModuleType) -> None:
    tensorrt.__version__ = "8.6.1"
    code, _, err = run("compile", "--all")
    assert code == 3
    assert "versions 10 and 11; received 8.6.1" in err


def test_without_the_device_it_is_exit_code_3(run: Run) -> None:
    code, _, err = run("compile", "--all", "--gpu", "1")
    assert code == 3
    assert "CUDA device 1 cannot be opened" in err


def test_an_interrupted_build_keeps_nothing_and_gives_the_device_back(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    planner = importlib.import_module("engine.backends.tensorrt.planner")
    monkeypatch.setattr(planner, "build_plan", interrupt)
    code, _, err = run("compile", "--all")
    assert code == 130
    assert "interrupted" in err
    assert not list((tmp_path / "plans").glob("*.plan"))
    assert NoCuda.closed == 1


def test_devices_are_listed_for_people_and_for_programs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = (GpuFacts(0, "NVIDIA H200", 141 << 30, "sm_90"), GpuFacts(1, "NVIDIA L4", 23 << 30, "sm_89"))
    monkeypatch.setattr(command, "list_gpus", lambda: Survey(gpus))
    code, out, _ = run("devices")
    assert (code, out) == (0, "0  NVIDIA H200  141 GiB  sm_90\n1  NVIDIA L4  23 GiB  sm_89\n")
    code, out, _ = run("devices", "--json")
    assert json.loads(out)["gpus"][1] == {
        "number": 1,
        "name": "NVIDIA L4",
        "memory_bytes": 23 << 30,
        "architecture": "sm_89",
    }


def test_without_devices_the_reason_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "list_gpus", lambda: Survey((), "no CUDA driver: libcuda.so.1 is absent"))
    code, out, err = run("devices", "--json")
    assert (code, json.loads(out)["gpus"]) == (3, [])
    assert "libcuda.so.1 is absent" in err


def test_a_plan_in_fp16_without_the_onnx_package_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "engine.backends.tensorrt.precision", raising=False)
    code, out, _ = run("compile", "mirror", "--precision", "fp16")
    assert code == 1
    assert "cannot be imported" in out
    assert "pip install onnx, or set PACKSHOT_PRECISION=fp32" in out
