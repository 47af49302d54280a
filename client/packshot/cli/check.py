"""`packshot check`: is a photo fit for the sales channels, and if not, what would make it so?"""

import json
import shlex
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from packshot.checks import ChannelCheck, RuleCheck, checks_of
from packshot.checks_of_files import graded_before
from packshot.cli.exits import Exit, code_of
from packshot.cli.options import json_option, photos_argument, server_options
from packshot.cli.preset_option import preset_option
from packshot.cli.running import canceled_by_interrupts, console_for
from packshot.cli.servers import Served, served
from packshot.cli.waits import waiting_policy
from packshot.client import Client
from packshot.errors import PackshotError
from packshot.outcomes import describe_error, fails_every_photo
from packshot.photos import expand, shown
from packshot.reading import Document
from packshot.stopping import Stop, UnderWay

AT_ONCE = 4
TICK_S = 0.1
Checks = Mapping[str, ChannelCheck]


@click.command()
@photos_argument
@preset_option("A channel to check for, such as amazon-main; again for each further one.")
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders of folders, too.")
@click.option("--anew", is_flag=True, help="Grade files that Packshot made like any photo.")
@json_option
@server_options
def check(
    photos: tuple[Path, ...], presets: list[str], recursive: bool, anew: bool, as_json: bool, url: str | None,
    api_key: str | None,
) -> None:  # fmt: skip
    """Grade photos as they are by the rules of sales channels, and propose what would mend them.

    Nothing is made of the photos. `packshot presets` lists the channels and their rules. With --json, each photo is a
    line of JSON on stdout.

    Of a file that Packshot made for one of the channels, and that its manifest beside it names, the verdict is the
    manifest's: it knows where the product is. With --anew the product is looked for, as in any photo.

    Exit codes: 0 all photos keep every technical rule of all channels, 1 some do not or could not be checked, 2 wrong
    usage, 3 no server answers, 4 the private server could not run, 130 interrupted.
    """
    if not presets:
        raise click.UsageError("name a channel to check for: --preset, such as --preset amazon-main")
    found = expand(photos, recursive=recursive)
    if not found:
        raise click.UsageError(f"no photo in {', '.join(map(shown, photos))}")
    console = console_for(as_json)
    with (
        canceled_by_interrupts(),
        served(url, api_key, lambda text: console.print(text, style="dim")) as source,
    ):
        asked = _Asked(presets, anew)
        fit = _check_all(source, found, asked, lambda photo, answer: _told(photo, answer, console, as_json))
    if not fit:
        raise click.exceptions.Exit(Exit.FAILED)


@dataclass(frozen=True)
class _Asked:
    """The channels, and whether manifests are to be left alone."""

    presets: list[str]
    anew: bool


def _check_all(
    source: Served, photos: Sequence[Path], asked: _Asked, tell: Callable[[Path, Future[Checks]], bool]
) -> bool:
    """Check and tell all photos, in their order; returns whether all of them are fit.

    When it is left early, by any exception, the jobs under way are canceled.
    """
    stop, fit, left = Stop(), True, deque(photos)
    policy = waiting_policy(sleep=stop.pause)
    with Client(source.server.url, source.server.api_key, retries=policy) as client:
        under_way = UnderWay(client, stop)
        rules = cache(client.presets)
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check")
        try:
            for answer in [pool.submit(_graded, client, under_way, photo, asked, rules) for photo in photos]:
                while not wait([answer], timeout=TICK_S).done:
                    source.check()
                fit &= tell(left[0], answer)
                left.popleft()
        finally:
            if left:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                under_way.cancel()
            pool.shutdown(wait=True)
    return fit


def _graded(client: Client, under_way: UnderWay, photo: Path, asked: _Asked, rules: Callable[[], Document]) -> Checks:
    known: Checks = {} if asked.anew else graded_before(photo, asked.presets, rules)
    left = [name for name in asked.presets if name not in known]
    found = {**known, **(_check(client, under_way, photo, left) if left else {})}
    return {name: found[name] for name in dict.fromkeys(asked.presets)}


