"""The contact sheet of a run: which outcomes are on it, and what its title says."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from packshot.outcomes import Outcome
from packshot.photos import shown
from packshot.runs import Order
from packshot.sheet.cards import Entry
from packshot.sheet.pages import draw_pages


def draw_run(outcomes: Sequence[Outcome], order: Order) -> list[Path]:
    """Writes the pages into the run's folder, photos by name; none if no photo succeeded."""
    operations = tuple(str(operation["op"]) for operation in order.operations)
    succeeded = [outcome for outcome in sorted(outcomes, key=lambda one: one.task.stem) if outcome.pictures]
    entries = [entry for outcome in succeeded for entry in _entries(outcome, operations)]
    if not entries:
        return []
    count = f"{len(succeeded)} photos" if len(succeeded) != 1 else "1 photo"
    left_out = len(outcomes) - len(succeeded)
    done = " → ".join(operations), ", ".join(order.renditions)
    told = ("Packshot", *done, count, f"{left_out} failed" if left_out else "")
    return draw_pages(entries, "   ·   ".join(filter(None, told)), order.folder)


def _entries(outcome: Outcome, operations: tuple[str, ...]) -> Iterator[Entry]:
    """A card for each picture of a photo."""
    photo = outcome.task.photo
    if photo is None or outcome.before is None:
        return
    for picture, size in zip(outcome.pictures, outcome.sizes, strict=False):
        yield Entry(
            name=shown(photo.name if len(outcome.pictures) == 1 else picture.name),
            before=photo,
            after=picture,
            before_px=outcome.before,
            after_px=size,
            operations=operations,
            seconds=outcome.seconds,
        )
