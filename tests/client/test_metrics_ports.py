"""Each process that `packshot up` starts tells its figures on a port of its own."""

import pytest

from packshot.stack.supervisor import metrics_port


def test_workers_count_up_from_the_apis_port(monkeypatch):
    monkeypatch.setenv("PACKSHOT_METRICS_PORT", "9100")
    assert [metrics_port(number) for number in (1, 2)] == [
        {"PACKSHOT_METRICS_PORT": "9101"},
        {"PACKSHOT_METRICS_PORT": "9102"},
    ]


@pytest.mark.parametrize("told", ["", "0", "many"])
def test_without_a_port_nothing_is_said_and_mistakes_are_the_servers_to_tell(monkeypatch, told):
    monkeypatch.setenv("PACKSHOT_METRICS_PORT", told)
    assert metrics_port(1) == {}
