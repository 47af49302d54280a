"""What a log file is told while a run goes on: what has changed, and not the same again and again."""

import pytest
from rich.console import Console

from packshot.batch_models import BatchCounts
from packshot.cli import display
from packshot.cli.catalog import display as catalog_display
from packshot.cli.report import Counted
from packshot.models import Progress
from packshot.photos import Task


@pytest.fixture
def console():
    return Console(width=100, record=True, force_terminal=False)


@pytest.fixture
def now(monkeypatch):
    """A clock of both displays that the test moves."""
    told = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: told[0])
    return told


def test_a_run_tells_its_stages_again_only_once_they_have_changed(console, now):
    lines = display.display_for(console, Counted(3))
    tasks = [Task(None, name) for name in ("a", "b")]
    queued = {task: Progress("queued") for task in tasks}
    for now[0] in (1.0, 6.0, 12.0, 60.0):
        lines.tick(queued)
    running = {**queued, tasks[0]: Progress("running", stage="restore")}
    for now[0] in (61.0, 66.0, 120.0, 180.0):
        lines.tick(running)
    lines.tick({tasks[0]: Progress("queued", attempt=1), tasks[1]: Progress("queued", queue_position=4, attempt=1)})
    told = ["[0/3] … queued 2", "[0/3] … restore 1, queued 1", "[0/3] … queued again 1, queued 1"]
    assert console.export_text().splitlines() == told


def test_a_catalogue_tells_its_counts_again_only_once_they_have_changed(console, now):
    lines = catalog_display.display_for(console, "products.csv", 9)
    for now[0] in (1.0, 16.0, 60.0):
        lines.tick(catalog_display.Now(BatchCounts(9, waiting=9), 100.0 - now[0]))
    for now[0] in (61.0, 90.0):
        lines.tick(catalog_display.Now(BatchCounts(9, waiting=8, queued=1), 100.0 - now[0]))
    assert len(console.export_text().splitlines()) == 2
