"""What `packshot job` says of a job that does not move; the rest of the command is tests/client/test_cli.py's."""

from types import SimpleNamespace
from typing import Any

import pytest

from packshot.cli.why_waiting import why_waiting
from packshot.errors import ServerUnreachable, Unavailable
from packshot.models import Progress
from packshot.problems import Problem

ALIVE: dict[str, Any] = {"workers": 2}


def why(ready: Any = ALIVE, state: str = "queued", **document: Any) -> str:
    def answer() -> Any:
        if isinstance(ready, Exception):
            raise ready
        return ready

    progress = Progress.parse({"state": state, **document})
    found = SimpleNamespace(state=state, document=document, progress=progress)
    return why_waiting(SimpleNamespace(ready=answer), found)  # type: ignore[arg-type]


def unavailable(**extra: Any) -> Unavailable:
    return Unavailable(Problem(type="/problems/unavailable", title="", status=503, extra=extra))


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        ({"device": "gpu", "models": {}, "operations": {}}, "a worker on a GPU; none is there now"),
        ({"device": None, "models": {"restore": "6"}, "operations": {}}, "a worker that serves restore 6; none"),
        (
            {"device": "cpu", "models": {"relight": "4", "restore": "6"}, "operations": {"upscale": "2"}},
            "a worker on a CPU that serves relight 4, restore 6 and knows upscale of version 2; none",
        ),
    ],
)
def test_what_nobody_living_can_do_is_told_with_what_it_needs(needed, words):
    assert why(waiting_for=needed).startswith(words)


def test_a_job_whose_worker_fell_silent_is_told_with_when_it_goes_on():
    told = why(state="running", worker_silence={"for_s": 12.4, "job_kept_s": 17.6})
    assert told == (
        "its worker, which has not been heard of for 12 s; in 18 s it is queued again, for another, unless it speaks up"
    )
    for left_s in (0.0, 0.4):
        told = why(state="running", worker_silence={"for_s": 31.0, "job_kept_s": left_s})
        assert "; any moment it is queued again" in told


def test_where_no_worker_lives_at_all_any_is_waited_for():
    assert why(unavailable(workers=0)).startswith("a worker; none is there now")


@pytest.mark.parametrize("ready", [ALIVE, unavailable(redis="away"), ServerUnreachable("gone")])
def test_a_job_that_waits_for_its_turn_alone_is_told_nothing_more(ready):
    assert why(ready, waiting_for=None, worker_silence=None) == ""


def test_a_job_between_two_attempts_is_told_to_wait_for_the_next():
    assert why(attempt=2).startswith("another attempt: number 2 came to no end")
    assert why(attempt=2, queue_position=7) == ""  # it waits for its turn like any other
    assert why(unavailable(workers=0), attempt=2).startswith("a worker; none is there now")


def test_a_job_that_runs_or_ended_asks_nobody():
    for state in ("running", "succeeded"):
        assert why(AssertionError("asked"), state=state) == ""
