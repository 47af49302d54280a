"""`packshot variations`: new pictures of products like those on photos."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from packshot.cli.made import tell_made
from packshot.cli.numbers import IN_FLIGHT, MOST_AT_ONCE, MOST_OF_A_DATA_SET, NUMBER, Number
from packshot.cli.operation_option import operation_option
from packshot.cli.options import (
    expand_photos,
    json_option,
    make_folder,
    photos_argument,
    result_options,
    server_options,
)
from packshot.cli.report import Counted, number_of
from packshot.cli.running import View, console_for, end_with, require_pillow, take_all, tell_kept
from packshot.cli.wish_options import look_options, seed_option, sheet_option, then_option_text, told_fields
from packshot.outcomes import Outcome
from packshot.parts import MOST_A_JOB, parts_of
from packshot.photos import plan_tasks
from packshot.runs import Order
from packshot.standing import Claims

PHOTO = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@photos_argument
@click.option(
    "-n",
    "--count",
    type=Number(1, MOST_AT_ONCE, whole=True),
    help=f"Pictures of each photo, 1 to {MOST_AT_ONCE:,}.  [default: 4; at strength 0, where all are alike, 1]",
)
@click.option(
    "--strength", type=NUMBER,
    help="0 shows the photo as the generator sees it; 1 keeps only its category, colours, pattern and aspect. Not for "
    "--towards.  [default: 0.3]",
)  # fmt: skip
@click.option("--towards", type=PHOTO, metavar="PHOTO", help="Go from each photo to this one, step by step.")
@look_options
@seed_option
@operation_option(told=then_option_text)
@sheet_option
@click.option("--in-flight", default=4, show_default=True, type=IN_FLIGHT, help="Jobs under way at once, 1 to 64.")
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders of folders, too.")
@result_options
@json_option
@server_options
def variations(
    photos: tuple[Path, ...], count: int | None, seed: int | None, operations: list[dict[str, Any]], sheet: bool,
    in_flight: int, recursive: bool, folder: Path, kind: str, quality: int, as_json: bool, url: str | None,
    api_key: str | None, **asked: Any,
) -> None:  # fmt: skip
    """Make new pictures of products like a photo's, on white, best first.

    A FOLDER stands for its photos. The pictures of PHOTO become PHOTO-0.EXT and on, with PHOTO.manifest.json. A file
    that is there is replaced only where that manifest says that Packshot made it; where another file is in the way,
    they are called PHOTO-packshot. A job makes 64 at most: more are shared out among several, the first with --seed,
    the next with the seed after it. What a photo needs first, such as relight, is done by `packshot run`, which takes
    --op variations too. The category is what is seen on the photo: there is no option for another.

    Exit codes: 0 all pictures are there, 1 some are not, 2 wrong usage, 3 no server answers, or it stayed away or full
    and nothing else is missing, 4 the private server could not run, 130 interrupted.
    """
    if count is None:
        count = 1 if asked["strength"] == 0 and asked["towards"] is None else 4
    if asked["towards"] is not None and count > MOST_A_JOB:
        raise click.UsageError(f"--towards: a way has at most {MOST_A_JOB} pictures; -n is {count}")
    found = expand_photos(photos, folder, recursive=recursive)
    if len(found) * count > MOST_OF_A_DATA_SET:
        raise click.UsageError(
            f"{number_of(len(found), 'photos')} with -n {count} are {len(found) * count:,} pictures; at most "
            f"{MOST_OF_A_DATA_SET:,} are made at once"
        )
    if sheet:
        require_pillow()
    make_folder(folder)
    wanted = {"op": "variations", **told_fields(asked)}
    order = Order([wanted, *operations], folder, {"format": kind, "quality": quality}, in_flight)
    parts = parts_of(count, seed)
    claims = Claims(folder, order.places_of, parts)
    tasks = plan_tasks(found, folder, parts, others=order.files, free=claims.free)

    def draw(outcomes: Sequence[Outcome]) -> list[Path]:
        from packshot.sheet.gallery import draw_gallery

        return draw_gallery(outcomes, "Packshot   ·   variations", folder)

    view = View(
        console_for(as_json),
        Counted(len(found) * count, "pictures"),
        as_json,
        tell=tell_made,
        draw=draw if sheet else None,
    )
    tell_kept(view.console, claims)
    end_with(take_all(tasks, order, view, url=url, api_key=api_key), view.counted)
