"""`packshot augment`: a data set stretched by variations of its photos."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from packshot.augmenting import Recipe, plan_augmentation
from packshot.cli.numbers import IN_FLIGHT, MOST_OF_A_DATA_SET, Number
from packshot.cli.operation_option import operation_option
from packshot.cli.options import expand_photos, json_option, make_folder, result_options, server_options
from packshot.cli.report import Counted, number_of
from packshot.cli.running import View, console_for, end_with, take_all
from packshot.cli.wish_options import SEED, look_options, then_option_text, told_fields
from packshot.ledger import LEDGER_FILE, Ledger
from packshot.parts import SEEDS
from packshot.photos import shown
from packshot.runs import Order


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@click.option(
    "-n", "--pictures", required=True, type=Number(1, MOST_OF_A_DATA_SET, whole=True),
    help=f"How many to make, of all photos; 1 to {MOST_OF_A_DATA_SET:,}.",
)  # fmt: skip
@click.option(
    "--strength", default=0.4, show_default=True, type=Number(0, 1),
    help="0 shows the photo as the generator sees it; 1 keeps only its category, colours, pattern and aspect.",
)  # fmt: skip
@look_options
@click.option("--seed", default=0, show_default=True, type=SEED, help=f"Another, other pictures; 0 to {SEEDS - 1}.")
@operation_option(told=then_option_text)
@click.option("--in-flight", default=4, show_default=True, type=IN_FLIGHT, help="Jobs under way at once, 1 to 64.")
@result_options
@json_option
@server_options
def augment(
    source: Path, pictures: int, seed: int, operations: list[dict[str, Any]], in_flight: int, folder: Path, kind: str,
    quality: int, as_json: bool, url: str | None, api_key: str | None, **asked: Any,
) -> None:  # fmt: skip
    """Stretch a data set, FOLDER/CATEGORY/*.jpg, by variations of its photos.

    The pictures are spread evenly over the photos and keep their folders: FOLDER/dress/a.jpg becomes dress/a-0.EXT and
    on in the output folder. A line of JSON for each, in pictures.jsonl, says which photo it came from and with which
    seed. The photos themselves are not copied. The same command gives the same pictures; after Ctrl-C it goes on where
    it stopped. A file that is there is replaced only where pictures.jsonl says that Packshot made it: another one in
    the way is a usage error, before anything is made. A photo that fails is told at the end, and the others go on.

    Exit codes: 0 all pictures are there, 1 some are not, 2 wrong usage, 3 no server answers, or it stayed away or full
    and nothing else is missing, 4 the private server could not run, 130 interrupted.
    """
    source, folder = source.resolve(), folder.resolve()
    if folder == source:
        raise click.UsageError(f"-o is {shown(folder)}, where the photos are; give another folder for the pictures")
    photos = expand_photos([source], folder, recursive=True)
    if asked["strength"] == 0 and pictures > len(photos):
        raise click.UsageError(
            f"--strength 0: all pictures of a photo are the same, so {number_of(len(photos), 'photos')} give no more; "
            f"-n is {pictures}"
        )
    make_folder(folder)
    steps = [{"op": "variations", **told_fields(asked)}, *operations]
    output = {"format": kind, "quality": quality}
    console = console_for(as_json)
    with Ledger(folder, source, {"strength": asked["strength"]}) as ledger:
        order = Order(steps, folder, output, in_flight, {"priority": "bulk"}, note=ledger.expect)
        recipe = _recipe(photos, source, order, pictures, seed)
        _require_same(recipe, folder, ledger)
        tasks = plan_augmentation(photos, source, folder, pictures, seed)
        left = [task for task in tasks if not ledger.has(task)]
        ledger.require_places(name for task in left for name in order.places_of(task))
        recipe.write(folder)
        already = pictures - sum(task.wanted for task in left)
        _tell_already(console, already, pictures, sum(map(ledger.standing, left)))
        counted = Counted(pictures, "pictures", already, names_faulty=False, again="the same command sends them")
        view = View(console, counted, as_json, tells_limits=False, then="; the same command goes on")
        outcomes = take_all(left, order, view, url=url, api_key=api_key) if left else []
        _tell_faults(console, ledger)
        _tell_strangers(console, ledger)
    end_with(outcomes, counted)


def _tell_already(console: Console, already: int, pictures: int, again: int) -> None:
    """`47 pictures of 50 are there already; 2 more are made again, with those that are missing of their photos`."""
    more = f"; {again} more are made again, with those that are missing of the same photos" if again else ""
    if already or again:
        console.print(f"{number_of(already, 'pictures')} of {pictures} are there already{more}", highlight=False)


def _tell_faults(console: Console, ledger: Ledger) -> None:
    """`12 pictures have faults (sharpness 9, realism 4): pictures.jsonl names them`."""
    faulty = [row["faults"] for row in ledger.rows if row.get("faults")]
    if faulty:
        counted = Counter(fault for faults in faulty for fault in faults)
        reasons = ", ".join(f"{fault} {number}" for fault, number in counted.most_common())
        told = f"{number_of(len(faulty), 'pictures')} with faults ({reasons}): {LEDGER_FILE} names them"
        console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _tell_strangers(console: Console, ledger: Ledger) -> None:
    """`8 pictures are not of their folder's category (chair varied as dress 8): pictures.jsonl names them`."""
    counted = Counter(
        f"{row['category']} varied as {row['varied_as']}"
        for row in ledger.rows
        if row["category"] and row.get("varied_as") and row["category"].casefold() != row["varied_as"].casefold()
    )
    if counted:
        pairs = ", ".join(f"{pair} {number}" for pair, number in counted.most_common())
        number = number_of(counted.total(), "pictures")
        told = f"{number} made as another category than their folder's ({pairs}): {LEDGER_FILE} names them"
        console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _recipe(photos: Sequence[Path], source: Path, order: Order, pictures: int, seed: int) -> Recipe:
    names = tuple(photo.relative_to(source).as_posix() for photo in photos)
    return Recipe(names, pictures, seed, tuple(order.operations), order.output)


def _require_same(recipe: Recipe, folder: Path, ledger: Ledger) -> None:
    """Raises click.UsageError where pictures of another recipe are in the folder."""
    different = recipe.differences(folder) if ledger.rows else []
    if different:
        raise click.UsageError(
            f"{shown(folder)} was begun otherwise: {'; '.join(map(shown, different))}. Give the command that began it "
            "to go on, or another folder with -o"
        )
