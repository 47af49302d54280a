"""What is KEDA's and the Prometheus operator's, by their documentation: no schema of theirs is carried along."""

import re
from typing import Any

import promql_parser
import pytest
import yaml

from jobs.metrics import families
from tests.docker.kustomize import KUBERNETES, Manifest, Rendering
from tests.docker.manifests import chooses, container, of_kind, workloads
from tests.docker.reading import DOCKER

# Of https://keda.sh/docs/2.17: the fields of a ScaledObject, and of a trigger of the kind `prometheus`.
SCALED = {
    "scaleTargetRef": dict,
    "pollingInterval": int,
    "cooldownPeriod": int,
    "minReplicaCount": int,
    "maxReplicaCount": int,
    "fallback": dict,
    "advanced": dict,
    "triggers": list,
}
TRIGGER = {"type", "name", "metricType", "metadata"}
PROMETHEUS = {"serverAddress", "query", "threshold", "activationThreshold", "ignoreNullValues"}
FALLBACKS = {"static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"}


@pytest.fixture(scope="module")
def fleet() -> list[Manifest]:
    return Rendering(KUBERNETES / "overlays/fleet").manifests


@pytest.fixture(params=["packshot-worker", "packshot-gpu"])
def scaled(request: Any, fleet: list[Manifest]) -> Manifest:
    return dict(of_kind(fleet, "ScaledObject")[request.param])


def metrics_in(query: str) -> set[str]:
    promql_parser.parse(query)
    return set(re.findall(r"packshot_\w+", query))


def test_a_scaled_object_says_what_keda_understands(scaled: Manifest, fleet: list[Manifest]) -> None:
    assert scaled["apiVersion"] == "keda.sh/v1alpha1"
    spec = scaled["spec"]
    assert spec.keys() <= SCALED.keys()
    assert all(isinstance(spec[name], SCALED[name]) for name in spec)
    target = spec["scaleTargetRef"]
    workload = workloads(fleet)[target["name"]]
    assert (target["apiVersion"], target["kind"]) == (workload["apiVersion"], workload["kind"])
    assert "replicas" not in workload["spec"]  # else each `kubectl apply` would undo what KEDA did
    assert 0 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
    assert spec["fallback"]["behavior"] in FALLBACKS
    assert spec["minReplicaCount"] <= spec["fallback"]["replicas"] <= spec["maxReplicaCount"]


def test_triggers_are_numbers_of_prometheus_as_text(scaled: Manifest) -> None:
    names = [trigger["name"] for trigger in scaled["spec"]["triggers"]]
    assert names == ["megapixels", "oldest"]
    for trigger in scaled["spec"]["triggers"]:
        assert trigger.keys() == TRIGGER
        assert (trigger["type"], trigger["metricType"]) == ("prometheus", "AverageValue")  # `fallback` wants it
        metadata = trigger["metadata"]
        assert metadata.keys() <= PROMETHEUS
        assert all(isinstance(value, str) for value in metadata.values())
        assert float(metadata["threshold"]) > 0
        assert metadata["ignoreNullValues"] == "false"  # figures that are missing are no zero


def test_triggers_ask_for_metrics_that_we_have(scaled: Manifest) -> None:
    known = {each.name for each in vars(families).values() if isinstance(each, families.Family)}
    asked = {name: metrics_in(t["metadata"]["query"]) for t in scaled["spec"]["triggers"] for name in [t["name"]]}
    assert set().union(*asked.values()) <= known
    assert "packshot_pending_megapixels" in asked["megapixels"]
    assert "packshot_oldest_pending_seconds" in asked["oldest"]
    for trigger in scaled["spec"]["triggers"]:
        query = trigger["metadata"]["query"]
        assert "vector(" not in query  # a Prometheus that lost the API would say that nothing waits
        assert query.endswith(" or 0 * max(packshot_redis_up == 1)")
        assert "max" in query.partition(" or ")[0]  # every API pod tells the same


@pytest.mark.parametrize(
    ("name", "device", "others"), [("packshot-worker", "cpu", "gpu"), ("packshot-gpu", "gpu", "cpu")]
)
def test_work_that_only_others_do_starts_nobody(name: str, device: str, others: str, fleet: list[Manifest]) -> None:
    triggers = of_kind(fleet, "ScaledObject")[name]["spec"]["triggers"]
    assert len(triggers) == 2
    for trigger in triggers:
        found = re.search(r'route!~"([^"]+)"', trigger["metadata"]["query"])
        assert found is not None, trigger["name"]
        left_out = re.compile(found[1].replace("[+]", r"\+"))
        assert left_out.fullmatch(others)
        assert left_out.fullmatch(f"{others}+restore=5")
        assert left_out.fullmatch("other")  # what no further worker would do
        assert not any(left_out.fullmatch(route) for route in ("any", device, f"{device}+restore=5", "restore=5"))


def test_gpus_come_for_work_and_go_without(fleet: list[Manifest]) -> None:
    gpu, worker = (of_kind(fleet, "ScaledObject")[f"packshot-{name}"]["spec"] for name in ("gpu", "worker"))
    assert gpu["minReplicaCount"] == 0
    assert all(float(trigger["metadata"]["activationThreshold"]) > 0 for trigger in gpu["triggers"])
    assert worker["minReplicaCount"] >= 2  # one may go, and jobs are done (PodDisruptionBudget)
    for spec in (gpu, worker):
        down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 300


def test_prometheus_finds_every_pod_that_tells_metrics(fleet: list[Manifest]) -> None:
    [monitor] = of_kind(fleet, "PodMonitor").values()
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint.keys() == {"port", "path", "interval", "scrapeTimeout", "relabelings"}
    assert endpoint["path"] == "/metrics"
    for workload in workloads(fleet).values():
        assert chooses(monitor["spec"]["selector"], workload["spec"]["template"]["metadata"]["labels"])
        assert endpoint["port"] in {port["name"] for port in container(workload)["ports"]}
    [policy] = [each for name, each in of_kind(fleet, "NetworkPolicy").items() if name == "packshot-metrics"]
    assert policy["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 9100}]


def test_jobs_are_named_as_beside_compose(fleet: list[Manifest]) -> None:
    """The dashboard asks for `packshot-.*`; left alone the operator names every job after the monitor."""
    [monitor] = of_kind(fleet, "PodMonitor").values()
    [step] = monitor["spec"]["podMetricsEndpoints"][0]["relabelings"]
    assert (step["action"], step["targetLabel"]) == ("replace", "job")
    assert step["sourceLabels"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    named = set()
    for workload in workloads(fleet).values():
        component = workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        named.add(re.sub(f"^{step['regex']}$", step["replacement"].replace("$1", r"\1"), component))
    scraped = yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    assert named == {each["job_name"] for each in scraped}
    asked = set(re.findall(r'job=~\\"([^"]+)\\"', (DOCKER / "grafana/dashboards/packshot.json").read_text()))
    assert asked
    assert all(re.fullmatch(pattern, job) for pattern in asked for job in named)


def test_alerts_are_rules_that_prometheus_reads(fleet: list[Manifest]) -> None:
    [rule] = of_kind(fleet, "PrometheusRule").values()
    assert rule["apiVersion"] == "monitoring.coreos.com/v1"
    rules = [each for group in rule["spec"]["groups"] for each in group["rules"]]
    assert len(rules) > 3
    for group in rule["spec"]["groups"]:
        assert group.keys() <= {"name", "interval", "rules", "limit", "labels"}
    for each in rules:
        assert each.keys() <= {"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
        promql_parser.parse(each["expr"])
