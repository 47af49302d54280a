"""An operation that had nothing to do is told of: nobody would see it otherwise."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from packshot.cli.display import display_for
from packshot.cli.report import Counted, outcome_line, summarize
from packshot.outcomes import Outcome
from packshot.photos import Task
from packshot.remarks import remarks_of


def manifest(*steps):
    return {"operations": [{"op": op, "findings": findings} for op, findings in steps]}


@pytest.mark.parametrize(
    ("steps", "remarks"),
    [
        ([("relight", {"mean_change": 0.0}), ("restore", {"strength": 0.7})], ("light left as it was",)),
        (
            [("relight", {"mean_change": 0}), ("restore", {"strength": 0})],
            ("light left as it was", "nothing to restore"),
        ),
        ([("relight", {}), ("restore", {})], ()),
        ([("relight", {"mean_change": 0.99})] * 2, ("light left as it was",)),
        ([("relight", {"mean_change": 1.0}), ("crop", {})], ()),
        ([], ()),
    ],
)
def test_the_manifest_s_figures_say_what_was_left_as_it_was(steps, remarks):
    assert remarks_of(manifest(*steps)) == remarks


def test_a_run_says_it_of_the_photo_and_counts_it_at_the_end(tmp_path):
    same = {"pictures": (tmp_path / "mug.png",), "sizes": ((24, 32),), "before": (24, 32)}
    left = [Outcome(Task(Path(name), name), 1.0, **same, remarks=("light left as it was",)) for name in ("a", "b")]
    changed = Outcome(Task(Path("c"), "c"), 1.0, **same)
    console = Console(width=100, record=True, force_terminal=False)
    lines = display_for(console, Counted(3))
    for outcome in (*left, changed):
        lines.ended(outcome)
    summarize(console, [*left, changed], tmp_path, 2.0, Counted(3))
    told = console.export_text().splitlines()
    assert told[0].endswith("1.0 s  light left as it was")
    assert told[2].endswith("1.0 s")
    assert told[3] == "light left as it was: 2 photos"
    assert json.loads(outcome_line(left[0]))["remarks"] == ["light left as it was"]
