"""`packshot generate`: new product pictures from words, attributes and pictures that are liked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from packshot.cli.made import tell_made
from packshot.cli.numbers import MOST_AT_ONCE, NUMBER, Number
from packshot.cli.operation_option import operation_option
from packshot.cli.options import json_option, make_folder, result_options, server_options
from packshot.cli.report import Counted
from packshot.cli.running import View, console_for, end_with, require_pillow, take_all, tell_kept
from packshot.cli.wish_options import look_options, seed_option, sheet_option, then_option_text, told_fields
from packshot.outcomes import Outcome
from packshot.parts import parts_of
from packshot.photos import Task, plan_stem, require_stem, shown, stem_of
from packshot.runs import Order
from packshot.standing import Claims

PHOTO = click.Path(exists=True, dir_okay=False, path_type=Path)
SAYING = ("text", "category", "colors", "pattern", "like")


def _read_name(_ctx: click.Context, param: click.Parameter, name: str | None) -> str | None:
    try:
        if name is not None:
            require_stem(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from error
    return name


@click.command()
@click.argument("text", required=False)
@click.option(
    "-n", "--count", default=1, show_default=True, type=Number(1, MOST_AT_ONCE, whole=True),
    help=f"How many pictures, 1 to {MOST_AT_ONCE:,}.",
)  # fmt: skip
@click.option(
    "--category", metavar="NAME",
    help="One that `packshot operations generate` lists. Wins over the text, as do --color, --pattern and --aspect.",
)  # fmt: skip
@look_options
@click.option("--aspect", type=NUMBER, help="The product's height over its width.")
@click.option(
    "--like", multiple=True, type=PHOTO, metavar="PHOTO", help="A picture to be like; again for more, up to 8."
)
@click.option("--like-strength", type=NUMBER, help="How much like it, 0 to 1; for --like.  [default: 0.5]")
@click.option(
    "--mix", type=(int, NUMBER), metavar="SEED SHARE", help="Draw a share of each picture, 0 to 1, by another seed."
)
@seed_option
@operation_option(told=then_option_text)
@click.option("--name", callback=_read_name, metavar="NAME", help="Of the pictures.  [default: the words of the text]")
@sheet_option
@result_options
@json_option
@server_options
def generate(
    count: int, seed: int | None, operations: list[dict[str, Any]], name: str | None, sheet: bool, folder: Path,
    kind: str, quality: int, as_json: bool, url: str | None, api_key: str | None, **asked: Any,
) -> None:  # fmt: skip
    """Make new product pictures on white, best first.

    TEXT says what they are to show, in English or Chinese; what was understood of it is told with the pictures' scores.
    They become NAME-0.EXT and on, with NAME.manifest.json. A file that is there is replaced only where that manifest
    says that Packshot made it; where another file is in the way, the name gets a number. A job makes 64 at most: more
    are shared out among several, the first with --seed, the next with the seed after it.

    \b
    Examples:
      packshot generate "navy striped dress, long sleeves" -n 8 --seed 42
      packshot generate --category shoes --color "#7a4630" --like mine.jpg -n 4 --sheet
      packshot generate "plain red hat" -n 4 --op upscale:factor=2 --format png

    Exit codes: 0 all pictures are there, 1 some are not, 2 wrong usage, 3 no server answers, or it stayed away or full
    and nothing else is missing, 4 the private server could not run, 130 interrupted.
    """
    wish = _wish(asked)
    if sheet:
        require_pillow()
    make_folder(folder)
    said = asked["text"] or " ".join(filter(None, (*asked["colors"], asked["pattern"], asked["category"])))
    order = Order([wish, *operations], folder, {"format": kind, "quality": quality})
    parts = parts_of(count, seed)
    claims = Claims(folder, order.places_of, parts)
    stem = plan_stem(stem_of(said) if name is None else name, order.files, folder, claims.free)
    tasks = [Task(None, stem, part) for part in parts]

    def draw(outcomes: Sequence[Outcome]) -> list[Path]:
        from packshot.sheet.gallery import draw_gallery

        return draw_gallery(outcomes, f"Packshot   ·   {shown(stem)}", folder)

    view = View(console_for(as_json), Counted(count, "pictures"), as_json, tell=tell_made, draw=draw if sheet else None)
    tell_kept(view.console, claims)
    end_with(take_all(tasks, order, view, url=url, api_key=api_key), view.counted)


def _wish(asked: dict[str, Any]) -> dict[str, Any]:
    """The operation. Raises click.UsageError where nothing was said, or nothing to be like."""
    asked["text"] = (asked["text"] or "").strip() or None
    if not any(asked[name] for name in SAYING):
        raise click.UsageError(
            "nothing was asked for: give a text, --category, --color, --pattern or --like, such as "
            'packshot generate "navy striped dress"'
        )
    if asked["like_strength"] is not None and not asked["like"]:
        raise click.UsageError("--like-strength says how much like the pictures of --like: it needs --like")
    fields = told_fields(asked)
    if "mix" in fields:
        fields["mix"] = dict(zip(("seed", "share"), asked["mix"], strict=True))
    return {"op": "generate", **fields}