def _check(client: Client, under_way: UnderWay, photo: Path, presets: list[str]) -> Checks:
    job = client.submit(photo, [], renditions=presets, check=True)
    try:
        under_way.add(job.id)
        return checks_of(job.wait().manifest)
    finally:
        under_way.remove(job.id)


def _told(photo: Path, answer: Future[Checks], console: Console, as_json: bool) -> bool:
    try:
        checks = answer.result()
    except Exception as error:  # whatever is wrong with a photo, the others are checked
        if _is_everybodys(error):
            raise
        if as_json:
            click.echo(json.dumps({"photo": shown(photo), "error": describe_error(error)}, ensure_ascii=False))
        console.print(
            f"{shown(photo)}: {describe_error(error)}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        return False
    if as_json:
        click.echo(json.dumps({"photo": shown(photo), "check": _document(checks)}, ensure_ascii=False))
    else:
        show(console, photo, checks)
    return all(one.passed for one in checks.values())


def _is_everybodys(error: Exception) -> bool:
    """Whether the next photo would fare no better: a channel that there is not, a server that is not there."""
    gone = isinstance(error, PackshotError) and code_of(error) in (Exit.NO_SERVER, Exit.NO_STACK)
    return gone or fails_every_photo(error)


def show(console: Console, photo: Path, checks: Checks) -> None:
    """The rules that are not kept, by channel; why what is proposed is so; and the command that does it."""
    table = Table(title=escape(shown(photo)), title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in ("Channel", "Fit", "Rule", "Measured", "Required"):
        table.add_column(name, overflow="fold")
    for name, one in checks.items():
        fit = "[green]yes[/]" if one.passed else "[red]no[/]"
        for index, cells in enumerate(_rows(one.failed)):
            table.add_row(*((escape(name), fit) if index == 0 else ("", "")), *cells)
    console.print(table)
    for manifest in dict.fromkeys(one.told_by for one in checks.values() if one.told_by):
        names = ", ".join(name for name, one in checks.items() if one.told_by == manifest)
        told = f"  · {names}: graded when it was made, says {manifest}; --anew grades it like any photo"
        console.print(told, style="dim", markup=False, highlight=False, soft_wrap=True)
    proposals = [one.proposal for one in checks.values() if one.proposal is not None]
    for reason in dict.fromkeys(reason for proposal in proposals for reason in proposal.because):
        console.print(f"  · {reason}", markup=False, highlight=False, soft_wrap=True)
    if mended := command_for(photo, checks):
        console.print(f"  → {mended}", style="dim", markup=False, highlight=False, soft_wrap=True)


def _rows(failed: Sequence[RuleCheck]) -> list[tuple[str, str, str]]:
    rows = [
        (
            escape(f"{rule.title}{' (advice)' if rule.kind == 'advice' else ''}"),
            escape(rule.measured),
            escape(rule.required),
        )
        for rule in failed
    ]
    return rows or [("all rules kept", "", "")]


def command_for(photo: Path, checks: Checks) -> str:
    """The command line that mends a photo for the channels that have a proposal; empty where none has."""
    proposals = [one.proposal for one in checks.values() if one.proposal is not None and one.proposal.renditions]
    if not proposals:
        return ""
    operations = [_as_text(operation) for operation in proposals[0].operations]
    presets = [name for proposal in proposals for name in proposal.renditions]
    words = ["packshot", "run", shown(photo)]
    words += [word for text in operations for word in ("--op", text)]
    words += [word for name in presets for word in ("--preset", name)]
    return shlex.join([*words, "-o", "results"])


def _as_text(operation: Mapping[str, Any]) -> str:
    fields = ",".join(f"{name}={json.dumps(value).strip(chr(34))}" for name, value in operation.items() if name != "op")
    return f"{operation['op']}:{fields}" if fields else str(operation["op"])


def _document(checks: Checks) -> dict[str, Any]:
    return {
        name: {
            "title": one.title,
            "passed": one.passed,
            "rules": [vars(rule) for rule in one.rules],
            "manifest": one.told_by or None,
            "proposal": None
            if one.proposal is None
            else {
                "operations": [dict(operation) for operation in one.proposal.operations],
                "renditions": list(one.proposal.renditions),
                "because": list(one.proposal.because),
            },
        }
        for name, one in checks.items()
    }
