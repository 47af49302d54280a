"""Documents that many ask for are rendered once, and none of them holds up another."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from api import renderings as rooms
from api.renderings import KEPT, Renderings


@pytest.fixture(autouse=True)
def app() -> Iterator[None]:
    with Flask("test").app_context():
        yield


def test_what_is_asked_for_again_is_not_rendered_again() -> None:
    renderings = Renderings()
    assert renderings.of("a", lambda: {"x": 1}) == renderings.of("a", pytest.fail) == b'{"x":1}'


def test_a_slow_rendering_holds_up_nobody_who_asks_for_another() -> None:
    renderings, begun, go_on = Renderings(), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        return "slow" if go_on.wait(60) else "never"

    slow_one = threading.Thread(target=renderings.of, args=("a", slow))
    slow_one.start()
    assert begun.wait(30)
    told: list[bytes] = []
    other = threading.Thread(target=lambda: told.append(renderings.of("b", lambda: "quick")), daemon=True)
    other.start()
    other.join(30)
    assert told == [b'"quick"']
    go_on.set()
    slow_one.join()
    assert renderings.of("a", pytest.fail) == b'"slow"'


def test_a_rendering_that_fails_is_tried_again() -> None:
    renderings = Renderings()
    with pytest.raises(ZeroDivisionError):
        renderings.of("a", lambda: 1 / 0)
    assert renderings.of("a", lambda: 1) == b"1"


def test_old_renderings_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    renderings = Renderings()
    renderings.of("a", lambda: 1)
    monkeypatch.setattr(rooms, "KEPT_S", -1.0)
    assert renderings.of("a", lambda: 2) == b"2"


def test_only_the_last_few_are_kept() -> None:
    renderings = Renderings()
    for key in range(KEPT + 1):
        renderings.of(key, lambda: "first")
    assert renderings.of(KEPT, pytest.fail) == b'"first"'
    assert renderings.of(0, lambda: "again") == b'"again"'
