"""What the Kubernetes manifests promise: they are what Kubernetes knows, and run with nobody's rights."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from api.server import GRACEFUL_S
from tests.docker.kustomize import KUBERNETES, OVERLAYS, Manifest, Rendering
from tests.docker.manifests import chooses, container, of_kind, pod, workloads
from tests.docker.reading import DOCKER, ROOT, arguments, settings_of_ours

CUSTOM = {"ScaledObject", "PodMonitor", "PrometheusRule"}  # test_custom_resources.py
NEWEST, OLDEST = "1.37", "1.30"  # preStop's `sleep` came with 1.30, for everybody
LEAVING_S = 5  # what a worker that has drained takes to leave (worker/drain.py)


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: Any) -> list[Manifest]:
    return Rendering(KUBERNETES / request.param).manifests


@pytest.fixture(scope="module")
def fleet() -> list[Manifest]:
    return Rendering(KUBERNETES / "overlays/fleet").manifests


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(version: str) -> None:
    rendered = [each for overlay in OVERLAYS for each in Rendering(KUBERNETES / overlay).manifests]
    for each in {(each["kind"], each["metadata"]["name"]): each for each in rendered}.values():
        if each["kind"] not in CUSTOM:
            kubernetes_validate.validate(each, version, strict=True)


def test_every_folder_is_part_of_an_overlay() -> None:
    files = list(KUBERNETES.rglob("kustomization.yaml"))
    named = {line.rpartition("/")[2] for path in files for line in re.findall(r"\.\./[\w./-]+", path.read_text())}
    assert named >= {path.parent.name for path in files} - {"trial", "fleet"}


def test_a_pod_has_nobodys_rights(manifests: list[Manifest]) -> None:
    for name, workload in workloads(manifests).items():
        told, inner = pod(workload)["securityContext"], container(workload)["securityContext"]
        assert told["runAsNonRoot"] is True, name
        assert min(told["runAsUser"], told["runAsGroup"]) > 0
        assert told["seccompProfile"] == {"type": "RuntimeDefault"}
        assert inner == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod(workload).keys()
        for volume in pod(workload).get("volumes", []):
            assert volume.keys() - {"name"} <= {"emptyDir", "configMap"}, name  # nothing of the node
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"]


def test_nobody_has_a_token_for_kubernetes(manifests: list[Manifest]) -> None:
    accounts = of_kind(manifests, "ServiceAccount")
    assert all(account["automountServiceAccountToken"] is False for account in accounts.values())
    for workload in workloads(manifests).values():
        assert pod(workload)["automountServiceAccountToken"] is False
        assert pod(workload)["serviceAccountName"] in accounts


def test_kubernetes_sets_no_setting_of_ours(manifests: list[Manifest]) -> None:
    """A Service `packshot-api` would set PACKSHOT_API_PORT to tcp://… in every pod beside it."""
    assert all(pod(workload)["enableServiceLinks"] is False for workload in workloads(manifests).values())


def test_every_setting_that_is_named_exists(manifests: list[Manifest]) -> None:
    known = settings_of_ours()
    named = {name for each in of_kind(manifests, "ConfigMap").values() for name in each["data"]}
    for name, workload in workloads(manifests).items():
        if name != "packshot-redis":
            named |= {each["name"] for each in container(workload)["env"]}
    assert {name for name in named if name.startswith("PACKSHOT_")} <= known


def test_secrets_come_from_the_secret_alone(manifests: list[Manifest]) -> None:
    keys: set[str] = set()
    for workload in workloads(manifests).values():
        for each in container(workload)["env"]:
            if re.search(r"PASSWORD|SECRET|REDIS_URL|KEY", each["name"]):
                assert "value" not in each, each["name"]
                assert each["valueFrom"]["secretKeyRef"]["name"] == "packshot"
                keys.add(each["valueFrom"]["secretKeyRef"]["key"])
                role = each["name"].startswith("AWS_")  # the pod's own role, where the secret names no account
                assert each["valueFrom"]["secretKeyRef"].get("optional", False) == (role or "BACKUP" in each["name"])
    assert not of_kind(manifests, "Secret")
    page = (ROOT / "docs" / "deploying.md").read_text()
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_image_is_pinned(manifests: list[Manifest]) -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    for workload in workloads(manifests).values():
        image = container(workload)["image"]
        ours = re.fullmatch(r"packshot-(api|worker|gpu):(\S+)", image)
        assert ours is None or ours[2] == version[1]
        assert ours or re.fullmatch(r"redis:\d+\.\d+-bookworm(@sha256:[0-9a-f]{64})?", image), image
    assert arguments()["PYTHON"].startswith("python:3.")


