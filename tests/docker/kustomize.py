"""Renders docker/kubernetes as `kubectl kustomize` does; ``python -m tests.docker.kustomize`` holds it against that.

Knows what ours use: resources, components, namespaces, labels without selectors, generated ConfigMaps, images, and
patches of JSON 6902 that remove or replace. Of all else it says that it does not know it.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.docker.reading import DOCKER

KUBERNETES = DOCKER / "kubernetes"
OVERLAYS = ("overlays/trial", "overlays/fleet")

Manifest = dict[str, Any]


class Rendering:
    """All manifests of a folder with a kustomization, as they are sent to a cluster."""

    def __init__(self, folder: Path) -> None:
        self.manifests: list[Manifest] = []
        self._generated: dict[str, dict[str, str]] = {}
        self._add(folder)
        for name, data in self._generated.items():
            self._give_out(name, data)

    def _add(self, folder: Path) -> None:
        told = yaml.safe_load((folder / "kustomization.yaml").read_text())
        known = {"apiVersion", "kind", "namespace", "resources", "components", "labels", "configMapGenerator", "images"}
        assert set(told) <= known | {"patches"}, set(told) - known
        for name in told.get("resources", []):
            if (folder / name).is_dir():
                self._add(folder / name)
            else:
                self.manifests += [one for one in yaml.safe_load_all((folder / name).read_text()) if one]
        for settings in told.get("configMapGenerator", []):
            pairs = dict(line.split("=", 1) for line in settings["literals"])
            self._generated.setdefault(settings["name"], {}).update(pairs)
        for name in told.get("components", []):
            self._add(folder / name)
        self._change(told)

    def _change(self, told: Manifest) -> None:
        for patch in told.get("patches", []):
            [target] = [each for each in self.manifests if _is(each, patch["target"])]
            for step in yaml.safe_load(patch["patch"]):
                _apply(target, step)
        for labels in told.get("labels", []):
            for each in self.manifests:
                each["metadata"].setdefault("labels", {}).update(labels["pairs"])
        for image in told.get("images", []):
            for container in self._containers():
                if container["image"].partition(":")[0] == image["name"]:
                    container["image"] = f"{image['name']}:{image['newTag']}"
        if "namespace" in told:
            for each in self.manifests:
                each["metadata"]["namespace"] = told["namespace"]
            self._namespace = told["namespace"]

    def _give_out(self, name: str, data: dict[str, str]) -> None:
        hashed = f"{name}-{hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:10]}"
        for container in self._containers():
            for source in container.get("envFrom", []):
                if source.get("configMapRef", {}).get("name") == name:
                    source["configMapRef"]["name"] = hashed
        metadata: Manifest = {"name": hashed, "labels": {"app.kubernetes.io/part-of": "packshot"}}
        if space := getattr(self, "_namespace", ""):
            metadata["namespace"] = space
        self.manifests.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

    def _containers(self) -> Iterator[Manifest]:
        for each in self.manifests:
            spec = each.get("spec", {}).get("template", {}).get("spec", {})
            yield from spec.get("containers", [])


def _is(manifest: Manifest, target: Manifest) -> bool:
    return manifest["kind"] == target["kind"] and manifest["metadata"]["name"] == target["name"]


def _apply(target: Manifest, step: Manifest) -> None:
    *folders, last = step["path"].strip("/").split("/")
    place = target
    for folder in folders:
        place = place[folder]
    assert last in place, step
    assert step["op"] in {"remove", "replace"}, step
    if step["op"] == "remove":
        del place[last]
    else:
        place[last] = step["value"]


def by_name(manifests: list[Manifest]) -> dict[str, str]:
    """Each as text that can be compared, by kind and name, without what is hashed into names."""
    texts = {}
    for each in manifests:
        text = re.sub(r"packshot-settings-\w{10}", "packshot-settings-HASH", json.dumps(each, sort_keys=True))
        name = re.sub(r"settings-\w{10}$", "settings", each["metadata"]["name"])
        texts[f"{each['kind']}/{name}"] = text
    return texts


def main() -> int:
    """Compare with kubectl's own; 0 when nothing differs, 1 with what does, 2 without kubectl."""
    if not shutil.which("kubectl"):
        print("There is no kubectl on the PATH", file=sys.stderr)
        return 2
    differences = 0
    for overlay in ("base", *OVERLAYS):
        command = ["kubectl", "kustomize", str(KUBERNETES / overlay)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        theirs = by_name([each for each in yaml.safe_load_all(told) if each])
        ours = by_name(Rendering(KUBERNETES / overlay).manifests)
        different = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
        print(f"{overlay}: {len(theirs)} manifests, {len(different)} differ", *different, sep="\n  ")
        differences += len(different)
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
