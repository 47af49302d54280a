"""A job done again from its manifest, and held against it: the same bytes, or what is different and why."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from packshot.errors import InvalidRequest, PhotoNeeded, UnusableManifest, WrongPhoto
from packshot.flows.job_record import JobRecord
from packshot.flows.steps import Steps, work
from packshot.flows.submitting import Submitting
from packshot.jobs import Job
from packshot.photos import PHOTO_SUFFIXES, shown
from packshot.reading import Document, as_document, take, take_optional
from packshot.standing import sha256_of

if TYPE_CHECKING:
    from packshot.client import Client

JobT = TypeVar("JobT", bound=JobRecord[Any])
_OF_A_MODEL = ("version", "digest", "backend", "precision")


@dataclass(frozen=True)
class ReplayedOutput:
    """One file: its SHA-256 as the manifest has it, and as it came out now; empty where there is none."""

    index: int
    name: str
    before: str
    now: str

    @property
    def identical(self) -> bool:
        """Whether both are the same bytes."""
        return self.before == self.now


@dataclass(frozen=True)
class Replay(Generic[JobT]):
    """A job that was done again: `outputs` in their order, and `reasons`, what else is different now, a line each."""

    job: JobT
    outputs: tuple[ReplayedOutput, ...]
    reasons: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether every file has the same bytes."""
        return all(output.identical for output in self.outputs)


def replay(client: "Client", manifest: Document, photos: Iterable[str | os.PathLike[str] | bytes] = ()) -> Replay[Job]:
    """Do a manifest's job again on the client's server, and wait for its end.

    `photos` may be its photo and the other uploads that it names; those that the server still has are not needed.
    Ctrl-C cancels the job.
    Raises UnusableManifest, PhotoNeeded, WrongPhoto for one that the job did not use, JobEnded, and what `submit`
    raises.
    """
    transport = client._transport
    return transport.run(replay_steps(client, manifest, photos, lambda told: Job(transport, told)))


def replay_steps(
    client: Submitting[Any],
    manifest: Document,
    photos: Iterable[str | os.PathLike[str] | bytes],
    make: Callable[[Document], JobT],
) -> Steps[Replay[JobT]]:
    """As `replay`, in steps; `make` gives the handle of a job from what the server answered."""
    spec, asked = spec_of(manifest), named_uploads(manifest)
    for photo in photos:
        upload = yield from work(partial(_upload_id, photo))
        if upload not in asked:
            raise wrong_photo("the photo" if isinstance(photo, bytes) else shown(photo), upload, asked)
        yield from client.upload_steps(photo)
    try:
        job = make((yield from client.resubmit_steps(spec)))
        yield from job.wait_or_cancel_steps()
    except InvalidRequest as error:
        if missing := _gone(error, asked):
            raise PhotoNeeded(f"the server has {' and '.join(missing)} no more: name the file") from error
        raise
    return Replay(job, tuple(_compared(manifest, job)), tuple(differences(manifest, job.manifest or {})))


def _upload_id(photo: str | os.PathLike[str] | bytes) -> str:
    data = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def wrong_photo(name: str, upload: str, asked: Iterable[str]) -> WrongPhoto:
    """The error for a file that is none of those asked for, with the ids of all."""
    needed = " and ".join(sorted(asked)) or "no file"
    return WrongPhoto(f"{name} is another file than the job used: it is {upload}, and the job used {needed}")


def spec_of(manifest: Document) -> Mapping[str, Any]:
    """The spec that a manifest was made by. Raises UnusableManifest for one that has none."""
    spec = manifest.get("spec")
    if not isinstance(spec, Mapping) or not isinstance(manifest.get("outputs"), list):
        raise UnusableManifest("this is no manifest that a job can be done again from: it has no spec, or no outputs")
    return spec


def named_uploads(manifest: Document) -> set[str]:
    """The ids of all uploads that a manifest's job needs, `sha256:…`."""
    return set(_texts(spec_of(manifest)))


def beside(path: Path, manifest: Document) -> list[Path]:
    """The files beside a manifest (and one folder up) that its job needs, known by their SHA-256.

    What cannot be read is none of them.
    """
    wanted = named_uploads(manifest)
    found: dict[str, Path] = {}
    for folder in (path.parent, path.absolute().parent.parent):
        for file in _photos_of(folder):
            upload = f"sha256:{sha256_of(file)}" if len(found) < len(wanted) else ""
            if upload in wanted:
                found.setdefault(upload, file)
    return list(found.values())


def _photos_of(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in PHOTO_SUFFIXES and file.is_file())
    except OSError:
        return []


def differences(before: Document, now: Document) -> Iterator[str]:
    """What could make files differ: versions, backend, models, channels, libraries; a line for each."""
    yield from _changed("Packshot", before.get("packshot"), now.get("packshot"))
    yield from _changed("the seed", before.get("seed"), now.get("seed"))
    for part in ("engine", "software"):
        old, new = (take_optional(each, part, dict) or {} for each in (before, now))
        for name in sorted(old.keys() | new.keys()):
            if not isinstance(old.get(name, new.get(name)), dict | list) and name != "why":
                yield from _changed(f"{part} {name}", old.get(name), new.get(name))
    old_models, new_models = (_models(each) for each in (before, now))
    for model in sorted(old_models.keys() & new_models.keys()):
        for name in _OF_A_MODEL:
            yield from _changed(f"the model {model}'s {name}", old_models[model].get(name), new_models[model].get(name))
    old_channels, new_channels = (take_optional(each, "presets", dict) or {} for each in (before, now))
    for name in sorted(old_channels.keys() & new_channels.keys()):
        digests = [as_document(each[name]).get("digest") for each in (old_channels, new_channels)]
        yield from _changed(f"the rules of the channel {name}", *digests)


def _changed(what: str, before: object, now: object) -> Iterator[str]:
    if before != now:
        yield f"{what}: {_short(before)} then, {_short(now)} now"


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 else text


def _models(manifest: Document) -> dict[str, Document]:
    """The networks that worked on a job, by name."""
    steps = take_optional(manifest, "operations", list) or []
    channels = take_optional(manifest, "renditions", list) or []
    works = [work for step in (*steps, *channels) for work in take_optional(as_document(step), "engine", list) or []]
    return {take(work, "model", str): work for work in map(as_document, works)}


def _compared(manifest: Document, job: JobRecord[Any]) -> Iterator[ReplayedOutput]:
    now = {output.index: output.sha256 for output in job.outputs}
    before = {}
    for one in map(as_document, take(manifest, "outputs", list)):
        index = take(one, "index", int)
        before[index] = take(one, "sha256", str), take_optional(one, "name", str) or f"picture {index}"
    for index in sorted(before.keys() | now.keys()):
        sha256, name = before.get(index, ("", f"picture {index}"))
        yield ReplayedOutput(index, shown(name), sha256, now.get(index, ""))


def _gone(error: InvalidRequest, asked: set[str]) -> list[str]:
    told = " ".join(field.detail for field in error.problem.errors) + str(error)
    return sorted(upload for upload in asked if upload in told)


def _texts(value: object) -> Iterator[str]:
    """Every upload's id in a spec."""
    if isinstance(value, str) and value.startswith("sha256:") and len(value) == 71:
        yield value
    elif isinstance(value, Mapping):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))
