"""How a photo is sent to each kind of server: bodies, forms, and Packshot's three requests."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.peers import calls
from benchmarks.peers.calls import Refused


class Server(BaseHTTPRequestHandler):
    """Answers as its test's script says, and notes what it was asked."""

    asked: list[tuple[str, str, bytes, str]]
    answers: dict[str, tuple[int, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, body, self.headers.get("Authorization", "")))
        status, answer = self.answers.get(self.path.split("?")[0], (404, b"no such path"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815  (http.server's)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Server]]]:
    handler = type("Handler", (Server,), {"asked": [], "answers": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", handler
        running.shutdown()
        thread.join()


def test_a_photo_is_the_body_and_the_task_the_path(server):
    url, handler = server
    handler.answers["/restore"] = 200, b"picture"
    assert calls.post_body(url)("restore", b"photo") == b"picture"
    assert handler.asked[0][:3] == ("POST", "/restore", b"photo")


def test_a_form_carries_photo_and_task_in_parts(server):
    url, handler = server
    handler.answers["/predict"] = 200, b"picture"
    assert calls.post_form(url)("relight", b"\xff\xd8photo") == b"picture"
    body = handler.asked[0][2]
    assert b'name="task"' in body
    assert b"\r\n\r\nrelight\r\n" in body
    assert b"\r\n\r\n\xff\xd8photo\r\n" in body


def test_a_refusal_carries_its_status_and_what_was_said(server):
    url, handler = server
    handler.answers["/restore"] = 400, b"not a photo"
    with pytest.raises(Refused, match="not a photo") as refused:
        calls.post_body(url)("restore", b"x")
    assert refused.value.status == 400


def test_nobody_there_is_a_broken_connection():
    with pytest.raises(Refused) as refused:
        calls.post_body("http://127.0.0.1:9")("restore", b"x", 2.0)
    assert refused.value.status == 0


def test_packshot_is_given_a_job_waited_for_and_asked_for_the_link(server):
    url, handler = server
    handler.answers["/v1/jobs"] = 202, json.dumps({"id": "job_1", "state": "queued"}).encode()
    done = {"id": "job_1", "state": "succeeded", "outputs": [{"url": f"{url}/signed?s=1"}]}
    handler.answers["/v1/jobs/job_1"] = 200, json.dumps(done).encode()
    handler.answers["/signed"] = 200, b"picture"
    assert calls.packshot(url, "key")("restore", b"photo") == b"picture"
    assert [path for _, path, _, _ in handler.asked] == ["/v1/jobs", "/v1/jobs/job_1?wait=20", "/signed?s=1"]
    assert handler.asked[0][3] == "Bearer key"
    assert b'{"op": "restore", "strength": 1.0}' in handler.asked[0][2]


def test_a_job_that_fails_is_a_refusal_by_its_problems_status(server):
    url, handler = server
    failed = {"id": "job_1", "state": "failed", "problem": {"status": 422, "type": "image-corrupt"}}
    handler.answers["/v1/jobs"] = 202, json.dumps(failed).encode()
    with pytest.raises(Refused, match="image-corrupt") as refused:
        calls.packshot(url, "key")("restore", b"photo")
    assert refused.value.status == 422
