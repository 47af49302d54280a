"""The port without a key: what it serves, to how many at once, and what it does when it cannot have its port."""

import http.client
import socket
import threading

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector

from jobs.metrics import listener as module
from jobs.metrics.families import Family
from jobs.metrics.listener import AT_ONCE, MetricsListener
from jobs.metrics.meters import Meters
from tests.ports import free_port
from tests.waiting import until

PATIENCE_S = 20


class Only(Collector):
    """One family of a registry: the process' own figures are another test's."""

    def __init__(self, registry, name):
        self._registry, self._name = registry, name

    def collect(self):
        return [family for family in self._registry.collect() if family.name == self._name]


@pytest.fixture
def registry():
    meters = Meters([tries := Family("packshot_tries_total", "counter", "Tries.", ("kind",))])
    meters.count(tries, "any", by=3)
    registry = CollectorRegistry()
    registry.register(Only(meters.registry, "packshot_tries"))
    return registry


@pytest.fixture
def listen(registry):
    listeners = []

    def make(port, host="127.0.0.1"):
        listeners.append(MetricsListener(host, port, registry))
        listeners[-1].start()
        return listeners[-1]

    yield make
    for each in listeners:
        each.stop()


def get(port, path="/metrics", method="GET", accept=""):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request(method, path, headers={"Accept": accept} if accept else {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("Content-Type", ""), body


def test_it_is_off_unless_a_port_is_set(listen):
    assert listen(0).port == 0


def test_it_answers_in_prometheus_text_format_and_as_openmetrics_to_who_asks(listen):
    port = listen(free_port()).port
    status, kind, body = get(port)
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    (family,) = parse_text(body)
    assert [(sample.name, sample.value) for sample in family.samples] == [("packshot_tries_total", 3.0)]
    status, kind, body = get(port, accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert (status, kind.partition(";")[0]) == (200, "application/openmetrics-text")
    assert body.endswith("# EOF\n")
    assert [family.name for family in parse_openmetrics(body)] == ["packshot_tries"]


def test_nothing_else_is_there(listen):
    port = listen(free_port()).port
    assert get(port, "/")[0] == 404
    assert get(port, "/metrics/../v1/jobs")[0] == 404
    assert get(port, method="POST")[0] == 501


def test_a_taken_port_is_told_and_had_once_it_is_free(listen, caplog, monkeypatch):
    monkeypatch.setattr(module, "AGAIN_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        listener = listen(port)
        assert listener.port == 0
        told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert len(told) == 1
        assert f"127.0.0.1 port {port} cannot be had" in told[0]
    until(lambda: listener.port == port)
    assert get(port)[0] == 200


def test_who_holds_connections_open_takes_no_more_than_the_places(listen):
    port = listen(free_port()).port
    idle = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) for _ in range(AT_ONCE)]
    try:
        with pytest.raises((http.client.HTTPException, ConnectionError)):  # they were accepted in their order
            get(port)
    finally:
        for each in idle:
            each.close()

    def answers():
        try:
            return get(port)[0] == 200
        except (http.client.HTTPException, ConnectionError):
            return False

    until(answers, "the places were freed")


def test_who_stops_at_once_is_not_held(registry, monkeypatch):
    """Its thread may not have begun by then, as on a busy machine."""
    may_begin, run = threading.Event(), MetricsListener._run
    monkeypatch.setattr(MetricsListener, "_run", lambda self: may_begin.wait(PATIENCE_S) and run(self))
    listener = MetricsListener("127.0.0.1", free_port(), registry)
    listener.start()
    stopping = threading.Thread(target=listener.stop, daemon=True)
    stopping.start()
    until(listener._stopped.is_set)
    may_begin.set()
    stopping.join(PATIENCE_S)
    assert not stopping.is_alive()


def test_no_name_service_is_asked_before_it_listens(listen, monkeypatch):
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("asked for a host's name"))
    assert get(listen(free_port()).port)[0] == 200
