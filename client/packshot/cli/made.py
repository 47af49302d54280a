"""What a person is told of pictures that were made: how the text was understood, and what the judges say of them."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from packshot.cli.report import number_of, repeated
from packshot.generation import Generation, MadePicture, Understood
from packshot.outcomes import Outcome
from packshot.photos import shown

NAME_LETTERS = 20  # of a picture's name in the table of scores; its end tells them apart
FAULTS_LETTERS = 12  # at least, of the faults
PLACE = "beats"
PLACE_MEANS = "beats: what share of the others that its job made; a place among them, not a measure of how good it is"


def tell_made(console: Console, outcomes: Sequence[Outcome]) -> None:
    """What was understood, once; each picture's scores; and what they show where nobody said it."""
    made = [outcome for outcome in outcomes if outcome.generation is not None]
    if not made:
        return
    told = made[0].generation
    assert told is not None
    if told.understood or told.unknown:
        console.print(_understood(told))
    made.sort(key=lambda one: (one.task.stem, one.task.part.first if one.task.part else 0))
    console.print(_scores(made, console.width))
    for outcome in made:
        assert outcome.generation is not None
        told_of = f"{outcome.task.name}: {made_sentence(outcome.generation)}"
        console.print(told_of, style="dim", markup=False, highlight=False, soft_wrap=True)
    console.print(PLACE_MEANS, style="dim", highlight=False)
    if warning := arbitrary([outcome.generation for outcome in made if outcome.generation is not None]):
        console.print(warning, style="bold yellow", markup=False, highlight=False)


def arbitrary(made: Sequence[Generation]) -> str:
    """What to say where a text was not followed at all, or no category was named; empty where all is well.

    `made` are the jobs of one wish, or of several photos.
    """
    drawn = ", ".join(f"{name} {number}" for name, number in sum((one.categories for one in made), Counter()).items())
    told = made[0]
    if told.nothing_followed and told.category_open:
        return f"Nothing of the text was followed: what these pictures show is arbitrary ({drawn})"
    if told.nothing_followed:
        return f"Nothing of the text was followed, only what was said apart from it ({drawn})"
    return (
        f"Nothing that was followed names a category: arbitrary ones were drawn ({drawn})" if told.category_open else ""
    )


def made_sentence(told: Generation) -> str:
    """`best 4 of 8 candidates, seed 42; the photo is stranger than 31% of those that the generator was tried on`.

    Of a way towards another photo: `6 steps on the way, seed 42; …`, since there is nothing to choose.
    """
    seed = "" if told.seed is None else f", seed {told.seed}"
    strange = ""
    if told.anomaly is not None:
        strange = f"; the photo is stranger than {told.anomaly.percent}% of those that the generator was tried on"
    number = len(told.pictures)
    made = f"{number_of(number, 'steps')} on the way" if told.way else f"best {number} of {told.candidates} candidates"
    return f"{made}{seed}{strange}"


def understood_line(told: Generation) -> str:
    """`navy: color navy, dres: category dress (a guess)`."""
    return ", ".join(repeated(f"{piece.text}: {_meaning(piece)}" for piece in told.understood))


def _understood(told: Generation) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Text", overflow="fold")
    table.add_column("Understood as", overflow="fold")
    for piece, number in Counter(told.understood).items():
        times = f" ×{number}" if number > 1 else ""
        table.add_row(escape(piece.text), escape(_meaning(piece)) + times)
    for text in repeated(told.unknown):
        table.add_row(escape(text), "[yellow]not followed")
    return table


def _scores(made: Sequence[Outcome], width: int) -> Table:
    """A line for each picture; a score that some pictures lack has a column all the same."""
    rows = [
        (_short(shown(path.name)), picture)
        for outcome in made
        if outcome.generation is not None
        for path, picture in zip(outcome.pictures, outcome.generation.pictures, strict=False)
    ]
    names = _fitting(list(dict.fromkeys(name for _, picture in rows for name in picture.scores)), width)
    table = Table(box=None, pad_edge=False)
    table.add_column("Picture", no_wrap=True)
    for name in (PLACE, *names):
        table.add_column(escape(name), justify="right")
    table.add_column("Faults", style="yellow", overflow="fold")
    for name, picture in rows:
        table.add_row(escape(name), *_cells(picture, names), escape(", ".join(picture.fault_names)))
    return table


def _fitting(names: Sequence[str], width: int) -> list[str]:
    """The last of the scores, as many as have room: the plainest are measured first, and the manifest has them all."""
    room = width - NAME_LETTERS - FAULTS_LETTERS - len(f"  {PLACE}  ")
    fitting: list[str] = []
    for name in reversed(names):
        room -= len(name) + 2
        if room < 0:
            break
        fitting.insert(0, name)
    return fitting


def _short(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else f"…{name[-NAME_LETTERS + 1 :]}"


def _cells(picture: MadePicture, names: Sequence[str]) -> list[str]:
    scores = [f"{picture.scores[name]:.2f}" if name in picture.scores else "" for name in names]
    return [f"{picture.quality:.0%}", *scores]


def _meaning(piece: Understood) -> str:
    return f"{piece.means} (a guess)" if piece.guessed else piece.means
