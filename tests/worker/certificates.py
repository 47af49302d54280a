"""A certificate that signs itself, and its key, made anew for each run: P-256 and DER (RFC 5280, SEC 1) by hand.

The standard library makes no certificates, and a key kept in the repository would outlive its purpose.
"""

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_CURVE = "1.2.840.10045.3.1.7"
_EC_KEY = "1.2.840.10045.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"

INTEGER, BITS, OCTETS, NAME_TEXT, TIME, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x0C, 0x17, 0x30, 0x31


def self_signed(host):
    """PEM of a certificate for `host`, valid from yesterday to tomorrow, and PEM of its key."""
    key = 1 + secrets.randbelow(_N - 1)
    public = b"\4" + b"".join(part.to_bytes(32) for part in _times(key, _G))
    body = _to_be_signed(host, public)
    certificate = der(SEQUENCE, body, der(SEQUENCE, _oid(_ECDSA_SHA256)), _bits(_signature(key, body)))
    private = der(
        SEQUENCE,
        _integer(1),
        der(OCTETS, key.to_bytes(32)),
        der(0xA0, _oid(_CURVE)),
        der(0xA1, _bits(public)),
    )
    return _pem("CERTIFICATE", certificate), _pem("EC PRIVATE KEY", private)


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag]) + (length or b"\0" if len(content) < 128 else bytes([128 + len(length)]) + length) + content


def _to_be_signed(host, public):
    name = der(SEQUENCE, der(SET, der(SEQUENCE, _oid("2.5.4.3"), der(NAME_TEXT, b"A test's own"))))
    alternative = der(OCTETS, der(SEQUENCE, der(0x82, host.encode())))
    authority = der(OCTETS, der(SEQUENCE, b"\x01\x01\xff"))
    extensions = der(
        SEQUENCE,
        der(SEQUENCE, _oid("2.5.29.17"), alternative),
        der(SEQUENCE, _oid("2.5.29.19"), b"\x01\x01\xff", authority),
    )
    now = datetime.now(UTC)
    times = [der(TIME, f"{now + timedelta(days=days):%y%m%d%H%M%S}Z".encode()) for days in (-1, 1)]
    return der(
        SEQUENCE,
        der(0xA0, _integer(2)),
        _integer(1 + secrets.randbelow(2**63)),
        der(SEQUENCE, _oid(_ECDSA_SHA256)),
        name,
        der(SEQUENCE, *times),
        name,
        der(SEQUENCE, der(SEQUENCE, _oid(_EC_KEY), _oid(_CURVE)), _bits(public)),
        der(0xA3, extensions),
    )


def _signature(key, message):
    digest = int.from_bytes(hashlib.sha256(message).digest())
    nonce = 1 + secrets.randbelow(_N - 1)
    r = _times(nonce, _G)[0] % _N
    s = pow(nonce, -1, _N) * (digest + r * key) % _N
    return der(SEQUENCE, _integer(r), _integer(s))


def _times(scalar, point):
    """`scalar` times a point of the curve, by doubling and adding."""
    total = None
    for bit in f"{scalar:b}":
        total = _plus(total, total)
        if bit == "1":
            total = _plus(total, point)
    return total


def _plus(a, b):
    if a is None or b is None:
        return a or b
    (x1, y1), (x2, y2) = a, b
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, _P) if a == b else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _integer(value):
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _bits(content):
    return der(BITS, b"\0", content)


def _oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    return der(0x06, bytes([40 * first + second]), *map(_base_128, rest))


def _base_128(value):
    digits = [value & 127]
    while value := value >> 7:
        digits.append(128 | value & 127)
    return bytes(reversed(digits))


def _pem(label, content):
    return f"-----BEGIN {label}-----\n{base64.encodebytes(content).decode()}-----END {label}-----\n"
