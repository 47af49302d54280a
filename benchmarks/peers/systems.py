"""The systems that are compared, and how each is started, found ready and ended."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.peers import calls, tree
from benchmarks.peers.calls import Call
from benchmarks.service import Service

ROOT = Path(__file__).parents[2]
_ENVIRONMENTS = ROOT / ".venv-peers"
_SERVING = "benchmarks.peers.serving"
_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 15.0
_REQUEST_BYTES = 100 << 20


@dataclass(frozen=True)
class System:
    """One way to serve the networks. `label` is what tables call it, `environment` the folder in .venv-peers."""

    name: str
    label: str
    command: Callable[[int, Path], list[str]] | None = None
    """For a port, and a folder of its own."""
    calls: Callable[[str], Call] = calls.post_body
    precision: str = "fp32"
    package: str = ""

    @property
    def environment(self) -> Path | None:
        """Where its packages are; None of Packshot, which runs as it is installed."""
        return _ENVIRONMENTS / self.name.split("@")[0] if self.command else None

    @property
    def missing(self) -> bool:
        """Whether its environment was not built."""
        return self.environment is not None and not (self.environment / "bin" / "python").exists()


@dataclass(frozen=True)
class Running:
    """A system that answers: `call` takes a photo through it, `root` is its first process."""

    system: System
    call: Call
    root: int
    url: str
    key: str = ""
    log: Path = field(default_factory=Path)


def _python(name: str, *arguments: str) -> list[str]:
    return [str(_ENVIRONMENTS / name / "bin" / "python"), *arguments]


def _litserve(port: int, _folder: Path) -> list[str]:
    return _python("litserve", "-m", f"{_SERVING}.with_litserve", str(port))


def _bentoml(port: int, _folder: Path) -> list[str]:
    entry = f"{_SERVING}.with_bentoml:Pictures"
    return _python("bentoml", "-m", "bentoml", "serve", entry, "--host", "127.0.0.1", "--port", str(port))


def _mosec(port: int, folder: Path) -> list[str]:
    limits = ["--timeout", str(round(calls.TIMEOUT_S * 1000)), "--max-request-size", str(_REQUEST_BYTES)]
    where = ["--port", str(port), "--address", "127.0.0.1", "--path", str(folder / "mosec")]
    return _python("mosec", "-m", f"{_SERVING}.with_mosec", *where, *limits)


def _ray(port: int, folder: Path) -> list[str]:
    return _python("ray", "-m", f"{_SERVING}.with_ray", str(port), str(folder / "ray"))


def _flask(port: int, _folder: Path) -> list[str]:
    gunicorn = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--timeout", "600"]
    return _python("flask", *gunicorn, f"{_SERVING}.with_flask:app")


SYSTEMS = {
    system.name: system
    for system in (
        System("packshot", "Packshot as shipped (INT8)", precision="auto"),
        System("packshot@fp32", "Packshot, FP32"),
        System("litserve", "LitServe", _litserve, calls.post_form, package="litserve"),
        System("bentoml", "BentoML", _bentoml, package="bentoml"),
        System("mosec", "Mosec", _mosec, package="mosec"),
        System("ray", "Ray Serve", _ray, package="ray"),
        System("flask", "Flask, one at a time", _flask, package="flask"),
        System("litserve@int8", "LitServe, INT8", _litserve, calls.post_form, "int8", "litserve"),
        System("bentoml@int8", "BentoML, INT8", _bentoml, calls.post_body, "int8", "bentoml"),
        System("mosec@int8", "Mosec, INT8", _mosec, calls.post_body, "int8", "mosec"),
        System("ray@int8", "Ray Serve, INT8", _ray, calls.post_body, "int8", "ray"),
        System("flask@int8", "Flask, one at a time, INT8", _flask, calls.post_body, "int8", "flask"),
    )
}
DEFAULT = ("packshot", "packshot@fp32", "litserve", "bentoml", "mosec", "ray", "flask", "litserve@int8")
"""One peer with the INT8 network, too: what Packshot as shipped owes to that network and what to itself."""


@contextmanager
def running(system: System, port: int, *, data_gib: float, policy: str = "shape") -> Iterator[Running]:
    """The system, ready, until the block ends; each of its processes may hold so much data (RLIMIT_DATA).

    Raises RuntimeError with the end of its log where it is not ready in two minutes.
    """
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if system.command is None:
            with _limited(data_gib):
                service = Service(folder, settings={"PACKSHOT_PRECISION": system.precision})
                service.__enter__()
            try:
                call = calls.packshot(service.url, service.key())
                yield Running(system, call, service.root, service.url, service.key(), folder / "service.log")
            finally:
                service.__exit__(None, None, None)
        else:
            with _peer(system, port, folder, data_gib, policy) as peer:
                yield peer


@contextmanager
def _peer(system: System, port: int, folder: Path, data_gib: float, policy: str) -> Iterator[Running]:
    assert system.command
    told = {"PEERS_PRECISION": system.precision, "PEERS_POLICY": policy, "PYTHONPATH": str(ROOT)}
    alone = {"OPENBLAS_NUM_THREADS": "1"}  # as a worker of Packshot has it: NumPy's other threads would only spin
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "BENTOML_DO_NOT_TRACK": "1", "BENTOML_HOME": str(folder / "bentoml")}
    log = folder / "peer.log"
    with log.open("wb") as file, _limited(data_gib):
        process = subprocess.Popen(
            system.command(port, folder), env=dict(os.environ) | told | alone | quiet, cwd=folder, stdout=file,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        call = system.calls(url)
        _await_answer(call, process, log)
        yield Running(system, call, process.pid, url, log=log)
    finally:
        _end(process)


def _await_answer(call: Call, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it takes a photo through: ready is who answers."""
    from benchmarks.peers.photos import photo_of

    small = photo_of(0.05).data
    give_up_at = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            call("relight", small)
        except calls.Refused as error:
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"it did not start ({error}); its log ends:\n{log.read_text()[-3000:]}") from error
            time.sleep(0.2)
        else:
            return


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end; then end what is left of its family by force."""
    family = tree.family(process.pid)
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_TIMEOUT_S)
    for left in family:
        with contextlib.suppress(psutil.Error):
            left.kill()
    process.wait()
    psutil.wait_procs(family, timeout=_STOP_TIMEOUT_S)


@contextmanager
def _limited(data_gib: float) -> Iterator[None]:
    """Processes started within the block may hold so much data each; 0: as much as there is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (round(data_gib * 2**30) if data_gib else soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def python_of(system: System) -> str:
    """The interpreter it runs on."""
    return str(system.environment / "bin" / "python") if system.environment else sys.executable
