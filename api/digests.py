"""Digests of what is sent, as HTTP has them (RFC 9530)."""

import base64


def repr_digest(sha256: str) -> str:
    """The value of the header ``Repr-Digest`` for bytes of that SHA-256 (hex)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
