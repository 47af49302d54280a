"""`packshot run`: photos in, pictures out, however many and whatever they take."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console

from packshot.cli.made import tell_made
from packshot.cli.numbers import IN_FLIGHT
from packshot.cli.operation_option import operation_option
from packshot.cli.options import (
    expand_photos,
    json_option,
    make_folder,
    photos_argument,
    result_options,
    server_options,
)
from packshot.cli.preset_option import preset_option
from packshot.cli.report import Counted, number_of
from packshot.cli.running import View, console_for, end_with, require_pillow, take_all, tell_kept
from packshot.outcomes import Outcome
from packshot.photos import plan_tasks
from packshot.resuming import Earlier, look_back, mark_of
from packshot.runs import Order
from packshot.standing import Claims

THEN = "; the same command with --resume goes on"
AGAIN = "the same command with --resume sends them, and leaves out what is done"


@click.command()
@photos_argument
@operation_option()
@preset_option("A channel to make pictures for, such as amazon-main; again for each further one.")
@result_options
@click.option("--sheet", is_flag=True, help="Also draw a contact sheet of all photos, before and after.")
@click.option("--in-flight", default=8, show_default=True, type=IN_FLIGHT, help="Photos under way at once, 1 to 64.")
@click.option("--resume", is_flag=True, help="Leave out what this command has done into the output folder already.")
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders of folders, too.")
@json_option
@server_options
@click.pass_context
def run(
    ctx: click.Context, photos: tuple[Path, ...], operations: list[dict[str, Any]], presets: list[str], folder: Path,
    kind: str, quality: int, sheet: bool, in_flight: int, resume: bool, recursive: bool, as_json: bool,
    url: str | None, api_key: str | None,
) -> None:  # fmt: skip
    """Take photos through operations, in the order given, and make pictures of them for sales channels.

    A FOLDER stands for its jpg, jpeg, png, webp, avif and heic files. Each photo becomes NAME.EXT and
    NAME.manifest.json in the output folder, or NAME-0.EXT and on where an operation makes several of it. A file that is
    there is replaced only where that manifest says that Packshot made it; where another file is in the way, they are
    called NAME-packshot. A photo that fails is told at the end, and the others go on. With --json, each photo is a line
    of JSON on stdout as it ends.

    With --preset, each photo becomes NAME-amazon-main.jpg and its like, checked against the channel's rules; NAME.EXT
    is made as well only where --format or --quality say how. `--op auto` does what a photo needs. A technical rule that
    a picture breaks is told at the end, and is an exit code of 1, as in `packshot check`.

    \b
    Operations (`packshot operations` has the full list):
      --op relight
      --op upscale:factor=2
      --op resize:width=1000,height=1000,fit=cover
      --op crop:aspect=4:5
      --op inpaint:mask=@tag.png        (a file, uploaded with the photo)
      --op '{"op": "inpaint", "boxes": [{"x": 10, "y": 20, "width": 50, "height": 30}]}'

    Exit codes: 0 all photos are done, 1 some failed or break a technical rule of their channel, 2 wrong usage, 3 no
    server answers, or what is missing was not sent or not fetched since the server was away or full for ten minutes:
    the same command with --resume does it. 4 the private server could not run, 130 interrupted.
    """
    if not (operations or presets):
        raise click.UsageError("there is nothing to do: give --op, such as --op relight, or --preset, or both")
    found = expand_photos(photos, folder, recursive=recursive)
    if sheet:
        require_pillow()
    make_folder(folder)
    output = {"format": kind, "quality": quality}
    told = any(ctx.get_parameter_source(name) is not ParameterSource.DEFAULT for name in ("kind", "quality"))
    spec = {"renditions": presets} if presets else {}
    order = Order(operations, folder, output if told or not presets else {}, in_flight, spec)
    order = replace(order, mark=mark_of(order))
    claims = Claims(folder, order.places_of)
    tasks = plan_tasks(found, folder, others=order.files, free=claims.free)
    console, earlier = console_for(as_json), Earlier()
    if resume:
        with console.status("looking at what is done already"):
            earlier = look_back(tasks, order)
    left = [task for task in tasks if task not in earlier.done]

    def draw(outcomes: Sequence[Outcome]) -> list[Path]:
        from packshot.sheet.run_sheet import draw_run

        return draw_run(outcomes, order)

    counted = Counted(len(tasks), already=len(earlier.done), unfit=earlier.unfit, again=AGAIN)
    view = View(console, counted, as_json, tell=tell_made, draw=draw if sheet else None, then=THEN)
    tell_kept(console, claims)
    if earlier.done:
        _tell_done(console, counted)
    end_with(take_all(left, order, view, url=url, api_key=api_key) if left else [], counted)


def _tell_done(console: Console, counted: Counted) -> None:
    """`12 photos of 20 are done already, of which 1 not by the channel's rules`."""
    unfit = f", of which {counted.unfit} not by the channel's rules" if counted.unfit else ""
    told = f"{number_of(counted.already, 'photos')} of {counted.total} are done already{unfit}"
    console.print(told, style="yellow" if unfit else "dim", highlight=False)
