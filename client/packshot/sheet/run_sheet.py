"""The contact sheet of a run: which outcomes are on it, and what its title says."""

from collections.abc import Sequence
from pathlib import Path

from packshot.photos import shown
from packshot.runs import Order, Outcome
from packshot.sheet.cards import Entry
from packshot.sheet.pages import draw_pages


def draw_run(outcomes: Sequence[Outcome], order: Order) -> list[Path]:
    """Writes the pages into the run's folder, photos by name; none if no photo succeeded."""
    operations = tuple(str(operation["op"]) for operation in order.operations)
    shown = [_entry(outcome, operations) for outcome in sorted(outcomes, key=lambda one: one.task.stem)]
    entries = [entry for entry in shown if entry is not None]
    if not entries:
        return []
    count = f"{len(entries)} photos" if len(entries) != 1 else "1 photo"
    left_out = len(outcomes) - len(entries)
    failed = f"   ·   {left_out} failed" if left_out else ""
    return draw_pages(entries, f"Packshot   ·   {' → '.join(operations)}   ·   {count}{failed}", order.folder)


def _entry(outcome: Outcome, operations: tuple[str, ...]) -> Entry | None:
    if outcome.picture is None or outcome.before is None or outcome.after is None:
        return None
    return Entry(
        name=shown(outcome.task.photo.name),
        before=outcome.task.photo,
        after=outcome.picture,
        before_px=outcome.before,
        after_px=outcome.after,
        operations=operations,
        seconds=outcome.seconds,
    )
