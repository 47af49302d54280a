"""Many photos at once: what one photo's bad luck means for the others."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.exceptions import Exit
from rich.console import Console

from packshot import Client, RetryPolicy
from packshot.cli.report import Counted, outcome_line, summarize
from packshot.cli.running import end_with
from packshot.errors import JobFailed, JobLeft, NotSent, ServerUnreachable
from packshot.generation import Generation, MadePicture
from packshot.jobs import Job
from packshot.outcomes import Outcome, describe_error
from packshot.parts import parts_of
from packshot.photos import Task
from packshot.runs import Order, Run
from packshot.stopping import Stop
from tests.waiting import until


def test_whatever_happens_to_one_photo_the_others_go_on(client, sample, tmp_path):
    tasks = [Task(Path("no\0name.jpg"), "odd"), Task(sample, "mug")]
    run = Run(client, tasks, Order([{"op": "resize", "width": 32}], tmp_path), Stop())
    by_stem = {outcome.task.stem: outcome for outcome in run.outcomes(lambda: None)}
    assert by_stem["mug"].ok
    assert describe_error(by_stem["odd"].error).startswith("ValueError: ")
    assert '"title": "ValueError"' in outcome_line(by_stem["odd"])
    assert run.progress() == {}


def test_a_run_that_is_interrupted_while_it_begins_leaves_no_job_behind(makeshift, tmp_path, monkeypatch):
    """On a busy machine a job may be there before the last photo is on its way."""

    class Interrupted(ThreadPoolExecutor):
        def submit(self, *order):
            if makeshift.specs:
                raise KeyboardInterrupt
            begun = super().submit(*order)
            until(lambda: makeshift.specs)
            return begun

    makeshift.held.set()
    monkeypatch.setattr("packshot.runs.ThreadPoolExecutor", Interrupted)
    stop, wish = Stop(), [{"op": "generate", "text": "hat"}]
    with Client(makeshift.url, retries=RetryPolicy(sleep=stop.pause)) as client:
        run = Run(client, [Task(None, "first"), Task(None, "last")], Order(wish, tmp_path), stop)
        with pytest.raises(KeyboardInterrupt):
            list(run.outcomes(lambda: None))
    assert set(makeshift.canceled) == {"job_1"}


def test_pictures_to_look_at_are_named_with_the_reasons(tmp_path):
    warned = Outcome(
        Task(Path("mug.jpg"), "mug"), 1.0, pictures=(tmp_path / "mug.png",), warnings=("cutout: [odd] edge",)
    )
    fine = Outcome(Task(Path("cup.jpg"), "cup"), 1.0, pictures=(tmp_path / "cup.png",))
    console = Console(width=100, record=True)
    summarize(console, [warned, fine], tmp_path, 2.0, Counted(2))
    said = console.export_text()
    assert "mug.png" in said
    assert "cutout: [odd] edge" in said
    assert "cup.png" not in said
    assert '"warnings": ["cutout: [odd] edge"]' in outcome_line(warned)


def test_a_wish_of_several_jobs_that_was_not_sent_is_named_once_with_what_sends_it(tmp_path):
    away = NotSent("no answer", ServerUnreachable("no answer"))
    unsent = [Outcome(Task(None, "hat", part), 1.0, error=away) for part in parts_of(150)]
    console = Console(width=100, record=True)
    summarize(console, unsent, tmp_path, 2.0, Counted(150, "pictures"))
    first, then, count, *_ = console.export_text().splitlines()
    assert first == "hat: not sent: no answer"
    assert then == "the same command sends them, and makes the others anew"
    assert count.startswith("0 of 150 pictures, 150 not sent in 2.0 s")


def test_only_what_the_table_of_scores_tells_is_no_doubt(tmp_path):
    told = (
        "generate: this part of the text was not followed: s",
        "generate: picture 1 is poor, and no better one was made: sharpness: low",
    )
    doubts = (
        "generate: this part of the text was not followed: sleeves",
        "generate: picture 0 is poor, and no better one was made: realism: low",
        "upscale: sharpness: low in places",
    )
    pictures = (MadePicture(0, 1.0), MadePicture(1, 0.5, faults=("sharpness: low",)))
    made = Generation("generate", 1, (), ("s",), pictures, 4, {})
    outcome = Outcome(Task(None, "hat"), 1.0, pictures=(tmp_path / "hat.png",), warnings=told + doubts, generation=made)
    assert outcome.doubts == doubts


def test_a_job_collects_the_warnings_of_its_operations():
    steps = [{"op": "crop", "warnings": []}, {"op": "cutout", "warnings": ["look"]}, {"op": "resize"}]
    document = {"id": "1", "state": "succeeded", "manifest": {"operations": steps}}
    assert Job(None, document).warnings == ("cutout: look",)


def test_a_job_tells_why_its_pictures_need_a_look_once_and_by_name():
    reasons = [
        {"output": 1, "sentence": "a part of the product has other colours"},
        {"output": None, "sentence": "cutout: look"},
    ]
    steps = [{"op": "cutout", "warnings": ["look"]}]
    sizes = {"url": "/", "format": "jpeg", "width": 1, "height": 1, "bytes": 1, "sha256": ""}
    outputs = [{"index": index, "name": name, **sizes} for index, name in enumerate(("ebay.jpg", "etsy.jpg"))]
    manifest = {"operations": steps, "review": {"needs_review": True, "reasons": reasons}}
    document = {"id": "1", "state": "succeeded", "manifest": manifest, "outputs": outputs}
    assert Job(None, document).warnings == ("cutout: look", "etsy.jpg: a part of the product has other colours")
    assert Job(None, {**document, "outputs": outputs[:1]}).warnings[0] == "cutout: look"


@pytest.mark.parametrize(
    ("ends", "already", "code"),
    [("ww", 0, 2), ("wo", 0, 1), ("wf", 0, 1), ("w", 9, 1), ("f", 0, 1), ("on", 0, 3), ("nl", 9, 3), ("nf", 0, 1)],
)
def test_only_what_suits_no_photo_is_wrong_usage_and_only_what_nobody_took_a_server_that_was_away(ends, already, code):
    with pytest.raises(Exit) as ended:
        end_with([_ended(letter) for letter in ends], Counted(len(ends), already=already))
    assert ended.value.exit_code == code


def test_a_run_without_a_failure_goes_on_to_its_end():
    end_with([_ended("o")], Counted(1))
    end_with([], Counted(9, already=9))


def _ended(letter):
    """An outcome: o is one with a picture, w a job that refused what it was asked for, f one that failed otherwise.

    n is a photo that was not sent, l a job that was accepted and left.
    """
    away = ServerUnreachable("no answer")
    if letter in "nl":
        error = NotSent("no answer", away) if letter == "n" else JobLeft("job_1", "a command", "no answer")
        return Outcome(Task(Path("mug.jpg"), "mug"), 1.0, error=error)
    slug = {"w": "invalid-parameter", "f": "image-corrupt"}.get(letter)
    problem = {"problem": {"type": f"/problems/{slug}"}} if slug else {}
    error = JobFailed(Job(None, {"id": "job_1", "state": "failed", **problem})) if slug else None
    return Outcome(Task(Path("mug.jpg"), "mug"), 1.0, "job_1", error=error)