def test_a_pod_has_bounds(manifests: list[Manifest]) -> None:
    for name, workload in workloads(manifests).items():
        resources = container(workload)["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), name
        assert "memory" in resources["limits"], name
        if name in {"packshot-worker", "packshot-gpu"}:  # threads and jobs at once follow from it
            assert resources["limits"]["cpu"] == resources["requests"]["cpu"]


def test_a_gpu_is_one_workers_own(fleet: list[Manifest]) -> None:
    for name, workload in workloads(fleet).items():
        resources = container(workload)["resources"]
        asked = (resources["requests"].get("nvidia.com/gpu"), resources["limits"].get("nvidia.com/gpu"))
        assert asked == (("1", "1") if name == "packshot-gpu" else (None, None))
    gpu = workloads(fleet)["packshot-gpu"]
    assert container(gpu)["command"] == ["python", "-m", "worker"]  # not --gpus: one process
    assert pod(gpu)["runtimeClassName"] == "nvidia"
    plans = next(each["value"] for each in container(gpu)["env"] if each["name"] == "PACKSHOT_PLANS_DIR")
    [mount] = [each for each in container(gpu)["volumeMounts"] if plans.startswith(f"{each['mountPath']}/")]
    assert mount["name"] in {each["metadata"]["name"] for each in gpu["spec"]["volumeClaimTemplates"]}


def test_who_drains_a_node_leaves_one_of_each(manifests: list[Manifest]) -> None:
    budgets = of_kind(manifests, "PodDisruptionBudget")
    for name in ("packshot-api", "packshot-worker"):
        labels = workloads(manifests)[name]["spec"]["template"]["metadata"]["labels"]
        [budget] = [each for each in budgets.values() if chooses(each["spec"]["selector"], labels)]
        assert budget["spec"]["minAvailable"] == 1
    for name, workload in workloads(manifests).items():
        budget = budgets.get(name, {"spec": {}})["spec"]
        scaled = of_kind(manifests, "ScaledObject").get(name, {"spec": {"minReplicaCount": None}})
        fewest = workload["spec"].get("replicas", scaled["spec"]["minReplicaCount"])
        assert "minAvailable" not in budget or budget["minAvailable"] < fewest, f"{name} would keep its node for ever"


def test_a_worker_has_the_time_that_draining_takes(manifests: list[Manifest]) -> None:
    [settings] = [each["data"] for name, each in of_kind(manifests, "ConfigMap").items() if "settings" in name]
    drain_s = float(settings["PACKSHOT_DRAIN_TIMEOUT_S"])
    for name in {"packshot-worker", "packshot-gpu"} & workloads(manifests).keys():
        told = pod(workloads(manifests)[name])
        assert told["terminationGracePeriodSeconds"] >= drain_s + LEAVING_S + 10
        assert "lifecycle" not in container(workloads(manifests)[name])  # SIGTERM is what drains
    api = workloads(manifests)["packshot-api"]
    wait_s = container(api)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod(api)["terminationGracePeriodSeconds"] >= wait_s + GRACEFUL_S + 5


def test_probes_ask_what_exists(manifests: list[Manifest]) -> None:
    for name, workload in workloads(manifests).items():
        if name == "packshot-redis":
            continue
        told = container(workload)
        ports = {each["name"]: each["containerPort"] for each in told["ports"]}
        assert ports["metrics"] == 9100
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = told.get(kind, {})
            if "httpGet" in probe:
                assert probe["httpGet"] == {"path": "/healthz", "port": "http"}  # /readyz waits for workers
            elif probe:
                assert probe["exec"]["command"][:3] == ["python", "-m", "worker.alive"]
                assert probe["exec"]["command"][3:] == ["--ready"]
                assert '"--ready"' in (ROOT / "worker" / "alive.py").read_text()
        assert "readinessProbe" in told
        assert ("livenessProbe" in told) == (name == "packshot-api")  # no worker dies of a Redis that is away


def test_services_lead_to_ports_that_exist(manifests: list[Manifest]) -> None:
    for service in of_kind(manifests, "Service").values():
        found = [
            workload
            for workload in workloads(manifests).values()
            if chooses({"matchLabels": service["spec"]["selector"]}, workload["spec"]["template"]["metadata"]["labels"])
        ]
        [workload] = found
        names = {each["name"] for each in container(workload)["ports"]}
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= names


def test_a_workload_chooses_its_own_pods(manifests: list[Manifest]) -> None:
    for name, workload in workloads(manifests).items():
        chosen = [
            other
            for other, each in workloads(manifests).items()
            if chooses(workload["spec"]["selector"], each["spec"]["template"]["metadata"]["labels"])
        ]
        assert chosen == [name]


def test_what_is_generated_is_up_to_date() -> None:
    path = DOCKER / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for written, text in module.manifests().items():
        assert Path(written).read_text() == text, f"{written} is old: make manifests"
        assert yaml.safe_load(text)
