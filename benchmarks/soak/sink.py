"""A receiver of webhooks on this machine that refuses some of them, so that retries are part of the work."""

import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSED_EVERY = 7


class Sink:
    """Answers 204, and every seventh request 500. `received` counts them."""

    def __init__(self) -> None:
        numbers, sink = itertools.count(1), self
        self.received = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                sink.received = next(numbers)
                self.send_response(500 if sink.received % REFUSED_EVERY == 0 else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
