"""Is Redis there? Asked in its own protocol, so that the client needs no Redis library."""

import socket
from urllib.parse import unquote, urlsplit


def answers(url: str, timeout_s: float = 1.0) -> bool:
    """Whether the Redis at `url` (redis://[user]:password@host:port/…) takes the password and has its data loaded."""
    return _pinged(url, timeout_s).startswith("+PONG")


def refusal(url: str, timeout_s: float = 0.5) -> str | None:
    """Why it does no work though it runs, in its own words, such as `MISCONF Errors writing to the AOF file: …`.

    Empty where it works; None where it says neither: it is not there, or too slow.
    """
    told = _pinged(url, timeout_s)
    if told.startswith("+PONG"):
        return ""
    return told.removeprefix("-").strip() if told.startswith("-") else None


def _pinged(url: str, timeout_s: float) -> str:
    """The line that Redis answers PING, or the password, with; nothing where it answers nothing."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout_s) as connection:
            connection.settimeout(timeout_s)
            if parts.password:
                words = ["AUTH", *([parts.username] if parts.username else []), parts.password]
                told = _ask(connection, [unquote(word) for word in words])
                if not told.startswith(b"+OK"):
                    return told.decode(errors="replace")
            return _ask(connection, ["PING"]).decode(errors="replace")
    except OSError:
        return ""


def _ask(connection: socket.socket, words: list[str]) -> bytes:
    encoded = [word.encode() for word in words]
    connection.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
    answer = b""
    while not answer.endswith(b"\r\n"):
        received = connection.recv(256)
        if not received:
            break
        answer += received
    return answer
