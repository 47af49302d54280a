"""Looks into rendered manifests, for the tests of docker/kubernetes."""

from tests.docker.kustomize import Manifest


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Those of these kinds, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] in kinds}


def workloads(manifests: list[Manifest]) -> dict[str, Manifest]:
    """What runs pods, by name."""
    return of_kind(manifests, "Deployment", "StatefulSet")


def pod(workload: Manifest) -> Manifest:
    """What its pods are."""
    return dict(workload["spec"]["template"]["spec"])


def container(workload: Manifest) -> Manifest:
    """The one container of its pods."""
    [only] = pod(workload)["containers"]
    return dict(only)


def chooses(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a selector is about what has these labels."""
    asked = [labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()]
    asked += [labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])]
    return all(asked)
