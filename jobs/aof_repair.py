"""Makes an append-only file loadable again that a loss of power left with a damaged end.

A file system may have noted the file's new length before the bytes came: the end then reads as zeros, and Redis (up to
8.2; redis/redis#5177) takes them for a bad format and does not start, where a file that merely breaks off is loaded.
What is dropped was never confirmed to be on the disk. Redis' own checker does it: the same binary under another name.
"""

import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from jobs.errors import RedisServerError

MOST_DROPPED = 16 << 20
"""Bytes: more than a server writes between two syncs, so more is damage of another kind, and a person's to judge."""

KEPT_S = 7 * 86_400
"""How long what was cut off is kept for a person to look at: it may hold what is erased after that."""

_ENDS_UP_TO = re.compile(r"ok_up_to=(\d+).*?diff=(\d+)", re.DOTALL)


def mend_end(binary: str, folder: Path) -> str:
    """Cut off what cannot be loaded at the end of the file under ``folder``; says what was done, "" for nothing.

    What is cut off is kept beside it, for a week. ``binary`` is redis-server's. Raises RedisServerError, naming the
    command to run by hand, where the damage is no end of at most MOST_DROPPED bytes; OSError.
    """
    checked, last = _files(folder)
    if checked is None or last is None:
        return ""
    told = _check(binary, checked)
    if told.returncode == 0:
        return ""
    found = _ENDS_UP_TO.search(told.stdout)
    if found is None or not 0 < int(found[2]) <= MOST_DROPPED:
        where = f"from byte {found[1]} on" if found else _last_line(told.stdout)
        by_hand = f"keep a copy, then run redis-check-aof --fix {checked}, which drops all that follows"
        raise RedisServerError(f"{checked} is damaged {where}; {by_hand}")
    kept = last.with_name(f"{last.name}.cut-{int(time.time())}")
    with last.open("rb") as file:
        file.seek(int(found[1]))
        kept.write_bytes(file.read())
    kept.chmod(0o600)
    told = _check(binary, checked, "--fix")
    if told.returncode != 0:
        raise RedisServerError(f"{checked} could not be mended: {_last_line(told.stdout + told.stderr)}")
    return f"{last} had a damaged end, as a loss of power leaves it: {found[2]} bytes were moved to {kept}"


def forget_ends(folder: Path) -> None:
    """Delete what was cut off more than KEPT_S ago, under the folder of a Redis of ours. OSError."""
    for kept in (*folder.glob("*.aof.cut-*"), *folder.glob("appendonlydir/*.aof.cut-*")):
        with suppress(FileNotFoundError):
            if time.time() - kept.stat().st_mtime > KEPT_S:
                kept.unlink()


def _files(folder: Path) -> tuple[Path | None, Path | None]:
    """(what the checker is given, the file that was written last); Redis 7 and later keep several, and a list."""
    parts = folder / "appendonlydir"
    listed = parts / "appendonly.aof.manifest"
    if listed.exists():
        names = re.findall(r"^file (\S+) seq \d+ type i", listed.read_text(encoding="utf-8"), re.MULTILINE)
        return (listed, parts / names[-1]) if names else (None, None)
    single = folder / "appendonly.aof"
    return (single, single) if single.exists() and single.stat().st_size else (None, None)


def _check(binary: str, path: Path, *how: str) -> subprocess.CompletedProcess[str]:
    command = ["redis-check-aof", *how, str(path)]
    return subprocess.run(
        command, executable=binary, input="y\n", capture_output=True, text=True, errors="replace", check=False
    )


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
