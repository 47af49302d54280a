"""The record's side of the janitor: whose turn it is, how far it came, and which blobs no record names."""

from dataclasses import dataclass

from jobs.store.base import RecordBase

LEASE_MS = 10 * 60 * 1000  # a slow store's page, with all its repetitions, takes less
PAUSE_MS = 6 * 3600 * 1000


@dataclass(frozen=True)
class Tidying:
    """A turn: go on behind ``path`` ("": at the beginning). ``now_ms`` is Redis' clock, in Unix milliseconds."""

    path: str
    now_ms: int


@dataclass(frozen=True)
class Tidied:
    """What the look through the store has met so far: so many ``blobs``, and so many things ``marked`` for deletion."""

    blobs: int
    marked: int


class TidyingStore(RecordBase):
    """What janitors call: any number of them, of which one at a time is let in."""

    def begin_tidying(self, token: str) -> Tidying | None:
        """Let the janitor of this ``token`` go on for ten minutes; None where another does, or none is to yet."""
        answer = self.run_script("begin_tidying", token=token, lease_ms=LEASE_MS)
        return Tidying(str(answer[0]), int(answer[1])) if answer else None

    def tidy(self, token: str, paths: list[str], blobs: int, path: str | None) -> Tidied | None:
        """Mark what no record names of these ``paths``, which are old enough, for deletion a day from now.

        Notes that so many more ``blobs`` were met, up to ``path``; None ends this look through the store, and the next
        begins six hours later. Returns None where the turn is another janitor's by now, and nothing was done.
        """
        answer = self.run_script(
            "tidy", token=token, paths=paths, blobs=blobs, path=path, lease_ms=LEASE_MS, pause_ms=PAUSE_MS
        )
        return Tidied(int(answer[0]), int(answer[1])) if answer else None
