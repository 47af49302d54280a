"""A TCP proxy before Redis that can delay, hang, refuse, cut, and wait for a certain command."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

import psutil

from tests.faults.resp import Commands
from tests.faults.traps import Action, Trap, digest

_CHUNK_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


class Proxy:
    """Listens on a loopback port and passes everything on to `upstream`, a port on this machine. Thread-safe."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        self.delay_s = 0.0
        self.refuses = False
        self.cut_off: Callable[[], set[int]] | None = None
        self.flowing = threading.Event()
        self.flowing.set()
        self._traps: list[Trap] = []
        self._connections: set[_Connection] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def delay(self, ms: float) -> None:
        """From now on whatever is sent to Redis arrives so much later."""
        self.delay_s = ms / 1000

    def hang(self) -> None:
        """From now on nothing passes in either direction, and nothing is closed."""
        self.flowing.clear()

    def cut(self) -> None:
        """Reset all connections at once; new ones are taken."""
        for connection in self.connections():
            connection.reset()

    def refuse(self) -> None:
        """Reset all connections, and those that come from now on."""
        self.refuses = True
        self.cut()

    def part(self, pids: Callable[[], set[int]]) -> None:
        """Cut these processes off, as a network that parts them from Redis would; all others go on."""
        self.cut_off = pids
        for connection in self.connections():
            if connection.owner() in pids():
                connection.reset()

    def on_command(
        self, command: bytes, text: bytes = b"", action: Action = "cut", *, times: int = 1,
        pids: Callable[[], set[int]] | None = None,
    ) -> Trap:  # fmt: skip
        """A trap for the next command of that name that has `text` in one of its words."""
        trap = Trap(command, text, action, times, pids)
        with self._lock:
            self._traps.append(trap)
        return trap

    def on_script(
        self, script: str, action: Action, *, times: int = 1, pids: Callable[[], set[int]] | None = None
    ) -> Trap:
        """A trap for the next call of one of the record's Lua scripts, such as "submit", "claim" or "end"."""
        return self.on_command(b"EVALSHA", digest(script), action, times=times, pids=pids)

    def drop(self, trap: Trap) -> None:
        """Take one trap away; what it holds goes on."""
        with self._lock:
            self._traps.remove(trap)
        trap.release()

    def clear(self) -> None:
        """End everything that was set above; what was held goes on."""
        with self._lock:
            traps, self._traps = self._traps, []
        self.delay_s, self.refuses, self.cut_off = 0.0, False, None
        for trap in traps:
            trap.release()
        self.flowing.set()

    def close(self) -> None:
        """Take no more connections, and reset those that there are."""
        self.clear()
        self.refuses = True
        self._listener.close()
        self.cut()

    def connections(self) -> "list[_Connection]":
        """Those that are open now."""
        with self._lock:
            return list(self._connections)

    def trap_for(self, words: list[bytes], owner: Callable[[], int | None]) -> Trap | None:
        """The first trap that takes this command."""
        with self._lock:
            traps = list(self._traps)
        return next((trap for trap in traps if trap.takes(words, owner)), None)

    def forget(self, connection: "_Connection") -> None:
        """It was closed."""
        with self._lock:
            self._connections.discard(connection)

    def _accept(self) -> None:
        while True:
            try:
                client, (_, port) = self._listener.accept()
            except OSError:  # closed
                return
            connection = _Connection(self, client, port)
            parted = self.cut_off  # read once: another thread may end it
            if self.refuses or (parted is not None and connection.owner() in parted()):
                connection.reset()
                continue
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=connection.open, args=(self._upstream,), name="proxied", daemon=True).start()


class _Connection:
    """One client's way to Redis and back, in a thread each."""

    def __init__(self, proxy: Proxy, client: socket.socket, port: int) -> None:
        self._proxy, self._client, self._port = proxy, client, port
        self._server: socket.socket | None = None
        self._owner: int | None = None
        self._answers: Trap | None = None

    def owner(self) -> int | None:
        """The process at the other end; None when it is gone."""
        if self._owner is None:
            family = psutil.Process().children(recursive=True)  # all processes of a busy machine would take too long
            self._owner = next((process.pid for process in family if _has_port(process, self._port)), None)
        return self._owner

    def open(self, upstream: int) -> None:
        """Connect to Redis and pass on, until either side closes."""
        try:
            self._server = socket.create_connection(("127.0.0.1", upstream))
            self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self.reset()
            return
        threading.Thread(target=self._pass_answers, name="answers", daemon=True).start()
        self._pass_commands(self._server)

    def reset(self) -> None:
        """Close both sides, the client's with a reset."""
        self._proxy.forget(self)
        for side in filter(None, (self._client, self._server)):
            with contextlib.suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
            side.close()

    def _pass_commands(self, server: socket.socket) -> None:
        commands = Commands()
        with contextlib.suppress(OSError):
            while data := self._client.recv(_CHUNK_BYTES):
                time.sleep(self._proxy.delay_s)  # once for what was sent together, such as a pipeline
                for raw, words in commands.feed(data):
                    self._pass_command(server, raw, words)
        self.reset()

    def _pass_command(self, server: socket.socket, raw: bytes, words: list[bytes]) -> None:
        self._proxy.flowing.wait()
        trap = self._proxy.trap_for(words, self.owner)
        if trap is not None and trap.action == "cut":
            raise OSError("cut")
        if trap is not None and trap.action == "hold":
            trap.hold()
            self._check_sender()
        elif trap is not None:
            self._answers = trap
        server.sendall(raw)

    def _check_sender(self) -> None:
        """OSError when the client is gone: what it sent dies with it."""
        with contextlib.suppress(BlockingIOError):
            if not self._client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                raise OSError("the sender is gone")

    def _pass_answers(self) -> None:
        assert self._server is not None
        with contextlib.suppress(OSError):
            while data := self._server.recv(_CHUNK_BYTES):
                self._proxy.flowing.wait()
                if self._answers is not None and self._answers.action == "cut_answer":
                    break
                if self._answers is not None:
                    self._answers.hold()
                    self._answers = None
                self._client.sendall(data)
        self.reset()


def _has_port(process: psutil.Process, port: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(end.laddr.port == port and end.raddr for end in process.net_connections("tcp"))
    return False
