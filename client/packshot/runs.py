"""Many photos at once: each is uploaded, followed and fetched by a thread of its own, a few at a time."""

import hashlib
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packshot.catalog.places import safe_name
from packshot.client import Client
from packshot.failures import Failures
from packshot.generation import OPERATIONS
from packshot.jobs import Job
from packshot.models import Output, Progress, Upload, suffix_of
from packshot.operation_text import files_of
from packshot.outcomes import Outcome, fails_every_photo
from packshot.photos import PHOTO_SUFFIXES, Task, shown
from packshot.remarks import remarks_of
from packshot.snippets import SUFFIX, page_name, snippets_of
from packshot.standing import ORDER, PAGES, write_manifest
from packshot.stopping import Stop, UnderWay

TICK_S = 0.1


@dataclass(frozen=True)
class Order:
    """What every task of a run goes through, and where its results go; `spec` are more fields of its jobs' specs.

    `note` is called with each outcome whose pictures were fetched, on a thread of its own, right before they are put
    into their places; where there is none, a manifest is written, with the order's `mark` if it has one, by which a
    later run knows it again (see `packshot.resuming`).
    """

    operations: Sequence[Mapping[str, Any]]
    folder: Path
    output: Mapping[str, Any] = field(default_factory=dict)
    in_flight: int = 8
    spec: Mapping[str, Any] = field(default_factory=dict)
    note: Callable[[Outcome], Any] | None = None
    mark: str = ""

    @property
    def files(self) -> list[Path]:
        """The files that the operations use, such as a mask."""
        return [path for one in self.operations for path in files_of(one)]

    @property
    def renditions(self) -> list[str]:
        """The channels that pictures are made for."""
        return list(self.spec.get("renditions", ()))

    def places_of(self, task: Task) -> list[str]:
        """The files, within the folder, that a task's pictures may be.

        Of those made for channels these are files that are there: what else a channel may call its files is known to
        the server alone.
        """
        return [*self._plain_places(task), *self._channel_places(task)]

    def place(self, task: Task, output: Output, outputs: Sequence[Output]) -> Path:
        """Where one of a job's outputs goes: `<stem>.<ext>`, `<stem>-0.<ext>` and on, or `<stem>-<its own name>`."""
        if output.name:
            own = safe_name(output.name, f"{output.index}.{output.suffix}")
            return self.folder / f"{task.stem}-{own}"
        plain = [one.index for one in outputs if not one.name]
        return self.folder / f"{task.picture_stem(plain.index(output.index), len(plain))}.{output.suffix}"

    def page(self, task: Task, channel: str) -> Path:
        """Where the HTML of a channel's pictures goes, beside them."""
        return self.folder / f"{task.stem}-{page_name(channel)}"

    def _channel_places(self, task: Task) -> list[str]:
        within = (self.folder / task.stem).parent
        if not self.renditions or not within.is_dir():
            return []
        names = tuple(f"{Path(task.stem).name}-{channel}" for channel in self.renditions)
        found = [path for path in within.iterdir() if path.name.startswith(names) and path.suffix in PHOTO_SUFFIXES]
        found += [page for channel in self.renditions if (page := self.page(task, channel)).exists()]
        return [path.relative_to(self.folder).as_posix() for path in found]

    def _plain_places(self, task: Task) -> list[str]:
        if self.renditions and not self.output:
            return []
        makers = [one for one in self.operations if one["op"] in OPERATIONS]
        told = makers[0].get("count") if makers else 1
        stems = task.picture_stems(told if isinstance(told, int) and told > 0 else None)
        kind = self.output.get("format", "auto")
        return [
            f"{stem}.{suffix}"
            for stem in stems
            for suffix in (("jpg", "png") if kind == "auto" else (suffix_of(kind),))
        ]

    def operations_of(self, task: Task) -> list[Mapping[str, Any]]:
        """The operations; the one that makes pictures has the number that the task wants of it."""
        if task.part is None:
            return list(self.operations)
        count = {"count": task.part.count}
        return [{**one, **count} if one["op"] in OPERATIONS else one for one in self.operations]

    def spec_of(self, task: Task) -> dict[str, Any]:
        """The other fields of the task's spec."""
        seed = {} if task.part is None or task.part.seed is None else {"seed": task.part.seed}
        output = {"output": self.output} if self.output else {}
        return {**self.spec, **output, **seed, "external_id": shown(task.stem)[:200]}


