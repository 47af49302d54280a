"""A place that cannot be set up says so, and keeps nobody waiting."""

import threading
from pathlib import Path

import pytest

from tests.badinput.place import Place


@pytest.mark.parametrize("step", ["_make_redis", "_start"])
def test_a_set_up_that_fails_ends_what_it_began(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_place: Place) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(Place, step, fail)
    before = set(threading.enumerate())
    with pytest.raises(RuntimeError, match="no room"), Place(tmp_path):
        raise AssertionError("it was set up")
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert not [thread for thread in left if not thread.daemon], "they would keep the tests from ending"
    assert not [thread for thread in left if "_accept" in thread.name and "proxy" not in thread.name]
