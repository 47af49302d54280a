"""Decoding children: how one is started, given its photo, and ended; and a few that are there before their photo is.

A child costs some 8 ms of processor time, most of it in the fork, which a photo need not wait for. Each child still
decodes one photo and is gone: none of them has ever seen another's bytes. Knows nothing of what is decoded.
"""

import json
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing import forkserver, util
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from worker.decoder_child import DecodeLimits, PassedFile, await_photo

_EXIT_WAIT_S = 5.0
_SERVER_WAIT_S = 5.0
_SERVER_POLL_S = 0.01
_SERVER_SILENT_S = 60.0  # a fork takes milliseconds, and the server's own start, imports and all, a second or two


@dataclass(frozen=True)
class Child:
    """A process that waits for a photo over `line`, and answers over `reader`."""

    process: ForkServerProcess
    line: socket.socket
    reader: Connection

    def give(self, files: Sequence[int], limits: DecodeLimits) -> None:
        """Hand it the photo's file, and the file for its pixels where those are wanted. OSError where it is dead."""
        socket.send_fds(self.line, [json.dumps(asdict(limits)).encode()], list(files))

    def is_there(self) -> bool:
        """Whether it still waits: it may have been killed meanwhile, or its fork server."""
        return not wait([self.process.sentinel], 0)


class Children:
    """Starts children from `context`'s fork server, and keeps up to `spares` of them waiting. Thread-safe.

    The spares come from a thread of their own, after the first photo. They end with this process, whatever ends it: the
    line to them does.
    """

    def __init__(self, context: multiprocessing.context.ForkServerContext, spares: int = 0) -> None:
        self._context = context
        self._waiting: deque[Child] = deque()
        self._wanted = spares
        self._called = threading.Event()
        self._thread: threading.Thread | None = None
        # Process.start() polls all children, and two polls at once lose an exit code (CPython 3.11, popen_forkserver)
        self._polling = threading.Lock()

    def hand_over(self, files: Sequence[int], limits: DecodeLimits) -> Child:
        """A child that has got these files: one that waited, or a new one."""
        while True:
            child = self._spare()
            if child is None:
                child = self._start()
                with suppress(OSError):  # its exit code tells
                    child.give(files, limits)
                return child
            with suppress(OSError):  # it died just now, before it had seen anything
                child.give(files, limits)
                return child
            self.end(child, kill=True)

    def end(self, child: Child, *, kill: bool) -> int | None:
        """Wait for its end, by force where it hangs; returns its exit code. Then a spare may be started."""
        if kill:
            child.process.kill()
        if not wait([child.process.sentinel], _EXIT_WAIT_S):
            child.process.kill()
            if not wait([child.process.sentinel], _EXIT_WAIT_S):
                end_server()  # which tells of children's ends, and does not
        child.line.close()
        child.reader.close()
        with self._polling:
            child.process.join()
            exit_code = child.process.exitcode
            child.process.close()
        if self._wanted:
            self._call_for_spares()
        return exit_code

    def close(self) -> None:
        """End those that wait; photos that come later have children of their own."""
        self._wanted = 0
        self._called.set()
        if self._thread is not None:
            self._thread.join()
        while self._waiting:
            self.end(self._waiting.popleft(), kill=True)

    def _spare(self) -> Child | None:
        while self._waiting:
            try:
                child = self._waiting.popleft()
            except IndexError:  # another thread was quicker
                return None
            if child.is_there():
                return child
            self.end(child, kill=True)
        return None

    def _start(self) -> Child:
        reader, writer = self._context.Pipe(duplex=False)
        ours, theirs = socket.socketpair()
        with ExitStack() as unless_it_starts, writer, theirs:
            unless_it_starts.callback(ours.close)
            unless_it_starts.callback(reader.close)
            process = self._context.Process(
                target=self._main(), args=(PassedFile(theirs.fileno()), writer), daemon=True
            )
            self._start_process(process)
            unless_it_starts.pop_all()
        return Child(process, ours, reader)

    def _start_process(self, process: ForkServerProcess) -> None:
        """Start it; a fork server that is just being killed refuses until the system has taken it away."""
        give_up_at = None
        while True:
            with self._polling, _watched():
                try:
                    return process.start()
                except (ConnectionError, EOFError, FileNotFoundError) as error:
                    give_up_at = give_up_at or time.monotonic() + _SERVER_WAIT_S
                    if time.monotonic() > give_up_at:
                        raise
                    if isinstance(error, FileNotFoundError):  # nobody else has got a child of another server meanwhile
                        _let_another_server_listen()
            time.sleep(_SERVER_POLL_S)

    def _main(self) -> Callable[[int, Connection], None]:
        """What the next child runs."""
        return await_photo

    def _call_for_spares(self) -> None:
        with self._polling:
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_spares, name="decoder-spares", daemon=True)
                self._thread.start()
        self._called.set()

    def _keep_spares(self) -> None:
        while self._wanted:
            self._called.wait()
            self._called.clear()
            with suppress(OSError, EOFError, RuntimeError):  # no process, thread or server to be had: a photo will tell
                while len(self._waiting) < self._wanted:
                    self._waiting.append(self._start())


def end_server() -> None:
    """Kill the fork server of this process: the next child gets another, and those of this one count as lost."""
    pid = vars(forkserver._forkserver)["_forkserver_pid"]  # CPython 3.11 tells it nowhere else
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _let_another_server_listen() -> None:
    """Somebody has cleared the folder of temporary files, and with it the socket that the fork server is called by."""
    end_server()
    Path(util.get_temp_dir()).mkdir(mode=0o700, parents=True, exist_ok=True)  # the path is remembered, not made anew


@contextmanager
def _watched() -> Iterator[None]:
    """A fork server that has stopped would be waited for without end, and all photos behind it: so it is killed."""
    watch = threading.Timer(_SERVER_SILENT_S, end_server)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
