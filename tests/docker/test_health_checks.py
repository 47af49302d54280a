"""What containers ask to know whether they are well: programs of their own, that load little and tell why not."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from api.alive import main


def asked(module: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", module]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_a_worker_is_asked_by_a_program_of_its_own() -> None:
    done = asked("worker.alive")  # a process, as what its modules import of each other depends on who comes first
    assert (done.returncode, done.stderr) == (1, "packshot: PACKSHOT_REDIS_URL is not set\n")


def test_so_is_the_api() -> None:
    done = asked("api.alive", PACKSHOT_API_PORT="1")
    assert done.returncode == 1
    assert done.stderr == "packshot: the API does not answer on port 1: ConnectionRefusedError\n"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[http.server.BaseHTTPRequestHandler]]:
    class Answer(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self) -> None:
            self.send_response(self.status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PACKSHOT_API_PORT", str(server.server_port))
    monkeypatch.setenv("PACKSHOT_API_HOST", "0.0.0.0")
    yield Answer
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_api_that_answers_is_well(service: type[http.server.BaseHTTPRequestHandler]) -> None:
    assert main() == 0


def test_one_that_says_it_is_not_is_not(
    service: type[http.server.BaseHTTPRequestHandler], capsys: pytest.CaptureFixture[str]
) -> None:
    service.status = 503  # type: ignore[attr-defined]
    assert main() == 1
    assert "not well" in capsys.readouterr().err


def test_a_port_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PACKSHOT_API_PORT", "tcp://10.0.0.1:80")  # what Kubernetes sets for a Service `packshot-api`
    assert main() == 1
    assert "tcp://10.0.0.1:80: ValueError" in capsys.readouterr().err
