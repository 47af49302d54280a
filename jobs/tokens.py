"""Names that nobody can guess: ids of jobs and batches, fencing tokens, upload nonces."""

import hashlib
import re
import secrets
import time
from base64 import b32encode

JOB_ID = re.compile(r"^job_[0-9a-v]{26}$")
BATCH_ID = re.compile(r"^bat_[0-9a-v]{26}$")
TENANT = re.compile(r"^[A-Za-z0-9_-]{1,64}$")

_TO_SORTABLE = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv")


def new_job_id() -> str:
    """``job_`` and 26 characters: 48 bits of Unix milliseconds, then 80 random bits, in base32 that sorts by time.

    The time is this machine's and serves people reading logs; the order of jobs comes from Redis.
    """
    return "job_" + _sortable()


def new_batch_id() -> str:
    """``bat_`` and 26 characters, made as a job's."""
    return "bat_" + _sortable()


def new_endpoint_id() -> str:
    """``whe_`` and 26 characters, made as a job's."""
    return "whe_" + _sortable()


def endpoint_id_of(tenant: str, idempotency_key: str) -> str:
    """The id of the endpoint that this key makes: the same again for the same."""
    digest = hashlib.sha256(f"{tenant}\n{idempotency_key}".encode()).digest()[:16]
    return "whe_" + _in_base_32(digest)


def new_erasure_id() -> str:
    """``ers_`` and 26 characters, made as a job's."""
    return "ers_" + _sortable()


def new_message_id() -> str:
    """``msg_`` and 26 characters: the id of a message that no event gives one."""
    return "msg_" + _sortable()


def new_token() -> str:
    """128 random bits in hex: a claim's fencing token, or the nonce in an upload's path."""
    return secrets.token_hex(16)


def is_job_id(text: str) -> bool:
    """True when ``text`` has the shape of a job id (whether the job exists is the store's to say)."""
    return JOB_ID.fullmatch(text) is not None


def is_batch_id(text: str) -> bool:
    """True when ``text`` has the shape of a batch's id."""
    return BATCH_ID.fullmatch(text) is not None


def _sortable() -> str:
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds & (2**48 - 1)).to_bytes(6, "big") + secrets.token_bytes(10)
    return _in_base_32(bits)


def _in_base_32(bits: bytes) -> str:
    return b32encode(bits).translate(_TO_SORTABLE).decode().rstrip("=")
