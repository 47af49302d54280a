"""What the photos of a run fail with, in words that name files; and a server that was given up once."""

import shlex
from dataclasses import replace
from pathlib import Path

from packshot.client import Client
from packshot.errors import JobEnded, JobLeft, NotSent, PackshotError, ServerUnreachable, Unavailable
from packshot.outcomes import describe_error, fails_every_photo
from packshot.photos import shown


class Failures:
    """Thread-safe: many photos are under way at once."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._away: PackshotError | None = None
        self._done = 0

    def begin(self) -> int:
        """How many photos were done with before this one begins, which `noted` is to be told.

        Raises why the server was given up, where it was: its whole patience is not spent on each photo anew.
        """
        if self._away is not None:
            raise self._away
        return self._done

    def forget(self) -> None:
        """A photo is done with: the server answers."""
        self._away = None
        self._done += 1

    def noted(self, error: Exception, job_id: str | None, done_before: int) -> Exception:
        """What is told of an error; `job_id` is that of the photo's job, where one was accepted.

        The server is given up where no other photo was done with while this one waited: else it is this one's bad luck.
        """
        if isinstance(error, JobEnded):
            self.forget()
        elif isinstance(error, ServerUnreachable | Unavailable) and self._done == done_before:
            self._away = error
        if isinstance(error, PackshotError) and error.transient and not fails_every_photo(error):
            told = describe_error(error)
            return NotSent(told, error) if job_id is None else JobLeft(job_id, self._how_to_fetch(job_id), told)
        return self._with_names(error)

    def _how_to_fetch(self, job_id: str) -> str:
        """The command, which finds the server that this run asked; a key is never told, only where to put it."""
        server = self._client.server
        command = f"packshot job {job_id} --wait -o {shlex.quote(shown(self._folder))}"
        named = f" --url {shlex.quote(server.url)}" if server.named else ""
        return f"`{command}{named}`" + (", its key in PACKSHOT_API_KEY or by --api-key" if server.key_told else "")

    def _with_names(self, error: Exception) -> Exception:
        """The error of a failed job with the names of files, where the worker knows their uploads' ids alone."""
        if not isinstance(error, JobEnded) or error.problem is None:
            return error
        fields = (replace(one, detail=self._client.with_names(one.detail)) for one in error.problem.errors)
        detail = self._client.with_names(error.problem.detail)
        error.job.problem = replace(error.problem, detail=detail, errors=tuple(fields))
        return type(error)(error.job)
