"""One child of the stack: its pauses between restarts, its log."""

import errno
import shutil

from packshot.stack import children
from packshot.stack.children import Child, ChildSpec
from tests.waiting import until


def test_pauses_between_restarts_grow_and_start_over_for_a_steady_child(tmp_path, monkeypatch):
    child = Child(ChildSpec("child", "nothing.of.this.name"), tmp_path)
    clock = [0.0]
    monkeypatch.setattr(children.time, "monotonic", lambda: clock[0])
    child.start()
    pauses = []
    for _ in range(4):
        wait_for_end(child)
        pauses.append(child.tend())
        clock[0] += 30
        child.tend()
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    assert child.restarts == 4
    wait_for_end(child)
    assert "No module named" in child.tail()
    clock[0] += 61
    assert child.tend() == 0.5


CHATTER = """
import pathlib, sys, time
sys.stdout.write("x" * 2000)
while not pathlib.Path(__file__).with_name("go").exists():
    time.sleep(0.01)
print("after")
"""


def test_a_log_that_grows_is_moved_aside_while_its_child_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(children, "LOG_LIMIT_BYTES", 1000)
    (tmp_path / "chatter.py").write_text(CHATTER)
    child = Child(ChildSpec("child", "chatter", environment={"PYTHONPATH": str(tmp_path)}), tmp_path)
    child.start()
    until(lambda: child.log.stat().st_size == 2000)
    assert child.tend() is None
    assert (tmp_path / "child.log.1").read_text() == "x" * 2000
    (tmp_path / "go").touch()
    wait_for_end(child)
    assert child.log.read_text() == "after\n"
    assert child.tail() == "after"


def test_of_a_log_only_what_the_last_start_wrote_is_told(tmp_path):
    (tmp_path / "child.log").write_text("a fault of yesterday\n")
    child = Child(ChildSpec("child", "nothing.of.this.name"), tmp_path)
    child.start()
    wait_for_end(child)
    assert "No module named" in child.tail()
    assert "yesterday" not in child.tail()
    with child.log.open("a") as log:
        log.write("of the first start\n")
    child.start()
    wait_for_end(child)
    assert child.tail().count("No module named") == 1
    assert "of the first start" not in child.tail()


def test_a_child_that_cannot_be_started_now_is_started_later(tmp_path, monkeypatch):
    child = Child(ChildSpec("child", "nothing.of.this.name"), tmp_path / "logs")
    child.start()
    wait_for_end(child)
    clock = [0.0]
    monkeypatch.setattr(children.time, "monotonic", lambda: clock[0])
    child.tend()
    clock[0] += 30

    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as exhausted:
        exhausted.setattr(children.subprocess, "Popen", refuse)
        assert child.tend() is not None
    assert child.refused is not None
    assert child.refused.errno == errno.EMFILE
    shutil.rmtree(tmp_path / "logs")
    clock[0] += 30
    assert child.tend() is None
    assert child.refused is None
    wait_for_end(child)
    assert "No module named" in child.tail()


def wait_for_end(child: Child) -> None:
    assert child._process is not None
    child._process.wait(30)
