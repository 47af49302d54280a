"""Many photos at once: what one photo's bad luck means for the others."""

from pathlib import Path

from packshot.cli.report import outcome_line
from packshot.photos import Task
from packshot.runs import Order, Run, Stop, describe_error


def test_whatever_happens_to_one_photo_the_others_go_on(client, sample, tmp_path):
    tasks = [Task(Path("no\0name.jpg"), "odd"), Task(sample, "mug")]
    run = Run(client, tasks, Order([{"op": "resize", "width": 32}], tmp_path), Stop())
    by_stem = {outcome.task.stem: outcome for outcome in run.outcomes(lambda: None)}
    assert by_stem["mug"].ok
    assert describe_error(by_stem["odd"].error).startswith("ValueError: ")
    assert '"title": "ValueError"' in outcome_line(by_stem["odd"])
    assert run.progress() == {}
