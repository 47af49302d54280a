"""What users and servers wrote is told as they wrote it: rich takes none of it for markup or emoji."""

from rich.console import Console

from packshot.cli.display import BarDisplay
from packshot.cli.made import tell_made
from packshot.cli.report import Counted, summarize
from packshot.generation import Generation, MadePicture
from packshot.models import Progress
from packshot.outcomes import Outcome
from packshot.photos import Task

from .test_cli import packshot

ODD = "[/x]"  # closes nothing: rich dies of it, as markup


def test_a_job_is_told_in_the_words_of_its_owner(told, tmp_path):
    told.unknown = [ODD]
    assert packshot("generate", f"[red] :bomb: {ODD}", "-o", tmp_path).exit_code == 0
    said = packshot("job", "job_1").output
    assert "[red]: word [red], :bomb:: word :bomb:" in said
    assert f"was not followed: {ODD}" in said


def test_a_jobs_problem_is_told_as_the_server_has_it(told, tmp_path):
    told.fail_with = {"type": "/problems/invalid-parameter", "title": "[bold]", "detail": f"received '{ODD}'"}
    packshot("generate", "hat", "-o", tmp_path)
    result = packshot("job", "job_1")
    assert result.exit_code == 1
    assert f"[bold]: received '{ODD}'" in result.output


def test_a_run_tells_the_words_of_a_wish_as_they_are(told, tmp_path):
    told.unknown = [ODD]
    said = packshot("generate", f"[red] :bomb: {ODD}", "-o", tmp_path).output
    lines = [line.split() for line in said.splitlines()]
    assert ["[red]", "word", "[red]"] in lines
    assert [":bomb:", "word", ":bomb:"] in lines
    assert [ODD, "not", "followed"] in lines


def test_a_server_names_its_scores_and_stages_as_it_likes(tmp_path):
    console = Console(width=100, record=True, force_terminal=True)
    picture = MadePicture(0, 0.5, {ODD: 0.25})
    made = Generation("generate", 1, (), (), (picture,), 2, {})
    task = Task(None, "hat")
    tell_made(console, [Outcome(task, 1.0, pictures=(tmp_path / "hat-0.jpg",), generation=made)])
    assert ODD in console.export_text()
    with BarDisplay(console, Counted(1)) as display:
        display.tick({task: Progress("running", 0.5, ODD)})
    assert f"{ODD} 1" in console.export_text()
    summarize(console, [Outcome(task, 1.0, ODD, error=ValueError("no"))], tmp_path, 1.0, Counted(1))
    assert ODD in console.export_text()
