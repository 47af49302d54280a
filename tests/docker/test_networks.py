"""Who may talk to whom in the cluster: nobody, but for what the policies name."""

from typing import Any

import pytest

from tests.docker.kustomize import KUBERNETES, OVERLAYS, Manifest, Rendering
from tests.docker.manifests import chooses, container, of_kind, workloads
from tests.docker.reading import DOCKER


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: Any) -> list[Manifest]:
    return Rendering(KUBERNETES / request.param).manifests


@pytest.fixture(scope="module")
def trial() -> list[Manifest]:
    return Rendering(KUBERNETES / "overlays/trial").manifests


def reached(manifests: list[Manifest], name: str, direction: str) -> list[tuple[Any, int]]:
    """Who, and on which port, by all policies that are about these pods."""
    labels = workloads(manifests)[name]["spec"]["template"]["metadata"]["labels"]
    rules = []
    for policy in of_kind(manifests, "NetworkPolicy").values():
        if chooses(policy["spec"]["podSelector"], labels):
            for rule in policy["spec"].get(direction, []):
                peers = rule["from" if direction == "ingress" else "to"]
                assert peers  # none would be everybody
                rules += [(peer, port["port"]) for peer in peers for port in rule["ports"]]
    return rules


def test_nobody_talks_to_anybody_unless_told(manifests: list[Manifest]) -> None:
    everybody = of_kind(manifests, "NetworkPolicy")["packshot-nothing"]["spec"]
    assert everybody["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & everybody.keys()
    for workload in workloads(manifests).values():
        assert chooses(everybody["podSelector"], workload["spec"]["template"]["metadata"]["labels"])


def test_pods_are_reached_on_the_ports_that_they_have(manifests: list[Manifest]) -> None:
    for name, workload in workloads(manifests).items():
        ports = {each["containerPort"] for each in container(workload)["ports"]}
        assert {port for _, port in reached(manifests, name, "ingress")} <= ports
    assert {port for _, port in reached(manifests, "packshot-worker", "ingress")} <= {9100}


def test_pods_reach_names_the_record_and_public_addresses_alone(manifests: list[Manifest]) -> None:
    for name in workloads(manifests).keys() - {"packshot-redis"}:
        told = reached(manifests, name, "egress")
        assert {port for _, port in told} == {53, 443, 6379}, name
        [outside] = [peer["ipBlock"] for peer, port in told if port == 443]
        assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(outside["except"])


def test_the_trials_redis_is_packshots_alone_and_goes_nowhere(trial: list[Manifest]) -> None:
    assert reached(trial, "packshot-redis", "egress") == []
    [(peer, port)] = reached(trial, "packshot-redis", "ingress")
    assert port == 6379
    assert peer.keys() == {"podSelector"}  # of this namespace
    for name in ("packshot-api", "packshot-worker"):
        assert chooses(peer["podSelector"], workloads(trial)[name]["spec"]["template"]["metadata"]["labels"])
    data = of_kind(trial, "ConfigMap")["packshot-redis"]["data"]
    assert data == {name: (DOCKER / name).read_text() for name in ("redis.sh", "redis.acl")}
    env = {each["name"]: each.get("value") for each in container(workloads(trial)["packshot-redis"])["env"]}
    assert env["PACKSHOT_DURABILITY"] == "always"
