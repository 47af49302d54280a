"""A photo's parts: segments, chunks or boxes taken apart, and put together again so that decoders go on."""

import random
import struct
import zlib
from collections.abc import Callable

from tests.badinput.boxes import all_parts


def split(data: bytes, format_name: str) -> list[bytes]:
    """A file's parts in their order: segments, chunks, or the outermost boxes. Together they are the file."""
    return {"jpeg": _segments, "png": _chunks, "webp": _riff}.get(format_name, _boxes)(data)


def join(parts: list[bytes], format_name: str) -> bytes:
    """The file of these parts, with the sums and lengths mended that stand around them."""
    if format_name == "png":
        return parts[0] + b"".join(map(_summed, parts[1:])) if parts else b""
    data = b"".join(parts)
    if format_name == "webp" and len(data) > 12:
        return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    return data


def _segments(data: bytes) -> list[bytes]:
    """The marker SOI, each segment up to the first scan, and all the rest."""
    parts, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]


def _chunks(data: bytes) -> list[bytes]:
    parts, at = [data[:8]], 8
    while at + 12 <= len(data) and parts[-1][4:8] != b"IEND":
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]


def _summed(chunk: bytes) -> bytes:
    """A chunk with its sum mended; what is none, such as a file's tail, as it is."""
    if len(chunk) < 12 or len(chunk) != 12 + int.from_bytes(chunk[:4], "big"):
        return chunk
    return chunk[:-4] + struct.pack(">I", zlib.crc32(chunk[4:-4]))


def _riff(data: bytes) -> list[bytes]:
    parts, at = [data[:12]], 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]


def _boxes(data: bytes) -> list[bytes]:
    parts, at = [], 0
    for part, around in all_parts(data):
        if not around:
            parts.append(data[part.at : part.end])
            at = part.end
    return [*parts, data[at:]]


def with_body(data: bytes, format_name: str, dice: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """The file with the body of one part, drawn, changed, and the part's own length right again."""
    if format_name in ("heic", "avif"):
        return with_box(data, dice, change)
    parts = split(data, format_name)
    at = dice.randrange(1, len(parts)) if len(parts) > 1 else 0
    part = parts[at]
    if format_name == "jpeg" and 0 < at < len(parts) - 1:
        body = change(part[4:])[:65_533]
        parts[at] = part[:2] + struct.pack(">H", len(body) + 2) + body
    elif format_name == "png" and len(part) >= 12:
        body = change(part[8:-4])
        parts[at] = struct.pack(">I", len(body)) + part[4:8] + body + part[-4:]
    elif format_name == "webp" and len(part) >= 8:
        body = change(part[8:])
        parts[at] = part[:4] + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    else:
        parts[at] = change(part)
    return join(parts, format_name)


def with_box(data: bytes, dice: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """As `with_body`, of any box at any depth; the boxes around it grow, and offsets behind it are moved."""
    found = all_parts(data)
    if not found:
        return change(data)
    part, around = dice.choice(found)
    body = change(data[part.body : part.end])
    grown = len(body) - (part.end - part.body)
    new = bytearray(data[: part.body] + body + data[part.end :])
    for holder in (*around, part):
        size = int.from_bytes(new[holder.at : holder.at + 4], "big")
        if size > 1:
            new[holder.at : holder.at + 4] = struct.pack(">I", (size + grown) & 0xFFFFFFFF)
    return _moved(bytes(new), data, part.end, grown)


def _moved(new: bytes, old: bytes, behind: int, grown: int) -> bytes:
    """Every number in `iloc` that leads into the pixels, led there again."""
    pixels = next((part for part, _ in all_parts(old) if part.kind == b"mdat" and part.at >= behind), None)
    table = next((part for part, _ in all_parts(new) if part.kind == b"iloc"), None)
    if not grown or pixels is None or table is None:
        return new
    changed, at = bytearray(new), table.body
    while at + 4 <= table.end:
        offset = int.from_bytes(changed[at : at + 4], "big")
        if pixels.body <= offset < pixels.end:
            changed[at : at + 4] = struct.pack(">I", max(0, offset + grown))
            at += 3
        at += 1
    return bytes(changed)
