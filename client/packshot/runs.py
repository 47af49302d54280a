"""Many photos at once: each is uploaded, followed and fetched by a thread of its own, a few at a time."""

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packshot.client import Client
from packshot.errors import Conflict, Forbidden, InvalidRequest, JobEnded, PackshotError, ProblemError, Unauthorized
from packshot.jobs import SUFFIXES, Job
from packshot.models import Progress, Upload
from packshot.photos import Task, shown

TICK_S = 0.1
Size = tuple[int, int]


class RunStopped(PackshotError):  # noqa: N818  named like the rest of the tree
    """The run was told to stop while this photo was under way."""


@dataclass(frozen=True)
class Order:
    """What every photo of a run goes through, and where its results go."""

    operations: Sequence[Mapping[str, Any]]
    folder: Path
    output: Mapping[str, Any] = field(default_factory=dict)
    in_flight: int = 8


@dataclass(frozen=True)
class Outcome:
    """How one photo ended. Sizes are width and height in px; `seconds` from upload to the written picture.

    `warnings` say what to look at before the picture is used.
    """

    task: Task
    seconds: float
    job_id: str | None = None
    picture: Path | None = None
    manifest: Path | None = None
    before: Size | None = None
    after: Size | None = None
    warnings: tuple[str, ...] = ()
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a picture."""
        return self.error is None


class Stop:
    """A flag that also ends every pause between attempts and polls, so that a stopped run does not linger."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Raises RunStopped in every thread that pauses now or later."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the run was told to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises RunStopped if the flag is up."""
        self.pause(0.0)

    def pause(self, seconds: float) -> None:
        """Sleeps. Raises RunStopped as soon as the flag is up."""
        if self._event.wait(seconds):
            raise RunStopped("the run was stopped")


class Run:
    """Takes `tasks` through `order`. One use; `outcomes` yields each photo as it ends and `progress` tells the rest."""

    def __init__(self, client: Client, tasks: Sequence[Task], order: Order, stop: Stop) -> None:
        self._client = client
        self._tasks = tasks
        self._order = order
        self._stop = stop
        self._lock = threading.Lock()
        self._progress: dict[Task, Progress] = {}
        self._jobs: dict[Task, str] = {}

    def progress(self) -> dict[Task, Progress]:
        """The photos under way now."""
        with self._lock:
            return dict(self._progress)

    def outcomes(self, on_tick: Callable[[], None]) -> Generator[Outcome, None, None]:
        """Each photo's outcome as it ends; `on_tick` is called at least every 0.1 s, on the caller's thread.

        A photo that fails is an outcome like any other. What would fail every photo alike (a refused key or spec) is
        raised. When the loop is left early, by any exception, the jobs under way are canceled.
        """
        self._order.folder.mkdir(parents=True, exist_ok=True)
        pool = ThreadPoolExecutor(self._order.in_flight, thread_name_prefix="photo")
        pending: set[Future[Outcome]] = {pool.submit(self._take_through, task) for task in self._tasks}
        try:
            while pending:
                ended, pending = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
                on_tick()
        finally:
            if pending:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                self._cancel_jobs()
            pool.shutdown(wait=True)

    def _take_through(self, task: Task) -> Outcome:
        started = time.monotonic()
        outcome = Outcome(task, 0.0)
        try:
            self._stop.check()
            self._tell(task, Progress("uploading"))
            upload = self._client.upload(task.photo)
            outcome = replace(outcome, before=(upload.width, upload.height))
            job = self._submit(task, upload)
            outcome = replace(outcome, job_id=job.id)
            job.wait(on_progress=lambda progress: self._tell(task, progress))
            outcome = self._fetch(outcome, job)
        except Exception as error:  # whatever it is, the other photos go on, and the report tells it
            if _fails_every_photo(error):
                raise
            outcome = replace(outcome, error=error)
        finally:
            self._forget(task)
        return replace(outcome, seconds=time.monotonic() - started)

    def _submit(self, task: Task, upload: Upload) -> Job:
        self._stop.check()
        output = self._order.output or None
        job = self._client.submit(upload, self._order.operations, output=output, external_id=shown(task.stem)[:200])
        with self._lock:
            self._jobs[task] = job.id
        if self._stop.is_set():  # told to stop while the job was being submitted: nobody else knows of it yet
            self._client.cancel(job.id)
        self._tell(task, job.progress)
        return job

    def _fetch(self, outcome: Outcome, job: Job) -> Outcome:
        """Writes `<stem>.<ext>` and `<stem>.manifest.json`."""
        output = job.outputs[0]
        suffix = SUFFIXES.get(output.format, output.format)
        folder, stem = self._order.folder, outcome.task.stem
        picture = job.download(folder / f"{stem}.{suffix}", index=output.index)
        manifest = folder / f"{stem}.manifest.json"
        manifest.write_text(json.dumps(job.manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return replace(
            outcome, picture=picture, manifest=manifest, after=(output.width, output.height), warnings=job.warnings
        )

    def _tell(self, task: Task, progress: Progress) -> None:
        with self._lock:
            self._progress[task] = progress

    def _forget(self, task: Task) -> None:
        with self._lock:
            self._progress.pop(task, None)
            self._jobs.pop(task, None)

    def _cancel_jobs(self) -> None:
        """Stops the jobs under way. One that ended meanwhile, or a server that is gone, is no reason to stay."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job_id in jobs:
            try:
                self._client.cancel(job_id)
            except (Conflict, RunStopped):
                continue
            except PackshotError:
                return


def describe_error(error: Exception) -> str:
    """A line for the table of failures: the problem where there is one, else the error's own text."""
    problem = error.problem if isinstance(error, ProblemError | JobEnded) else None
    if problem is not None:
        return str(problem)
    return str(error) if isinstance(error, PackshotError | OSError) else f"{type(error).__name__}: {error}"


def _fails_every_photo(error: Exception) -> bool:
    """Whether the next photo would meet the same refusal: the key, or a part of the spec that all share."""
    if isinstance(error, Unauthorized | Forbidden):
        return True
    return isinstance(error, InvalidRequest) and any(
        field.pointer.startswith(("/operations", "/output")) for field in error.problem.errors
    )
