"""Load and what is measured of it: places, refusals, percentiles, the process tree."""

import os
import subprocess
import sys
import threading

import pytest

from benchmarks.peers import tree
from benchmarks.peers.calls import Refused
from benchmarks.peers.load import Outcome, closed_loop, counted, open_loop, percentile
from benchmarks.peers.photos import Photo
from benchmarks.peers.systems import SYSTEMS, Running
from tests.waiting import until

PHOTOS = [Photo(bytes([number]), 1000, 1000 * (number + 1)) for number in range(6)]


def running(call) -> Running:
    return Running(SYSTEMS["flask"], call, os.getpid(), "")


def test_no_more_than_the_clients_are_on_their_way_and_every_photo_is_sent_once():
    sent, now, most, lock = [], 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=60)  # each waits for the other: two are on their way, however busy the machine

    def call(task: str, photo: bytes, timeout_s: float = 0.0) -> bytes:
        nonlocal now, most
        with lock:
            sent.append(photo[0])
            now += 1
            most = max(most, now)
        both.wait()
        with lock:
            now -= 1
        return photo * 2

    outcome = closed_loop(running(call), "restore", PHOTOS, 2, keep=True)
    assert sorted(sent) == [0, 1, 2, 3, 4, 5]
    assert most == 2
    assert outcome.pictures[3] == b"\x03\x03"
    figures = outcome.figures(PHOTOS)
    assert figures["megapixels"] == pytest.approx(21)
    assert figures["mp_per_s"] == pytest.approx(21 / outcome.wall_s)
    assert len(figures["latencies_s"]) == 6


def test_a_refused_photo_counts_neither_as_an_answer_nor_as_megapixels():
    def call(task: str, photo: bytes, timeout_s: float = 0.0) -> bytes:
        if photo == b"\x05":
            raise Refused(400, "bad")
        if photo == b"\x04":
            raise Refused(0, "broken off")
        return photo

    outcome = closed_loop(running(call), "relight", PHOTOS, 3)
    assert counted(outcome) in ("4 answered, 1 × 400, 1 × broken off", "4 answered, 1 × broken off, 1 × 400")
    assert outcome.figures(PHOTOS)["megapixels"] == pytest.approx(1 + 2 + 3 + 4)


def test_arrivals_wait_for_nobody():
    together, barrier = [], threading.Barrier(len(PHOTOS), timeout=60)

    def call(task: str, photo: bytes, timeout_s: float = 0.0) -> bytes:
        barrier.wait()  # met only if all of them are there at once
        together.append(photo)
        return photo

    outcome = open_loop(running(call), "relight", PHOTOS, 1000.0, seed=1)
    assert len(together) == len(outcome.seconds) == len(PHOTOS)


def test_percentiles_are_of_the_nearest_rank():
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, percent) for percent in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 50) == percentile([7.0], 99) == 7.0
    assert percentile([], 50) != percentile([], 50)  # NaN


def test_what_a_childs_child_spent_and_holds_is_the_familys():
    work = "import time\nheld = bytearray(b'x') * (80 << 20)\nend = time.process_time() + 0.5\n"
    work += "while time.process_time() < end: pass\nprint('spent', flush=True)\ntime.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        try:
            with tree.PeakMemory(process.pid) as peak:
                assert process.stdout
                assert process.stdout.readline() == b"spent\n"
                until(lambda: peak.mib > 80)
            assert tree.cpu_seconds(process.pid) >= 0.5
            assert tree.memory_mib(process.pid) > 80
            assert "held = bytearray" in tree.busiest(process.pid).cmdline()[-1].split("subprocess")[0]
        finally:
            for each in reversed(tree.family(process.pid)):
                each.kill()


def test_an_outcome_without_an_answer_has_no_latencies():
    figures = Outcome(refused={0: 500}, wall_s=1.0).figures(PHOTOS)
    assert figures["photos"] == figures["mp_per_s"] == figures["cpu_s_per_mp"] == 0
