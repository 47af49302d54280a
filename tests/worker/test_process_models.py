"""A real worker process under steady load, while a model's version changes under it."""

import json
import threading
import time

import pytest

from engine import EngineSettings
from tests.waiting import until

from .test_model_keeper import TWICE, add_version, versions_used
from .test_process import Stack


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path)
    yield stack
    stack.close()


@pytest.fixture
def weights(tmp_path):
    """All committed weights, but the restorer as version 5, so that others may come."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for home in EngineSettings().weights_dir.iterdir():
        if not home.name.startswith("restore-"):
            (folder / home.name).symlink_to(home)
    add_version(folder, "5")
    return folder


def served(stack, field="can"):
    """What each living worker says of itself."""
    return [stack.store.redis.hget(f"packshot:worker:{owner}", field) for owner in stack.alive()]


def test_a_worker_swaps_a_model_under_load_refuses_a_broken_one_and_loses_no_job(stack, weights):
    stack.worker(PACKSHOT_WEIGHTS_DIR=weights, PACKSHOT_LEASE_MS=30_000, PACKSHOT_HEARTBEAT_MS=1_000)
    jobs, over = [], threading.Event()

    def keep_submitting():
        while not over.is_set():
            if stack.store.pending() < 2:
                jobs.append(stack.client.submit(*TWICE))
                stack.hints.publish(jobs[-1])
            time.sleep(0.02)

    def done(many):
        return sum(stack.client.view(job_id).state.is_terminal for job_id in tuple(jobs)) >= many

    submitting = threading.Thread(target=keep_submitting)
    submitting.start()
    try:
        until(lambda: done(3))
        add_version(weights, "6")
        add_version(weights, "7", broken=True)
        stack.store.use_version("restore", "6")
        until(lambda: all("restore=6" in can.split() and "restore=5" not in can.split() for can in served(stack)))
        swapped = len(jobs) + 1  # one may be at work, with the version of before, and not yet in the list
        until(lambda: len(jobs) > swapped + 3)
        stack.store.use_version("restore", "7")
        until(lambda: all("restore-7" in json.loads(refused) for refused in served(stack, "refused")))
    finally:
        over.set()
        submitting.join()
    until(lambda: done(len(jobs)))
    used = [versions_used(stack.client, job_id) for job_id in jobs]
    assert all(len(versions) == 1 for versions in used)
    assert used[0] == {"5"}
    assert all(versions == {"6"} for versions in used[swapped:])
    assert stack.store.backlog().dead == 0
