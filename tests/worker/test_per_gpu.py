"""One process for each GPU, with a stand-in for the worker: who starts it, shares out the machine, and ends it."""

import os
import signal
import subprocess
import sys

import pytest

from tests.waiting import until
from worker.errors import GpusRefused
from worker.per_gpu import choose_gpus, environment_of, worker_command

PATIENCE_S = 30

SUPERVISOR = """
import sys
from worker import per_gpu
from worker.per_gpu import GpuWorker, GpuWorkers
import os
per_gpu.FIRST_PAUSE_S = 0.05
command = [sys.executable, "-c", sys.argv[1]]
workers = [GpuWorker(gpu, {**os.environ, "CUDA_VISIBLE_DEVICES": str(gpu)}, command, pause_s=0.05) for gpu in range(2)]
sys.exit(GpuWorkers(workers).run())
"""

UNTIL_TOLD = """
import os, signal, sys, time
gpu = os.environ["CUDA_VISIBLE_DEVICES"]
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, f"drained {gpu}\\n".encode()), sys.exit(0)))
os.write(1, f"up {gpu} {os.getpid()}\\n".encode())  # in one piece: the other writes to the same pipe
time.sleep(60)
"""

TOLD_BEFORE_ALL_ARE_UP = """
import os, signal, sys
from worker.per_gpu import GpuWorker, GpuWorkers

class LastOfThem(GpuWorker):
    def start(self):
        os.kill(os.getpid(), signal.SIGTERM)
        super().start()

workers = [kind(gpu, os.environ, ["sleep", "60"]) for gpu, kind in enumerate((GpuWorker, LastOfThem))]
code = GpuWorkers(workers).run()
print(code, [worker.process.returncode for worker in workers], flush=True)
"""

COUNTS_SIGNALS = """
import os, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: os.write(1, b"told\\n"))
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"ended\\n"), sys.exit(0)))
os.write(1, f"up {os.getpid()} {os.getpgrp()}\\n".encode())
while True:
    time.sleep(60)
"""


@pytest.fixture
def supervise():
    """Runs two stand-ins under a supervisor of their own; gives the process and a reader of its lines."""
    started = []

    def start(stand_in, program=SUPERVISOR):
        command = [sys.executable, "-c", program, stand_in]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def lines_of(process, count):
    return [process.stdout.readline().split() for _ in range(count)]


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_all_means_every_gpu_and_numbers_mean_those():
    assert choose_gpus("all", 3) == [0, 1, 2]
    assert choose_gpus("2, 0", 3) == [2, 0]


@pytest.mark.parametrize("wanted", ["3", "-1", "0,0", "one", "", "0,,1"])
def test_a_gpu_that_is_not_there_is_refused_with_those_that_are(wanted):
    with pytest.raises(GpusRefused, match="numbers from 0 to 2"):
        choose_gpus(wanted, 3)


def test_a_machine_without_gpus_is_told_so():
    with pytest.raises(GpusRefused, match="shows none"):
        choose_gpus("all", 0)


def test_each_worker_sees_its_gpu_alone_and_its_share_of_the_machine(settings):
    whole = settings.held_px / 1e6
    first, second = (environment_of(gpu, [0, 1], settings, {"CUDA_VISIBLE_DEVICES": "4,6"}) for gpu in (0, 1))
    assert (first["CUDA_VISIBLE_DEVICES"], second["CUDA_VISIBLE_DEVICES"]) == ("4", "6")
    assert first["PACKSHOT_GPU"] == second["PACKSHOT_GPU"] == "0"
    assert float(first["PACKSHOT_MAX_HELD_MEGAPIXELS"]) == pytest.approx(whole / 2, rel=1e-3)
    assert environment_of(1, [1], settings, {})["CUDA_VISIBLE_DEVICES"] == "1"


def test_each_worker_tells_its_figures_on_a_port_of_its_own(settings):
    told = settings.model_copy(update={"metrics_port": 9100})
    given = {"PACKSHOT_METRICS_PORT": "9100"}
    ports = [environment_of(gpu, [1, 3], told, given)["PACKSHOT_METRICS_PORT"] for gpu in (1, 3)]
    assert ports == ["9100", "9101"]
    assert "PACKSHOT_METRICS_PORT" not in environment_of(1, [1, 3], settings, {})


def test_sigterm_reaches_every_worker_and_is_waited_for(supervise):
    process = supervise(UNTIL_TOLD)
    assert sorted(line[:2] for line in lines_of(process, 2)) == [["up", "0"], ["up", "1"]]
    process.send_signal(signal.SIGTERM)
    assert sorted(lines_of(process, 2)) == [["drained", "0"], ["drained", "1"]]
    assert process.wait(PATIENCE_S) == 0


def test_a_worker_that_dies_is_started_again_and_the_other_is_left_alone(supervise):
    process = supervise(UNTIL_TOLD)
    pids = {gpu: int(pid) for _, gpu, pid in lines_of(process, 2)}
    os.kill(pids["1"], signal.SIGKILL)
    ((_, gpu, pid),) = lines_of(process, 1)
    assert gpu == "1"
    assert int(pid) != pids["1"]
    assert not gone(pids["0"])


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone signals the children of a parent that was killed")
def test_workers_do_not_outlive_a_supervisor_that_was_killed(supervise):
    process = supervise(UNTIL_TOLD)
    pids = [int(pid) for _, _, pid in lines_of(process, 2)]
    process.kill()
    until(lambda: all(gone(pid) for pid in pids))


def test_a_worker_that_starts_as_the_signal_comes_is_told_too(supervise):
    process = supervise("", TOLD_BEFORE_ALL_ARE_UP)
    assert process.stdout.readline() == "1 [-15, -15]\n"


def test_ctrl_c_reaches_each_worker_once(supervise):
    process = supervise(COUNTS_SIGNALS)
    for _, pid, group in lines_of(process, 2):
        assert group == pid  # no terminal's group: Ctrl-C comes by way of the supervisor alone
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert lines_of(process, 2) == [["told"], ["told"]]
    process.send_signal(signal.SIGTERM)
    assert lines_of(process, 2) == [["ended"], ["ended"]]
    assert process.wait(PATIENCE_S) == 0


def test_workers_look_for_packages_where_their_supervisor_does():
    assert worker_command(safe_path=True) == [sys.executable, "-P", "-m", "worker"]
    assert worker_command(safe_path=False) == [sys.executable, "-m", "worker"]
