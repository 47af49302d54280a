"""`packshot top`: what is drawn, in how much room, and what becomes of it when the server is lost."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TextIO

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from packshot import Client
from packshot.cli import main
from packshot.cli.top import screen
from packshot.cli.top.frame import SORTS, View, frame
from packshot.cli.top.keyboard import Keyboard
from packshot.cli.top.watching import Sample, Watch
from packshot.errors import ServerUnreachable
from packshot.operator_models import Overview, TenantLoad, Worker
from tests.waiting import until

from .conftest import RunningUp

OVERVIEW = {
    "pending": {"interactive": 30, "bulk": 12},
    "queues": [
        {"priority": "bulk", "route": "gpu", "jobs": 12, "megapixels": 144.0},
        {"priority": "interactive", "route": "any", "jobs": 30, "megapixels": 12.25},
    ],
    "running": 4,
    "delayed": 1,
    "oldest_pending_s": 190.0,
    "dead": 2,
    "open_batches": 3,
    "workers": 2,
    "throughput": {"jobs_per_minute": 42.5, "megapixels_per_s": 3.25},
    "hints_waiting": 7,
    "latency": {"jobs": 9, "since": "t", "wait_s": {"p50": 0.4, "p95": 12.0}, "run_s": {"p50": 1.0, "p95": 2.0}},
    "problems": [
        {"type": "/problems/image-corrupt", "count": 9, "recent": 0, "last_job": "job_old"},
        {"type": "/problems/storage", "count": 2, "recent": 2, "last_job": "job_new"},
    ],
    "redis": {"used_mb": 1.5, "max_mb": 512, "version": "7"},
}
ENGINE = {"batches": 3, "mean_batch": 6.5, "fill": 0.97, "wait_ms": {"p50": 1, "p95": 90}, "device_busy": 0.5}


def worker(host: str, busy: float, restore: str = "6", **more: object) -> Worker:
    engine = {**ENGINE, "device_busy": busy, "megapixels_per_s": 1.5, "flush_reasons": {"full": 8}}
    told = {"owner": host, "host": host, "pid": 7, "backend": "onnxruntime", "device": "[bold]CPU", "threads": 4}
    return Worker.parse({**told, "running": 2, "models": {"restore": {"version": restore}}, "engine": engine, **more})


SAMPLE = Sample(
    "http://shop.example",
    "2026-11-22T21:00:00+00:00",
    Overview.parse(OVERVIEW),
    (worker("alpha", 0.25), worker("beta", 0.75, restore="7")),
    (TenantLoad("zoo", 30, 20), TenantLoad("acme", 9, 4)),
)


PRINTED = View(80, None)


def drawn(sample: Sample = SAMPLE, view: View = PRINTED) -> list[str]:
    console = Console(file=io.StringIO(), width=view.width, height=view.height or 99, highlight=False)
    console.print(frame(sample, view))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_frame_tells_all_that_an_operator_looks_for_within_80_columns() -> None:
    lines = drawn()
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    for told in (
        "42 pending, 156 MP  oldest 3m10s  4 running  1 to retry  2 dead  3 catalogues",
        "42.5 jobs/min  3.25 MP/s  wait 0.4s/12s  run 1.0s/2.0s",
        "batches left full 16  redis 1.5 of 512 MB, 7 hints",
    ):
        assert told in text
    assert [line.split() for line in lines if line.startswith(("interactive", "bulk"))] == [
        ["interactive", "any", "30", "12.2"],
        ["bulk", "gpu", "12", "144"],
    ]
    assert "beta:7" in text


def test_what_only_some_workers_have_loaded_stands_out() -> None:
    assert "models restore 6 on 1 of 2, restore 7 on 1 of 2" in "\n".join(drawn())
    alike = replace(SAMPLE, workers=(worker("alpha", 0.1), worker("beta", 0.2)))
    assert "models restore 6\n" in "\n".join(drawn(alike)) + "\n"


def test_the_age_of_a_workers_word_is_told_and_a_silent_one_stands_out() -> None:
    assert "TOLD" not in "\n".join(drawn())
    silent, old = worker("alpha", 0.9, silent_s=12.3), worker("beta", 0.1, silent_s=3.0)
    for width in (80, 130):
        lines = drawn(replace(SAMPLE, workers=(silent, old, worker("new", 0.5))), View(width, None))
        assert max(map(len, lines)) <= width
        assert next("silent 12s" in line for line in lines if line.startswith("alpha:"))
        assert next("3.0s ago" in line for line in lines if line.startswith("beta:"))
        assert next("ago" not in line for line in lines if line.startswith("new:"))


def test_a_worker_that_waits_for_its_blob_store_says_so() -> None:
    stalled = worker("alpha", 0.0, blobs_fault="probes/x: no space left")
    text = "\n".join(drawn(replace(SAMPLE, workers=(stalled, worker("beta", 0.5)))))
    assert "waits for the blob store" in text


def test_why_workers_told_of_other_jobs_than_run_is_said() -> None:
    assert "workers told of" not in "\n".join(drawn())
    idle = worker("alpha", 0.0, running=0)
    assert "4 running; workers told of 2 last: they tell it every 5s" in "\n".join(
        drawn(replace(SAMPLE, workers=(idle, worker("beta", 0.5))))
    )
    gone = worker("alpha", 0.0, running=4, silent_s=20.0)
    assert "4 running; workers told of 6 last: one is silent, its jobs run again soon" in "\n".join(
        drawn(replace(SAMPLE, workers=(gone, worker("beta", 0.5))))
    )


def test_recent_problems_come_first() -> None:
    lines = drawn()
    assert next(line for line in lines if "storage" in line).split() == ["storage", "2", "2", "job_new"]
    assert [line.split()[0] for line in lines if "job_" in line] == ["storage", "image-corrupt"]


@pytest.mark.parametrize(
    ("sort", "workers", "tenants"), [("busy", ["beta", "alpha"], ["zoo", "acme"]), ("name", ["alpha", "beta"], None)]
)
def test_sorting_moves_rows(sort: str, workers: list[str], tenants: list[str] | None) -> None:
    lines = drawn(view=View(80, None, sort=sort))
    assert [line.split(":")[0] for line in lines if line.startswith(("alpha:", "beta:"))] == workers
    assert [line.split()[0] for line in lines if line.startswith(("zoo", "acme"))] == (tenants or ["acme", "zoo"])


def test_a_wide_terminal_shows_devices_as_they_are_named_and_a_narrow_one_does_not() -> None:
    assert any(line.endswith("0.1s  [bold]CPU") for line in drawn(view=View(130, None)))
    assert not any("CPU" in line for line in drawn())


@pytest.mark.parametrize("height", [24, 40])
def test_a_frame_is_never_higher_than_its_terminal_and_says_what_it_leaves_out(height: int) -> None:
    crowd = replace(
        SAMPLE,
        workers=tuple(worker(f"host-{number:03}", 0.5) for number in range(50)),
        tenants=tuple(TenantLoad(f"tenant-{number}", 60 - number) for number in range(20)),
    )
    lines = drawn(crowd, View(80, height, failure=ServerUnreachable("gone")))
    assert len(lines) <= height
    assert lines[-1].startswith(" q  quit")
    assert any(line.startswith("… and") for line in lines)
    assert sum(line.startswith("host-") for line in drawn(crowd)) == 50, "printed, all are there"


def test_no_worker_and_nothing_to_do_are_told() -> None:
    idle = Sample("http://x", SAMPLE.at, Overview.parse({"pending": {}}), (), ())
    text = "\n".join(drawn(idle))
    assert "no worker lives: nothing is done" in text
    assert "0 pending" in text


def test_keys_hold_the_picture_and_sort() -> None:
    view = screen.pressed("p", View(80, 24))
    assert view.paused
    assert not screen.pressed("p", view).paused
    sorts = [view.sort]
    for _ in SORTS:
        view = screen.pressed("s", view)
        sorts.append(view.sort)
    assert sorts == [*SORTS, SORTS[0]]
    assert screen.pressed("x", view) == view


def test_a_lost_server_is_told_over_the_last_picture_until_it_is_back() -> None:
    watched = Watch(Answers(_lost, lambda: replace(SAMPLE, at="2026-11-22T22:00:00+00:00")), SAMPLE)
    assert not watched.look(), "nothing was asked"
    watched.ask()
    until(watched.look)
    assert watched.sample is SAMPLE
    lines = drawn(watched.sample, View(80, 24, failure=watched.failure))
    assert "NO ANSWER; told last:" in lines[0]
    assert lines[1] == "no answer from http://shop.example"
    watched.ask()
    until(watched.look)
    assert (watched.failure, watched.sample.at[11:13]) == (None, "22")
    watched.close()


def test_the_screen_is_drawn_until_q_and_the_terminal_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import termios

    asked: list[str] = []
    monkeypatch.setattr(screen, "take_sample", lambda _, server: asked.append(server) or _lost())
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    with terminal() as (typed, stream):
        before = termios.tcgetattr(stream)
        type_when = iter([lambda: typed("s"), lambda: len(asked) > 1 and typed("q")])
        key = Keyboard.key
        due = next(type_when)

        def pressed(keyboard: Keyboard, timeout_s: float) -> str:
            nonlocal due
            if due() is not False:
                due = next(type_when, lambda: False)
            return key(keyboard, timeout_s / 10)

        monkeypatch.setattr(Keyboard, "key", pressed)
        screen.watch(console, Client("http://shop.example", "psk_a.b"), SAMPLE, 0.01, stream)
        assert termios.tcgetattr(stream) == before
    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert "NO ANSWER" in told
    assert "sort: MP/s" in told
    assert asked[0] == "http://shop.example"


def test_once_and_json_tell_of_a_real_service_and_only_to_its_operator(
    up: RunningUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    for arguments in ((), ("--once",)):  # no terminal is there to draw on
        frame_of_now = packshot(*arguments)
        assert frame_of_now.exit_code == 0
        assert "jobs/min" in frame_of_now.stdout
        assert "quit" not in frame_of_now.stdout
    told = json.loads(packshot("--json").stdout)
    assert told["server"] == up.url
    assert told["workers"][0]["models"]["restore"]["version"]
    with Client() as client:
        merchant = client.keys.create("merchant", ["jobs:read"], tenant="acme").secret
    refused = packshot("--once", "--api-key", merchant)
    assert refused.exit_code == 3
    assert "packshot top needs a key with the scope operator" in refused.stderr


def test_a_server_that_is_not_there_at_first_ends_it_without_a_traceback() -> None:
    result = packshot("--once", "--url", "http://127.0.0.1:9", "--api-key", "psk_0123456789abcdef." + "a" * 43)
    assert result.exit_code == 3
    assert result.stderr.startswith("packshot: no answer from http://127.0.0.1:9")


def packshot(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["top", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@contextmanager
def terminal() -> Iterator[tuple[Callable[[str], object], TextIO]]:
    """What types into a terminal, and the terminal as a program has it."""
    keys, screen_end = os.openpty()
    with os.fdopen(screen_end, "r") as stream:
        yield lambda text: os.write(keys, text.encode()) > 0, stream
    os.close(keys)


class Answers:
    """One after the other."""

    def __init__(self, *answers: Callable[[], Sample]) -> None:
        self._answers = list(answers)

    def __call__(self) -> Sample:
        return self._answers.pop(0)()


def _lost() -> Sample:
    raise ServerUnreachable("no answer from http://shop.example")