class Run:
    """Takes `tasks` through `order`. One use; `outcomes` yields each photo as it ends and `progress` tells the rest."""

    def __init__(self, client: Client, tasks: Sequence[Task], order: Order, stop: Stop) -> None:
        self._client = client
        self._tasks = tasks
        self._order = order
        self._stop = stop
        self._lock = threading.Lock()
        self._progress: dict[Task, Progress] = {}
        self._under_way = UnderWay(client, stop)
        self._failures = Failures(client, order.folder)

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
        left = len(self._tasks)
        try:
            pending: set[Future[Outcome]] = {pool.submit(self._take_through, task) for task in self._tasks}
            while pending:
                ended, pending = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    left -= 1
                    yield future.result()
                on_tick()
        finally:
            if left:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                self._under_way.cancel()
            pool.shutdown(wait=True)

    def _take_through(self, task: Task) -> Outcome:
        started = time.monotonic()
        outcome, done_before = Outcome(task, 0.0), 0
        try:
            self._stop.check()
            done_before = self._failures.begin()
            upload = self._upload(task)
            if upload is not None:
                outcome = replace(outcome, before=(upload.width, upload.height))
            job = self._submit(task, upload)
            outcome = replace(outcome, job_id=job.id)
            job.wait(on_progress=lambda progress: self._tell(task, progress))
            outcome = self._fetch(outcome, job)
            self._failures.forget()
        except Exception as error:  # whatever it is, the other photos go on, and the report tells it
            named = self._failures.noted(error, outcome.job_id, done_before)
            if fails_every_photo(error):
                raise named from error
            outcome = replace(outcome, error=named)
        finally:
            self._forget(task, outcome.job_id)
        return replace(outcome, seconds=time.monotonic() - started)

    def _upload(self, task: Task) -> Upload | None:
        if task.photo is None:
            return None
        self._tell(task, Progress("uploading"))
        return self._client.upload(task.photo)

    def _submit(self, task: Task, upload: Upload | None) -> Job:
        self._stop.check()
        job = self._client.submit(upload, self._order.operations_of(task), **self._order.spec_of(task))
        self._under_way.add(job.id)
        self._tell(task, job.progress)
        return job

    def _fetch(self, outcome: Outcome, job: Job) -> Outcome:
        """Writes `<stem>.manifest.json` and the pictures.

        All are fetched before any is put into its place: whatever ends the run, what is there and what is noted agree.
        """
        folder, task = self._order.folder, outcome.task
        (folder / task.stem).parent.mkdir(parents=True, exist_ok=True)
        fetched: dict[Path, Path] = {}
        try:
            for output in job.outputs:
                self._stop.check()
                place = self._order.place(task, output, job.outputs)
                hidden = place.with_name(f".{job.id}-{output.index}.{output.suffix}")
                fetched[place] = job.download(hidden, index=output.index)
            warnings = tuple(map(self._client.with_names, job.warnings))
            outcome = replace(outcome, pictures=tuple(fetched), warnings=warnings, generation=job.generation)
            outcome = replace(outcome, broken_rules=job.broken_rules, remarks=remarks_of(job.manifest or {}))
            outcome = replace(outcome, sizes=tuple((one.width, one.height) for one in job.outputs))
            pages = self._pages(task, job)
            for place, page in pages.items():
                fetched[place] = place.with_name(f".{job.id}-{len(fetched)}{SUFFIX}")
                fetched[place].write_bytes(page)
            outcome = self._noted(outcome, job, pages)
            for place, hidden in fetched.items():
                hidden.replace(place)
        finally:
            for hidden in fetched.values():
                hidden.unlink(missing_ok=True)
        return outcome

    def _pages(self, task: Task, job: Job) -> dict[Path, bytes]:
        """The HTML of channels with pictures of several widths, by its place."""
        names = {one.name: self._order.place(task, one, job.outputs).name for one in job.outputs if one.name}
        snippets = snippets_of(job.manifest or {}, names)
        return {self._order.page(task, channel): text.encode() for channel, text in snippets.items()}

    def _noted(self, outcome: Outcome, job: Job, pages: Mapping[Path, bytes]) -> Outcome:
        outcome = replace(outcome, pages=tuple(pages))
        if self._order.note is None:
            hashes = {path.name: hashlib.sha256(page).hexdigest() for path, page in pages.items()}
            added = {PAGES: hashes, ORDER: self._order.mark}
            manifest = {**(job.manifest or {}), **{name: told for name, told in added.items() if told}}
            written = write_manifest(self._order.folder, outcome.task, manifest, (*outcome.pictures, *pages))
            return replace(outcome, manifest=written)
        self._order.note(outcome)
        return outcome

    def _tell(self, task: Task, progress: Progress) -> None:
        with self._lock:
            self._progress[task] = progress

    def _forget(self, task: Task, job_id: str | None) -> None:
        self._under_way.remove(job_id)
        with self._lock:
            self._progress.pop(task, None)
