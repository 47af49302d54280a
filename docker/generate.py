"""``python docker/generate.py``: writes what Kubernetes gets of files that stand elsewhere in docker/.

kustomize reads no file outside its own folder. `make manifests` runs this; so nothing is kept twice, and a test tells
when it was forgotten.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

DOCKER = Path(__file__).parent
COMPONENTS = DOCKER / "kubernetes" / "components"
_HEAD = "# Written by `make manifests` from docker/{source}: change it there.\n"


def manifests() -> dict[Path, str]:
    """What each file is to hold."""
    return {
        COMPONENTS / "redis" / "accounts.yaml": _HEAD.format(source="redis.sh and redis.acl") + _dumped(_accounts()),
        COMPONENTS / "monitoring" / "rules.yaml": _HEAD.format(source="prometheus/alerts.yml") + _dumped(_rules()),
    }


def _accounts() -> dict[str, Any]:
    files = {name: _Block((DOCKER / name).read_text()) for name in ("redis.acl", "redis.sh")}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "packshot-redis"}, "data": files}


def _rules() -> dict[str, Any]:
    groups = yaml.safe_load((DOCKER / "prometheus" / "alerts.yml").read_text())["groups"]
    metadata = {"name": "packshot", "labels": {"app.kubernetes.io/name": "packshot"}}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": {"groups": groups},
    }


class _Block(str):
    """A text that is shown line by line."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))


def _dumped(manifest: dict[str, Any]) -> str:
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=120)


def main() -> int:
    """Write them; returns 0."""
    for path, text in manifests().items():
        path.write_text(text)
        print(path.relative_to(DOCKER.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
