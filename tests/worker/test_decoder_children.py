"""Children that wait for their photo: one photo each, and none is left behind."""

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from multiprocessing import forkserver, util
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil
import pytest
from PIL import Image

from jobs.photos import PhotoLimits
from tests.stopping import held_still
from tests.waiting import until
from worker import decoder_children
from worker.decoder_children import Child
from worker.decoding import Decoder

LIMITS = PhotoLimits(max_pixels=1_000_000, max_bytes=1 << 20)
_SCRIPT = """
import os
from jobs.photos import PhotoLimits
from tests.waiting import until
from worker.decoding import Decoder

if __name__ == "__main__":
    decoder = Decoder(PhotoLimits(max_pixels=100, max_bytes=1000), timeout_s=30, spares=1)
    decoder.start()
    until(lambda: decoder._children._waiting)
    print(decoder._children._waiting[0].process.pid, flush=True)
    os._exit(0)
"""


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    """With a child that waits for the next photo."""
    decoder = Decoder(LIMITS, timeout_s=30, spares=1)
    decoder.start()
    yield decoder
    decoder.close()


def photo(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (shade, shade, shade)).save(file, "PNG")
    return file.getvalue()


def waiting(decoder: Decoder) -> Child:
    until(lambda: decoder._children._waiting)
    return decoder._children._waiting[0]


def test_a_waiting_child_decodes_one_photo_and_another_takes_its_place(decoder: Decoder):
    seen = []
    for shade in (10, 200):
        seen.append(waiting(decoder).process.pid)
        assert (decoder.decode(photo(shade), 16).picture.rgb == shade).all()
        assert not psutil.pid_exists(seen[-1])
    assert seen[0] != seen[1]


def test_a_header_is_read_by_a_waiting_child_too(decoder: Decoder):
    child = waiting(decoder).process.pid
    assert decoder.inspect(photo(1)).width == 4
    assert not psutil.pid_exists(child)


def test_a_child_that_was_killed_while_it_waited_costs_no_photo(decoder: Decoder):
    child = waiting(decoder)
    os.kill(child.process.pid, signal.SIGKILL)
    until(lambda: not child.is_there())
    assert (decoder.decode(photo(7), 16).picture.rgb == 7).all()


def test_a_child_that_dies_as_its_photo_comes_is_replaced(decoder: Decoder, monkeypatch: pytest.MonkeyPatch):
    child = waiting(decoder)
    child.process.kill()
    until(lambda: not child.is_there())
    monkeypatch.setattr(Child, "is_there", lambda _: True)  # killed between the look and the photo
    assert (decoder.decode(photo(7), 16).picture.rgb == 7).all()


def test_those_that_wait_are_ended_with_the_decoder(decoder: Decoder):
    child = waiting(decoder).process.pid
    decoder.close()
    assert not psutil.pid_exists(child)
    assert (decoder.decode(photo(9), 16).picture.rgb == 9).all()


def test_a_waiting_child_ends_with_its_parent_however_that_ends(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(_SCRIPT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    until(lambda: not psutil.pid_exists(int(done.stdout)))


def test_a_fork_server_that_is_being_killed_is_waited_for(decoder: Decoder, monkeypatch: pytest.MonkeyPatch):
    """It refuses, and the system still calls it alive: for a moment only, on a busy machine for longer."""
    children = decoder._children
    refusals = iter([ConnectionRefusedError("refused"), EOFError("unexpected EOF")])
    start = children._context.Process.start

    def start_late(process: ForkServerProcess) -> None:
        for refusal in refusals:
            raise refusal
        start(process)

    monkeypatch.setattr(children._context.Process, "start", start_late)
    decoder.close()
    assert (decoder.decode(photo(11), 16).picture.rgb == 11).all()
    assert next(refusals, None) is None


def test_temporary_files_that_are_cleared_cost_no_photo(decoder: Decoder):
    """With them goes the socket by which the fork server is called."""
    waiting(decoder)
    decoder._children.close()
    shutil.rmtree(util.get_temp_dir())
    assert (decoder.decode(photo(12), 16).picture.rgb == 12).all()
    assert (decoder.decode(photo(13), 16).picture.rgb == 13).all()


def test_nobody_gets_a_child_of_the_next_server_before_the_last_is_ended(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
):
    """Of several that find no socket the slower ones would end the next server, and with it others' photos."""
    waiting(decoder)
    decoder._children.close()
    shutil.rmtree(util.get_temp_dir())
    end_server, alone = decoder_children.end_server, []

    def end_it() -> None:
        alone.append(decoder._children._polling.locked())
        end_server()

    monkeypatch.setattr(decoder_children, "end_server", end_it)
    assert (decoder.decode(photo(14), 16).picture.rgb == 14).all()
    assert alone
    assert all(alone)


def test_where_no_thread_can_be_had_the_next_photo_calls_for_a_child_again(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
):
    waiting(decoder)
    watched, refusals = decoder_children._watched, [RuntimeError("can't start new thread")]

    def refuse_once() -> AbstractContextManager[None]:
        if refusals:
            raise refusals.pop()
        return watched()

    monkeypatch.setattr(decoder_children, "_watched", refuse_once)
    assert (decoder.decode(photo(15), 16).picture.rgb == 15).all()
    until(lambda: not refusals)
    assert (decoder.decode(photo(16), 16).picture.rgb == 16).all()
    waiting(decoder)


def test_a_fork_server_that_has_stopped_is_not_waited_for(decoder: Decoder, monkeypatch: pytest.MonkeyPatch):
    waiting(decoder)
    decoder._children.close()
    end_server = decoder_children.end_server

    def end_it_and_be_patient() -> None:
        monkeypatch.setattr(decoder_children, "_SERVER_SILENT_S", 60.0)
        end_server()

    monkeypatch.setattr(decoder_children, "_SERVER_SILENT_S", 0.1)
    monkeypatch.setattr(decoder_children, "end_server", end_it_and_be_patient)
    with held_still(psutil.Process(server())):
        assert (decoder.decode(photo(14), 16).picture.rgb == 14).all()


def test_a_fork_server_that_tells_of_no_end_is_not_waited_for(decoder: Decoder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoder_children, "_EXIT_WAIT_S", 0.1)
    child = waiting(decoder)
    decoder._children._waiting.clear()
    with held_still(psutil.Process(server())):
        assert decoder._children.end(child, kill=True) is not None
        assert (decoder.decode(photo(15), 16).picture.rgb == 15).all()


def server() -> int:
    """The fork server's process."""
    return int(vars(forkserver._forkserver)["_forkserver_pid"])
