"""Many photos at once: what one photo's bad luck means for the others."""

from pathlib import Path

from rich.console import Console

from packshot.cli.report import outcome_line, summarize
from packshot.jobs import Job
from packshot.photos import Task
from packshot.runs import Order, Outcome, Run, Stop, describe_error


def test_whatever_happens_to_one_photo_the_others_go_on(client, sample, tmp_path):
    tasks = [Task(Path("no\0name.jpg"), "odd"), Task(sample, "mug")]
    run = Run(client, tasks, Order([{"op": "resize", "width": 32}], tmp_path), Stop())
    by_stem = {outcome.task.stem: outcome for outcome in run.outcomes(lambda: None)}
    assert by_stem["mug"].ok
    assert describe_error(by_stem["odd"].error).startswith("ValueError: ")
    assert '"title": "ValueError"' in outcome_line(by_stem["odd"])
    assert run.progress() == {}


def test_pictures_to_look_at_are_named_with_the_reasons(tmp_path):
    warned = Outcome(Task(Path("mug.jpg"), "mug"), 1.0, picture=tmp_path / "mug.png", warnings=("cutout: [odd] edge",))
    fine = Outcome(Task(Path("cup.jpg"), "cup"), 1.0, picture=tmp_path / "cup.png")
    console = Console(width=100, record=True)
    summarize(console, [warned, fine], tmp_path, 2.0)
    said = console.export_text()
    assert "mug.png" in said
    assert "cutout: [odd] edge" in said
    assert "cup.png" not in said
    assert '"warnings": ["cutout: [odd] edge"]' in outcome_line(warned)


def test_a_job_collects_the_warnings_of_its_operations():
    steps = [{"op": "crop", "warnings": []}, {"op": "cutout", "warnings": ["look"]}, {"op": "resize"}]
    document = {"id": "1", "state": "succeeded", "manifest": {"operations": steps}}
    assert Job(None, document).warnings == ("cutout: look",)
