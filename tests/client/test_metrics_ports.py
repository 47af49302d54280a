"""Each process that `packshot up` starts tells its figures on a port of its own, and says where."""

import socket
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from packshot.cli.up import how_to_try
from packshot.stack.addresses import Address
from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.metrics_ports import as_environment, claim_metrics, metrics_addresses, tellers
from packshot.stack.private import PrivateStack
from packshot.stack.supervisor import StackOrder, Supervisor
from tests.ports import free_port

API = Address("127.0.0.1", 8080)


def test_workers_count_up_from_the_apis_port():
    told = metrics_addresses(3, {"PACKSHOT_METRICS_PORT": "9100", "PACKSHOT_METRICS_HOST": "0.0.0.0"})
    assert [one.url for one in told] == [f"http://127.0.0.1:{port}" for port in (9100, 9101, 9102)]
    assert as_environment(told[2]) == {"PACKSHOT_METRICS_PORT": "9102"}


@pytest.mark.parametrize("told", ["", "0", "many"])
def test_without_a_port_nothing_is_said_and_mistakes_are_the_servers_to_tell(told):
    assert metrics_addresses(3, {"PACKSHOT_METRICS_PORT": told}) == ()
    assert as_environment(None) == {}
    assert "metrics" not in how_to_try(API.url, DataFolder(Path("/nowhere")))


@pytest.mark.parametrize("port", [8078, 8079, 8080])
def test_the_apis_own_port_is_refused_for_metrics(port):
    told = metrics_addresses(3, {"PACKSHOT_METRICS_PORT": str(port)})
    with pytest.raises(StackError, match=rf"PACKSHOT_METRICS_PORT={port}, counted up\), and the API is on 8080"):
        claim_metrics(told, API)


@pytest.mark.parametrize(
    ("host", "api_host", "meet"),
    [
        ("127.0.0.2", "127.0.0.1", False),
        ("127.0.0.1", "localhost", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("127.0.0.1", "0.0.0.0", True),
    ],
)
def test_the_apis_port_on_another_host_is_another_port(host, api_host, meet):
    port = free_port()
    told = metrics_addresses(1, {"PACKSHOT_METRICS_PORT": str(port), "PACKSHOT_METRICS_HOST": host})
    with pytest.raises(StackError, match="choose another") if meet else nullcontext():
        claim_metrics(told, Address(api_host, port))


@pytest.mark.parametrize(("gpus", "many"), [(None, 4), ("0", 2), ("0, 2,3", 4), ("all", 4)])
def test_workers_of_gpus_are_counted_where_they_are_known(gpus, many):
    assert tellers(1 if gpus == "0" else 3, gpus) == many


def test_the_port_of_a_gpus_worker_is_claimed_too(tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.setenv("PACKSHOT_METRICS_PORT", str(port))
    with pytest.raises(StackError, match=rf"on the ports {port} to {port + 2} .* and the API is on {port + 2}"):
        Supervisor(StackOrder(tmp_path, port=port + 2, gpus="0,1"), print).run(print)


def test_a_taken_port_for_metrics_is_told_before_anything_starts(tmp_path, monkeypatch):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PACKSHOT_METRICS_PORT", str(port))
        with pytest.raises(StackError, match=rf"127\.0\.0\.1:{port} cannot be had \(Address already in use\)"):
            Supervisor(StackOrder(tmp_path, port=0), print).run(print)
    assert not list((tmp_path / "logs").iterdir())


def test_more_workers_than_ports_are_refused_with_the_largest_that_would_do():
    told = metrics_addresses(3, {"PACKSHOT_METRICS_PORT": "65534"})
    with pytest.raises(StackError, match="set it to 65533 at most"):
        claim_metrics(told, API)


def test_what_up_says_names_where_the_metrics_are(tmp_path):
    said = how_to_try(API.url, DataFolder(tmp_path), metrics=metrics_addresses(3, {"PACKSHOT_METRICS_PORT": "9100"}))
    at = "http://127.0.0.1:{}/metrics"
    assert f"metrics  {at.format(9100)} (API), {at.format(9101)}, {at.format(9102)} (workers)\n" in said
    alone = metrics_addresses(2, {"PACKSHOT_METRICS_PORT": "9100"})
    said = how_to_try(API.url, DataFolder(tmp_path), metrics=alone, and_following=True)
    assert f"{at.format(9101)} (worker; of further GPUs the ports after it)\n" in said


def test_a_private_stack_serves_no_metrics(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PACKSHOT_METRICS_PORT", str(free_port()))
    started = {}
    monkeypatch.setattr(
        "packshot.stack.private.subprocess.Popen", lambda _words, env, **_: started.update(env) or Ended()
    )
    with PrivateStack():
        assert "PATH" in started
        assert "PACKSHOT_METRICS_PORT" not in started


class Ended:
    """A process that is over."""

    def poll(self) -> int:
        """Its exit code."""
        return 0
