"""Who is admitted, when, and in which order."""

import threading

import pytest

from worker.room import PictureRoom

PATIENCE_S = 30


class Job:
    """Holds `pixels` in a thread of its own until it is let go; `waited` says that it had to stand in line."""

    def __init__(self, room, pixels):
        self.admitted, self.waited, self._let_go = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(room, pixels))
        self._thread.start()

    def _run(self, room, pixels):
        with room.hold(pixels, self.waited.set):
            self.admitted.set()
            assert self._let_go.wait(PATIENCE_S)

    def end(self):
        self._let_go.set()
        self._thread.join()


def test_jobs_that_fit_together_are_held_together():
    room = PictureRoom(100)
    jobs = [Job(room, 50), Job(room, 50)]
    assert all(job.admitted.wait(PATIENCE_S) for job in jobs)
    for job in jobs:
        job.end()


def test_a_job_waits_until_there_is_room_for_it():
    room = PictureRoom(100)
    first = Job(room, 60)
    assert first.admitted.wait(PATIENCE_S)
    second = Job(room, 41)
    assert second.waited.wait(PATIENCE_S)
    assert not second.admitted.is_set()
    first.end()
    assert second.admitted.wait(PATIENCE_S)
    second.end()


def test_a_picture_larger_than_the_room_is_admitted_alone():
    room = PictureRoom(100)
    small = Job(room, 1)
    assert small.admitted.wait(PATIENCE_S)
    large = Job(room, 5000)
    assert large.waited.wait(PATIENCE_S)
    assert not large.admitted.is_set()
    small.end()
    assert large.admitted.wait(PATIENCE_S)
    large.end()


def test_small_jobs_do_not_overtake_a_large_one_in_line():
    room = PictureRoom(100)
    first = Job(room, 60)
    assert first.admitted.wait(PATIENCE_S)
    large = Job(room, 90)
    assert large.waited.wait(PATIENCE_S)
    small = Job(room, 20)
    assert small.waited.wait(PATIENCE_S)
    assert not small.admitted.is_set()
    first.end()
    assert large.admitted.wait(PATIENCE_S)
    large.end()
    assert small.admitted.wait(PATIENCE_S)
    small.end()


def test_who_gives_up_leaves_the_line_to_those_behind():
    room = PictureRoom(100)

    def give_up():
        raise InterruptedError

    with room.hold(60, pytest.fail):
        with pytest.raises(InterruptedError), room.hold(60, give_up):
            pytest.fail("it was admitted")
        with room.hold(40, pytest.fail):
            pass
