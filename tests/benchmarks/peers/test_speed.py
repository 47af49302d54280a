"""A round with a real server of one kind: the Flask peer, on the packages that Packshot's own environment has."""

import dataclasses
import os
import sys

from benchmarks.peers.behaviours import _one_bad
from benchmarks.peers.calls import Refused
from benchmarks.peers.serving.network import decode
from benchmarks.peers.speed import Plan, measure
from benchmarks.peers.systems import SYSTEMS, Running
from tests.ports import free_port


def test_a_system_is_started_measured_and_ended(monkeypatch):
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "benchmarks.peers.serving.with_flask:app",
    ]
    flask = dataclasses.replace(SYSTEMS["flask"], command=lambda _port, _folder: command)
    monkeypatch.setattr("benchmarks.peers.photos._KINDS", ((1.0, 0.02, 0.03),))
    plan = Plan({"restore": 2, "relight": 2}, 1, 2, 1, 50.0, port, 8.0, "shape")
    told = measure([flask], plan)
    for kind, count in (("restore", 2), ("relight", 2), ("clicks", 1)):
        (once,) = told["rounds"]["flask"][kind]
        assert (once["photos"], once["refused"]) == (count, 0)
        assert once["mp_per_s"] > 0
    assert told["likeness"]["restore"]["flask"]["same"]


def test_a_bad_photo_is_told_apart_from_the_good_ones_that_fell_with_it():
    def call(task: str, photo: bytes, timeout_s: float = 0.0) -> bytes:
        decode(photo)
        return photo

    def refusing(task: str, photo: bytes, timeout_s: float = 0.0) -> bytes:
        try:
            return call(task, photo)
        except OSError as error:
            raise Refused(400, str(error)) from error

    told = _one_bad(Running(SYSTEMS["flask"], refusing, os.getpid(), ""))
    assert told == {"told": "99 answered, 1 × 400; the bad one: 400", "status": 400, "good_ones_failed": 0}
