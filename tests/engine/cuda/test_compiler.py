"""Kernels compile for every architecture that is promised, without a GPU; and only cubins of our own are loaded."""

from pathlib import Path

import pytest

from engine.cuda.compiler import KernelCompiler
from engine.cuda.errors import KernelRefused
from engine.errors import BackendUnavailable
from engine.kernels.launches import KERNELS_DIR
from tests.engine.cuda.conftest import require
from tests.engine.kernels.compiled import kernels_of

ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120")  # Turing to Blackwell
SOURCES = sorted(KERNELS_DIR.glob("*.cu"))
PLAIN = 'extern "C" __global__ void nothing() {}\n'


@pytest.fixture(autouse=True)
def nvrtc() -> None:
    require("cuda.bindings")
    require("nvidia.cu13")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "nothing.cu"
    path.write_text(PLAIN)
    return path


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files NVRTC was asked to compile."""
    asked: list[str] = []
    compile_anew = KernelCompiler._compile

    def note(self: KernelCompiler, source: Path, options: tuple[str, ...]) -> bytes:
        asked.append(source.name)
        return compile_anew(self, source, options)

    monkeypatch.setattr(KernelCompiler, "_compile", note)
    return asked


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_kernel_compiles_for_every_architecture(source: Path, architecture: str, tmp_path: Path) -> None:
    cubin = KernelCompiler(tmp_path, architecture).cubin(source)
    assert cubin[:4] == b"\x7fELF"
    for kernel in kernels_of(source):
        assert kernel.encode() in cubin


def test_a_cubin_is_compiled_once_and_read_afterwards(source: Path, tmp_path: Path, compiled: list[str]) -> None:
    folder = tmp_path / "kept"
    first = KernelCompiler(folder, "sm_90").cubin(source)
    assert KernelCompiler(folder, "sm_90").cubin(source) == first
    assert compiled == ["nothing.cu"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.suffix for path in folder.iterdir()] == [".cubin"]


def test_another_source_or_architecture_is_compiled_anew(source: Path, tmp_path: Path, compiled: list[str]) -> None:
    KernelCompiler(tmp_path, "sm_90").cubin(source)
    KernelCompiler(tmp_path, "sm_80").cubin(source)
    source.write_text(PLAIN + "// changed\n")
    KernelCompiler(tmp_path, "sm_90").cubin(source)
    assert len(compiled) == 3


@pytest.mark.parametrize("kept_bytes", [-1, 100, 0])
def test_an_altered_cubin_is_not_loaded(
    source: Path, tmp_path: Path, compiled: list[str], caplog: pytest.LogCaptureFixture, kept_bytes: int
) -> None:
    good = KernelCompiler(tmp_path, "sm_90").cubin(source)
    (kept,) = tmp_path.glob("*.cubin")
    kept.write_bytes(kept.read_bytes()[:kept_bytes] + b"x")
    assert KernelCompiler(tmp_path, "sm_90").cubin(source) == good
    assert "is not what was written there" in caplog.text
    assert len(compiled) == 2


def test_a_cubin_of_another_source_is_not_taken_for_this_one(source: Path, tmp_path: Path) -> None:
    KernelCompiler(tmp_path, "sm_90").cubin(source)
    (other,) = tmp_path.glob("*.cubin")
    source.write_text(PLAIN.replace("nothing", "something"))
    wanted = KernelCompiler(tmp_path, "sm_90").cubin(source)
    (mine,) = set(tmp_path.glob("*.cubin")) - {other}
    mine.write_bytes(other.read_bytes())
    assert KernelCompiler(tmp_path, "sm_90").cubin(source) == wanted


def test_a_folder_that_others_may_write_to_is_refused(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(BackendUnavailable, match=r"nobody else may write to; received owner .* mode 777"):
        KernelCompiler(folder, "sm_90").cubin(source)


def test_a_folder_that_cannot_be_written_costs_a_compilation_each_time(
    source: Path, tmp_path: Path, compiled: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        assert KernelCompiler(tmp_path / "file" / "folder", "sm_90").cubin(source)
    assert len(compiled) == 2
    assert "cannot be kept" in caplog.text


def test_a_full_disk_is_not_filled_further(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(draft: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    assert KernelCompiler(tmp_path / "kept", "sm_90").cubin(source)
    assert not list((tmp_path / "kept").iterdir())


def test_what_does_not_compile_is_refused_with_the_compilers_words(tmp_path: Path) -> None:
    bad = tmp_path / "bad.cu"
    bad.write_text("this is no C++\n")
    with pytest.raises(KernelRefused, match=r"bad\.cu for sm_90: .*error"):
        KernelCompiler(tmp_path, "sm_90").cubin(bad)
    with pytest.raises(KernelRefused, match="sm_1"):
        KernelCompiler(tmp_path, "sm_1").cubin(bad)


def test_cuda_bindings_without_the_nvrtc_library_are_not_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse() -> None:
        raise RuntimeError("Failure finding libnvrtc.so")  # what cuda-bindings raise, from a class of their own

    monkeypatch.setattr("cuda.bindings.nvrtc.nvrtcVersion", refuse)
    with pytest.raises(BackendUnavailable, match="NVRTC cannot be loaded: Failure finding"):
        KernelCompiler(tmp_path, "sm_90")


def test_headers_are_found_in_a_toolkit_or_missed_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.cuda.toolkit._wheels", list)
    monkeypatch.setattr("engine.cuda.toolkit._TOOLKIT", tmp_path / "absent")
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    with pytest.raises(BackendUnavailable, match="nvidia-cuda-runtime, or set CUDA_HOME"):
        KernelCompiler(tmp_path, "sm_90")
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "cuda_fp16.h").touch()
    KernelCompiler(tmp_path, "sm_90")
