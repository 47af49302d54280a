"""A scripted HTTP server for the network's bad days, and one real stack for everything else."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from packshot import Client, RetryPolicy
from packshot.locating import development_key, running_stack
from packshot.stack.leash import leashed
from tests import waiting
from tests.engine.conftest import WEIGHTS
from tests.stopping import held_still
from tests.worker.tiny_generator import write_weights

from .makeshift import MakeshiftServer

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
ENVIRONMENT = {"PACKSHOT_CONCURRENCY": "2"}
LOCALLY = ("--op", "resize:width=48")


@dataclass
class Answer:
    """What the scripted server says once. `cut` closes the connection in the middle of the body."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Heard:
    """One request that it got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedServer:
    """Gives the answers in turn; the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer()]
        self.heard: list[Heard] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def say(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                owner.heard.append(Heard(self.command, self.path, dict(self.headers), body))
                answer = owner._next()
                self.send_response(answer.status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body))}
                for name, value in (headers | answer.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

            do_POST = do_DELETE = do_PATCH = do_GET  # noqa: N815  the base class' names

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def makeshift() -> Iterator[MakeshiftServer]:
    server = MakeshiftServer()
    yield server
    server.close()


@pytest.fixture
def told(makeshift: MakeshiftServer, monkeypatch: pytest.MonkeyPatch) -> MakeshiftServer:
    """The server that the command line asks if nothing else is said."""
    monkeypatch.setenv("PACKSHOT_URL", makeshift.url)
    return makeshift


@dataclass
class Pauses:
    """A clock that only pauses move."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def policy(self, **changes: float) -> RetryPolicy:
        pauses = {"sleep": self.sleep, "async_sleep": self.async_sleep, "clock": lambda: self.now}
        return RetryPolicy(jitter=lambda: 0.5, **pauses, **changes)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def scripted_client(scripted: ScriptedServer, pauses: Pauses) -> Iterator[Client]:
    with Client(scripted.url, "psk_test.secret", retries=pauses.policy()) as client:
        yield client


def clean_environment(**more: str) -> dict[str, str]:
    """This process' environment without anything of Packshot in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
    return kept | ENVIRONMENT | more


def spawn(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    """`packshot` in a process of its own, which ends with this one however it ends: a killed test run leaves none."""
    command = [sys.executable, "-P", "-m", "packshot", *map(str, arguments)]
    return subprocess.Popen(leashed(command, signal.SIGTERM), text=True, **more)


@dataclass
class RunningUp:
    """A `packshot up` in a process of its own."""

    process: subprocess.Popen[str]
    folder: Path
    log: Path

    @property
    def url(self) -> str:
        found = running_stack(self.folder)
        assert found is not None
        return found

    @property
    def key(self) -> str:
        found = development_key(self.folder)
        assert found is not None
        return found

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def start_up(folder: Path, *arguments: str, until: str = "Packshot is ready", **environment: str) -> RunningUp:
    """Starts it and waits until it has said `until` (empty: does not wait)."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "said.log"
    with log.open("w") as said:
        process = spawn(
            "up", "--data", folder, "--port", "0", *arguments,
            stdout=said, stderr=said, cwd=folder, env=clean_environment(**environment), start_new_session=True,
        )  # fmt: skip
    up = RunningUp(process, folder, log)
    if until:
        waiting.until(lambda: until in up.said() or process.poll() is not None)
        assert until in up.said(), up.said()
    return up


def processes_of(folder: Path) -> dict[str, list[int]]:
    """The living processes of the stack on `folder`, by part: api, worker, redis; of each those first that began first.

    Their numbers do not tell: they begin anew after some thousands.
    """
    found: dict[str, list[int]] = {}
    for process in sorted(psutil.process_iter(["create_time"]), key=lambda each: each.info["create_time"] or 0.0):
        try:
            words, environ, where = process.cmdline(), process.environ(), process.cwd()
        except psutil.Error:
            continue
        mine = environ.get("PACKSHOT_DATA_DIR") == str(folder) or any(str(folder) in word for word in words)
        for part, sign in (("api", "api"), ("worker", "worker")):
            if mine and "-m" in words and words[words.index("-m") + 1 :][:1] == [sign]:
                found.setdefault(part, []).append(process.pid)
        if words and "redis-server" in words[0] and where.startswith(str(folder)):  # it rewrites its own title
            found.setdefault("redis", []).append(process.pid)
    return found


@contextmanager
def workers_held(folder: Path) -> Iterator[None]:
    """The stack's workers stand still: however quick they are, and however slow its clients, no job ends meanwhile."""
    with ExitStack() as held:
        for pid in processes_of(folder)["worker"]:
            held.enter_context(held_still(psutil.Process(pid)))
        yield


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """One real stack for the tests that only use it; where it was started lies a folder named as one of its parts."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "api").mkdir()
    (folder / "api" / "__main__.py").write_text("raise SystemExit('the wrong api')")
    running = start_up(folder)
    yield running
    assert running.stop() == 0
    assert processes_of(folder) == {}


@pytest.fixture(scope="session")
def making_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """A real stack whose generator is tiny and was never trained."""
    folder = tmp_path_factory.mktemp("making")
    weights = write_weights(folder / "weights")
    for relight in WEIGHTS.glob("relight-*"):
        (weights / relight.name).symlink_to(relight, target_is_directory=True)
    running = start_up(folder, PACKSHOT_WEIGHTS_DIR=str(weights))
    yield running
    assert running.stop() == 0


@pytest.fixture
def client(up: RunningUp) -> Iterator[Client]:
    with Client(up.url, up.key) as client:
        yield client


@pytest.fixture(autouse=True)
def no_server_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PACKSHOT_URL", "PACKSHOT_API_KEY", "PACKSHOT_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path / "nobody"))


@pytest.fixture
def sample() -> Path:
    return SAMPLES / "mug.jpg"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photos, of as many contents."""
    (tmp_path / "photos").mkdir()
    for number in range(3):
        Image.new("RGB", (24, 32), (number * 40, 30, 80)).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"
