"""`packshot replay`: jobs done again from their manifests, and every file held against what it was."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from packshot.catalog.places import place
from packshot.cli.exits import Exit, code_of, end
from packshot.cli.options import json_option, make_folder, server_options
from packshot.cli.running import canceled_by_interrupts
from packshot.cli.servers import served
from packshot.cli.waits import waiting_policy
from packshot.client import Client
from packshot.errors import PackshotError, UnusableManifest
from packshot.jobs import Job
from packshot.models import Output
from packshot.outcomes import describe_error
from packshot.photos import shown
from packshot.replaying import Replay, beside, named_uploads, wrong_photo
from packshot.replaying import replay as do_again
from packshot.standing import sha256_of


@click.command()
@click.argument(
    "manifests", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="MANIFEST…",
)  # fmt: skip
@click.option(
    "--photo", "photos", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The job's photo, or another file that it used; may be given several times.",
)  # fmt: skip
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), help="Fetch the new files.")
@json_option
@server_options
def replay(
    manifests: tuple[Path, ...], photos: tuple[Path, ...], folder: Path | None, as_json: bool, url: str | None,
    api_key: str | None,
) -> None:  # fmt: skip
    """Do the jobs of manifests again and compare every file, byte by byte.

    The photo is looked for by its SHA-256 beside the manifest and one folder above, unless --photo names it or the
    server still has it; a file that no job used is refused. Where files differ, what else is different is told:
    versions, models, backend, precision, channels. A manifest that is of no use is told, and the others are done.

    With -o, the new files are called after their manifests, mug-0.jpg or SKU-1-amazon-main.jpg; where another file
    has that name, mug-0-packshot.jpg.

    Exit codes: 0 all files are identical, 1 some are not, or a job could not be done again, 2 wrong usage, 3 no server
    answers, 4 the private server could not run, 130 interrupted.
    """
    named = _named(photos, manifests)
    if folder is not None:
        make_folder(folder)
    same = True
    fetching = None if folder is None else _Fetching(folder)
    with (
        canceled_by_interrupts(),
        served(url, api_key, lambda text: click.echo(text, err=True)) as source,
        Client(source.server.url, source.server.api_key, retries=waiting_policy()) as client,
    ):
        for path in manifests:
            try:
                manifest = _read(path)
                used = named_uploads(manifest)
                mine = [photo for photo, upload in named.items() if upload in used]
                done = do_again(client, manifest, [*mine, *beside(path, manifest)])
                files = {} if fetching is None else fetching.fetch(done.job, path)
            except Exception as error:  # whatever is wrong with a manifest, the others are done
                if isinstance(error, PackshotError) and code_of(error) in (Exit.NO_SERVER, Exit.NO_STACK):
                    raise
                same = False
                click.echo(f"packshot: {shown(path)}: {describe_error(error)}", err=True)
                continue
            same = same and done.identical
            click.echo(_line(path, done, files) if as_json else _told(path, done, files))
    if not same:
        raise click.exceptions.Exit(Exit.FAILED)


def _named(photos: tuple[Path, ...], manifests: tuple[Path, ...]) -> dict[Path, str]:
    """The ids of the files of --photo. Ends the process for one that no job used: it would be ignored in silence."""
    named = {photo: f"sha256:{sha256_of(photo)}" for photo in photos}
    used: set[str] = set()
    for path in manifests:
        try:
            used |= named_uploads(_read(path))
        except (PackshotError, OSError):  # told in its turn; a file may have been meant for it
            return named
    for photo, upload in named.items():
        if upload not in used:
            end(str(wrong_photo(shown(photo), upload, used)), Exit.USAGE)
    return named


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise UnusableManifest(f"it is no JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise UnusableManifest("it is no JSON object")
    return manifest


class _Fetching:
    """Puts new files into a folder, under names of their manifests; none takes another's place, nor anybody's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: list[Path] = []

    def fetch(self, job: Job, manifest: Path) -> dict[int, Path]:
        """The file of each output, by its index. One that stands there with the same bytes is written anew."""
        return {output.index: self._fetched(job, output, stem_of(manifest)) for output in job.outputs}

    def _fetched(self, job: Job, output: Output, stem: str) -> Path:
        name = output.file_name(stem)
        path = place(self._folder, name, self._taken, lambda there: sha256_of(there) == output.sha256)
        self._taken.append(path)
        return job.download(path, index=output.index)


def stem_of(manifest: Path) -> str:
    """`mug` of `mug.manifest.json`, and `SKU-1` of a catalogue's `SKU-1/manifest.json`."""
    name = manifest.name.removesuffix(".json")
    own = name.removesuffix(".manifest")
    of_a_catalogue = re.fullmatch(r"manifest(-packshot.*)?", own) is not None
    return Path(os.path.abspath(manifest)).parent.name or own if of_a_catalogue else own  # noqa: PTH100  ".." goes


def _told(path: Path, done: Replay[Job], files: Mapping[int, Path]) -> str:
    lines = [f"{shown(path)}: {'identical' if done.identical else 'different'}, {len(done.outputs)} files"]
    if not done.identical:
        lines += [f"  {output.name} differs" for output in done.outputs if not output.identical]
        lines += [f"  {reason}" for reason in done.reasons] or ["  nothing else is different"]
    return "\n".join([*lines, *(f"  → {shown(file)}" for file in files.values())])


def _line(path: Path, done: Replay[Job], files: Mapping[int, Path]) -> str:
    told = _document(path, done)
    for output in told["outputs"]:
        if output["index"] in files:
            output["file"] = shown(files[output["index"]])
    return json.dumps(told, ensure_ascii=False)


def _document(path: Path, done: Replay[Job]) -> dict[str, Any]:
    return {
        "manifest": shown(path),
        "job": done.job.id,
        "identical": done.identical,
        "outputs": [
            {"index": one.index, "name": one.name, "identical": one.identical, "before": one.before, "now": one.now}
            for one in done.outputs
        ],
        "reasons": list(done.reasons),
    }
