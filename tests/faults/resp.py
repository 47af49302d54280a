"""Cuts what a Redis client sends into its commands (RESP arrays of bulk strings), however the bytes arrive."""

from collections.abc import Iterator


class Commands:
    """One client's stream. Not thread-safe."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
        """Each command that is whole now: its bytes as they came, and its words."""
        self._buffer += data
        while found := self._first():
            end, words = found
            raw = bytes(self._buffer[:end])
            del self._buffer[:end]
            yield raw, words

    def _first(self) -> tuple[int, list[bytes]] | None:
        """(where the first command ends, its words); None while it is not whole."""
        line = self._line(0)
        if line is None:
            return None
        at, head = line
        if not head.startswith(b"*"):  # an inline command, as a person types it
            return at, head.split()
        words = []
        for _ in range(int(head[1:])):
            line = self._line(at)
            if line is None:
                return None
            at, size = line[0], int(line[1][1:])
            if len(self._buffer) < at + size + 2:
                return None
            words.append(bytes(self._buffer[at : at + size]))
            at += size + 2
        return at, words

    def _line(self, start: int) -> tuple[int, bytes] | None:
        end = self._buffer.find(b"\r\n", start)
        return None if end < 0 else (end + 2, bytes(self._buffer[start:end]))
