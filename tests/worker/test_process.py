"""Real worker processes: how they start, how they are refused, how they die, and that no job dies with them."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

from engine import EngineSettings
from engine.cards import load_cards
from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.queue import HintQueue, make_celery
from jobs.redis_server import EmbeddedRedis
from jobs.settings import read_settings
from jobs.states import State
from jobs.store import JobStore
from tests.ports import free_port
from tests.waiting import until
from worker.app import refuse_pool
from worker.errors import PoolRefused
from worker.settings import WorkerSettings

from .conftest import TENANT, Client

PATIENCE_S = 60
HANG = f"largest_batch=1,hang_run={len(load_cards(EngineSettings().weights_dir)) + 1}"
"""The device hangs at the first batch after warming up, which is one run for each model."""

LONG_LEASE = {"PACKSHOT_LEASE_MS": "30000", "PACKSHOT_HEARTBEAT_MS": "1000"}
"""Where attempts are counted: a short lease may lapse as a busy machine gives a sound worker no time to beat."""


class Stack:
    """A Redis, a blob folder, and as many workers as a test starts; all are gone at its end."""

    def __init__(self, folder):
        self.redis = EmbeddedRedis(folder / "redis")
        self.redis.start()
        self.folder = folder
        self.settings = read_settings(
            WorkerSettings, redis_url=self.redis.url, data_dir=folder, lease_ms=1_500, heartbeat_ms=300
        )
        self.store = JobStore(connect(self.settings.redis_url), self.settings)
        self.blobs = BlobStore.from_url(self.settings.resolved_blob_url)
        self.hints = HintQueue(make_celery(self.settings), self.settings)
        self.client = Client(self.store, self.blobs)
        self.workers = []

    def environment(self, **changes):
        ours = {
            "PACKSHOT_REDIS_URL": self.redis.url,
            "PACKSHOT_DATA_DIR": str(self.folder),
            "PACKSHOT_LEASE_MS": "1500",
            "PACKSHOT_HEARTBEAT_MS": "300",
            "PACKSHOT_REAP_INTERVAL_S": "0.3",
            "PACKSHOT_DRAIN_TIMEOUT_S": "0.5",
            "PACKSHOT_BACKEND": "fake",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
        return kept | ours | {name: str(value) for name, value in changes.items()}

    def run(self, *command, **changes):
        """Run a Python module to its end; returns the completed process."""
        return subprocess.run(
            [sys.executable, *command], env=self.environment(**changes), capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip

    def worker(self, *arguments, **changes):
        """Start a worker and wait until it is listed as alive."""
        log = (self.folder / f"worker-{len(self.workers)}.log").open("w")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "worker", "--concurrency", "2", *arguments],
                env=self.environment(**changes), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.workers.append(process)
        until(lambda: str(process.pid) in self.pids() or process.poll() is not None)
        assert process.poll() is None, self.logs()
        return process

    def alive(self):
        return self.store.redis.zrange("packshot:workers", 0, -1)

    def pids(self):
        """Of those that are listed as alive."""
        return [self.store.redis.hget(f"packshot:worker:{owner}", "pid") for owner in self.alive()]

    def submit(self, *operations, **spec):
        job_id = self.client.submit(*operations, **spec)
        self.hints.publish(job_id)
        return job_id

    def state(self, job_id):
        return self.client.view(job_id).state

    def logs(self):
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))

    def close(self):
        for process in self.workers:
            process.kill()
            process.wait()
        self.store.close()
        self.store.redis.close()
        self.redis.stop()


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path)
    yield stack
    stack.close()


def test_importing_the_application_pulls_in_no_torch():
    code = "import sys, worker.app; sys.exit([name for name in sys.modules if name.split('.')[0] == 'torch'] or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr


def test_every_mistake_in_the_settings_is_told_at_once(stack):
    done = stack.run("-m", "worker", PACKSHOT_LEASE_MS="soon", PACKSHOT_CONCURRENCY=-1, PACKSHOT_BACKEND="abacus")
    assert done.returncode == 2
    for name in ("PACKSHOT_LEASE_MS", "PACKSHOT_CONCURRENCY", "PACKSHOT_BACKEND", "abacus"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_cannot_start_is_fatal_before_any_hint_is_taken(stack):
    stack.submit()
    done = stack.run("-m", "worker", PACKSHOT_BACKEND="onnxruntime", PACKSHOT_WEIGHTS_DIR=stack.folder / "nowhere")
    assert done.returncode == 1
    assert "the worker cannot start" in done.stderr
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.store.redis.llen(stack.settings.hint_queue) == 1


def test_the_forking_pool_is_refused_before_the_engine(stack):
    command = ["-m", "celery", "-A", "worker.app", "worker", "--pool=prefork"]
    done = stack.run(*command, PACKSHOT_WEIGHTS_DIR=stack.folder / "nowhere", PACKSHOT_BACKEND="onnxruntime")
    assert done.returncode != 0
    assert "python -m worker" in done.stderr
    assert "nowhere" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("pool", "allowed"),
    [
        ("celery.concurrency.thread", True),
        ("celery.concurrency.solo", True),
        ("celery.concurrency.prefork", False),
        ("celery.concurrency.gevent", False),
        ("celery.concurrency.eventlet", False),
    ],
)
def test_only_pools_that_run_tasks_in_this_process_are_allowed(pool, allowed):
    with contextlib.nullcontext() if allowed else pytest.raises(PoolRefused, match="python -m worker"):
        refuse_pool(pool)


def test_jobs_are_done_and_told_to_prometheus_and_sigterm_ends_the_worker_cleanly(stack):
    port = free_port()
    worker = stack.worker(PACKSHOT_METRICS_PORT=port, **LONG_LEASE)
    jobs = [stack.submit({"op": "restore"}, {"op": "upscale"}) for _ in range(6)]
    until(lambda: all(stack.state(job_id).is_terminal for job_id in jobs))
    assert {stack.state(job_id) for job_id in jobs} == {State.SUCCEEDED}
    wanted = (
        'attempts_total{outcome="succeeded"} 6.0',
        'run_seconds_count{class="interactive"} 6.0',
        'model_info{digest="',
    )

    def told():
        figures = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S, trust_env=False).text
        return all(line in figures for line in (*wanted, "packshot_device_seconds_total{"))

    until(told, "all of it is told")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0, stack.logs()
    assert stack.alive() == []


def begun(stack, worker):
    """A job that has begun, while its worker stands still: one that was over before that proves nothing."""
    again = [{"op": "restore", "strength": strength / 10} for strength in range(1, 9)]
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        job_id = stack.submit({"op": "relight"}, {"op": "upscale"}, *again)
        until(lambda job_id=job_id: stack.client.view(job_id).progress.stage, "a stage of the job has begun")
        worker.send_signal(signal.SIGSTOP)
        if stack.state(job_id) is State.RUNNING:
            return job_id
        worker.send_signal(signal.SIGCONT)
        assert time.monotonic() < give_up_at, "every job was over before its worker stood still"


def test_sigterm_lets_a_slow_job_finish_at_its_first_attempt(stack):
    worker = stack.worker(PACKSHOT_FAKE_PLAN="batch_ms=80", PACKSHOT_DRAIN_TIMEOUT_S=3600, **LONG_LEASE)
    job_id = begun(stack, worker)  # slow as a whole, as each model is warmed up too; one just claimed is released
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGCONT)
    assert worker.wait(PATIENCE_S) == 0, stack.logs()
    view = stack.client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 1), stack.logs()
    assert stack.alive() == []


def test_the_jobs_of_a_killed_worker_run_again_elsewhere(stack):
    doomed = stack.worker(PACKSHOT_FAKE_PLAN=HANG)
    job_id = stack.submit({"op": "restore"})
    until(lambda: stack.state(job_id) is State.RUNNING)
    doomed.kill()
    stack.worker(**LONG_LEASE)
    until(lambda: stack.state(job_id).is_terminal)
    view = stack.client.view(job_id)
    assert (view.state, view.attempt) == (State.SUCCEEDED, 2)
    assert len(list(stack.blobs.list(f"results/{TENANT}/{job_id}"))) == 1


def test_sigterm_with_a_stuck_batch_releases_the_job_with_its_attempt_unused(stack):
    worker = stack.worker(PACKSHOT_FAKE_PLAN=HANG, **LONG_LEASE)
    job_id = stack.submit({"op": "restore"})
    until(lambda: stack.state(job_id) is State.RUNNING)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0, stack.logs()
    view = stack.client.view(job_id)
    assert (view.state, view.attempt) == (State.QUEUED, 0)


def test_a_second_ctrl_c_releases_at_once(stack):
    worker = stack.worker(PACKSHOT_FAKE_PLAN=HANG, PACKSHOT_DRAIN_TIMEOUT_S=3600, **LONG_LEASE)
    job_id = stack.submit({"op": "restore"})
    until(lambda: stack.state(job_id) is State.RUNNING)
    os.killpg(worker.pid, signal.SIGINT)  # a terminal sends it to the whole group, the decoding children's server too
    until(lambda: "claiming no more" in stack.logs())
    os.killpg(worker.pid, signal.SIGINT)
    assert worker.wait(PATIENCE_S) == 0, stack.logs()
    view = stack.client.view(job_id)
    assert (view.state, view.attempt) == (State.QUEUED, 0)


def test_a_hung_device_ends_the_worker_so_that_another_can_take_over(stack):
    hung = stack.worker(PACKSHOT_FAKE_PLAN=HANG, PACKSHOT_BATCH_TIMEOUT_S=1)
    job_id = stack.submit({"op": "restore"})
    assert hung.wait(PATIENCE_S) == 70, stack.logs()
    stack.worker(**LONG_LEASE)
    until(lambda: stack.state(job_id).is_terminal)
    assert stack.state(job_id) is State.SUCCEEDED


def test_a_worker_goes_on_whatever_redis_did(stack):
    worker = stack.worker()

    def goes_on():
        job_id = stack.submit()
        until(lambda: stack.state(job_id).is_terminal)
        assert stack.state(job_id) is State.SUCCEEDED
        assert worker.poll() is None, stack.logs()

    goes_on()
    stack.redis.stop()
    time.sleep(1)
    stack.redis.start()
    until(stack.store.redis.ping)
    goes_on()
    redis = stack.store.redis
    redis.replicaof("127.0.0.1", "1")  # of nobody: it can be read, and refuses all else
    until(lambda: "read only replica" in stack.logs())
    redis.replicaof("NO", "ONE")
    goes_on()
    redis.lpush(stack.settings.hint_queue, "garbage", "{}", b"\xff")
    goes_on()
    redis.publish("packshot:changes", b"\xff")
    redis.script_flush()
    goes_on()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0, stack.logs()
