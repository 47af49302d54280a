"""Reads docker/'s files for its tests: compose files, the Dockerfile's stages, and the names of our settings."""

import re
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from api.settings import ApiSettings
from engine.settings import EngineSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE_FILES = ("compose.yaml", "compose.workers.yaml")


def composed(name: str) -> dict[str, Any]:
    """A compose file as it stands, its variables not filled in."""
    return dict(yaml.safe_load((DOCKER / name).read_text()))


def containers() -> list[tuple[str, dict[str, Any]]]:
    """Every service of every compose file, by `file:service`."""
    return [(f"{name}:{service}", of) for name in COMPOSE_FILES for service, of in composed(name)["services"].items()]


def settings_of_ours() -> set[str]:
    """Every PACKSHOT_* that API, worker or engine read."""
    by_name = {f"PACKSHOT_{name}".upper() for kind in (ApiSettings, WorkerSettings) for name in kind.model_fields}
    return by_name | {str(setting.metadata["variable"]) for setting in fields(EngineSettings)}


def seconds(told: str) -> float:
    """A duration as compose writes it: 40s, 30m."""
    number, unit = re.fullmatch(r"(\d+)([smh])", told).groups()  # type: ignore[union-attr]
    return float(number) * {"s": 1, "m": 60, "h": 3600}[unit]


@dataclass(frozen=True)
class Stage:
    """One FROM of the Dockerfile and the lines that follow, joined where they go on."""

    name: str
    base: str
    lines: tuple[str, ...]

    def told(self, word: str) -> list[str]:
        """What stands behind that instruction, wherever it is given."""
        return [line.partition(" ")[2] for line in self.lines if line.startswith(f"{word} ")]

    @property
    def environment(self) -> dict[str, str]:
        """Its ENV lines, as names and values."""
        return dict(part.split("=", 1) for line in self.told("ENV") for part in line.split())


def stages() -> dict[str, Stage]:
    """The Dockerfile's stages by name."""
    text = re.sub(r"^\s*#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line.strip()]
    starts = [at for at, line in enumerate(lines) if line.startswith("FROM ")] + [len(lines)]
    found = {}
    for start, end in pairwise(starts):
        _, base, _, name = lines[start].split()
        found[name] = Stage(name, base, tuple(lines[start + 1 : end]))
    return found


def arguments() -> dict[str, str]:
    """The Dockerfile's ARGs before its first FROM: the base images."""
    head = (DOCKER / "Dockerfile").read_text().partition("\nFROM ")[0]
    return dict(re.findall(r"^ARG (\w+)=(\S+)$", head, re.MULTILINE))
