"""A real worker process: a job ends, and its webhook is called; a receiver that hangs changes nothing for jobs."""

import pytest

from jobs.states import State
from tests.waiting import until
from tests.worker.test_process import Stack

from .sink import Sink


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path)
    stack.store.settings = stack.settings.model_copy(update={"webhooks_private": True})
    yield stack
    stack.close()


def test_a_worker_calls_back_when_a_job_ends(stack, sink):
    sink.answers["/hang"] = [sink.hang]
    stack.worker(PACKSHOT_WEBHOOKS_PRIVATE="true")
    first = stack.submit(webhook={"url": f"{sink.url}/hang"})
    sink.wait_for(1, "/hang")
    second = stack.submit(webhook={"url": f"{sink.url}/hook"})
    (request,) = sink.wait_for(1, "/hook")
    (endpoint,) = (item for item in stack.store.list_endpoints("dev").items if item.url.endswith("/hook"))
    payload = request.verified(stack.store.endpoint_secret("dev", endpoint.id))
    assert (payload["type"], payload["data"]["id"]) == ("job.succeeded", second)
    assert {stack.state(first), stack.state(second)} == {State.SUCCEEDED}
    process = stack.workers[0]
    process.terminate()
    until(lambda: process.poll() is not None)
    assert process.returncode == 0, stack.logs()
