"""When the head of a request is there as a whole, so that a thread can read it without waiting."""

MOST_HEAD_BYTES = 128 << 10
_MOST_LINE_BYTES = 8192 + 2
_END = b"\r\n\r\n"


def is_whole(received: bytes | bytearray) -> bool:
    """Whether these bytes are enough to serve the request, or to refuse it: too long, or with lines that end in LF."""
    if _END in received or len(received) > MOST_HEAD_BYTES:
        return True
    if received.count(b"\n") != received.count(b"\r\n"):
        return True
    return len(received) > _MOST_LINE_BYTES and b"\r\n" not in received
