"""`packshot replay`: jobs done again from their manifests, and every file held against what it was."""

import json
from pathlib import Path
from typing import Any

import click

from packshot.cli.exits import Exit, end
from packshot.cli.options import json_option, make_folder, server_options
from packshot.cli.servers import served
from packshot.client import Client
from packshot.errors import PackshotError, UnusableManifest
from packshot.photos import shown
from packshot.replaying import Replay, beside
from packshot.replaying import replay as do_again


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
    server still has it. Where files differ, what else is different is told: versions, models, backend, precision,
    channels.

    Exit codes: 0 all files are identical, 1 some are not, or a job could not be done again.
    """
    if folder is not None:
        make_folder(folder)
    same = True
    with (
        served(url, api_key, lambda text: click.echo(text, err=True)) as source,
        Client(source.server.url, source.server.api_key) as client,
    ):
        for path in manifests:
            try:
                manifest = _read(path)
                done = do_again(client, manifest, [*photos, *beside(path, manifest)])
                _fetch(done, path, folder)
            except (PackshotError, OSError) as error:
                same = False
                click.echo(f"packshot: {shown(path)}: {error}", err=True)
                continue
            same = same and done.identical
            click.echo(json.dumps(_document(path, done), ensure_ascii=False) if as_json else _told(path, done))
    if not same:
        raise click.exceptions.Exit(Exit.FAILED)


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except ValueError as error:
        end(f"{shown(path)} is no JSON: {error}", Exit.USAGE)
    if not isinstance(manifest, dict):
        raise UnusableManifest("it is no JSON object")
    return manifest


def _fetch(done: Replay, path: Path, folder: Path | None) -> None:
    stem = path.name.removesuffix(".json").removesuffix(".manifest")
    for output in done.job.outputs if folder is not None else ():
        assert folder is not None
        done.job.download(folder / f"{stem}-{output.name or f'{output.index}.{output.suffix}'}", index=output.index)


def _told(path: Path, done: Replay) -> str:
    lines = [f"{shown(path)}: {'identical' if done.identical else 'different'}, {len(done.outputs)} files"]
    if not done.identical:
        lines += [f"  {output.name} differs" for output in done.outputs if not output.identical]
        lines += [f"  {reason}" for reason in done.reasons] or ["  nothing else is different"]
    return "\n".join(lines)


def _document(path: Path, done: Replay) -> dict[str, Any]:
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
