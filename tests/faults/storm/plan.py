"""Which fault comes when: drawn from a seed, written out, and read again. Knows nothing of how they are caused."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEAN_PAUSE_S = 7.0
LEAST_PAUSE_S = 1.0
SCRIPTS = ("submit", "claim", "progress", "heartbeat", "end", "claim_delivery", "end_delivery", "view", "sweep_leases")

Draw = Callable[[random.Random], dict[str, Any]]


@dataclass(frozen=True)
class Blow:
    """One fault of the plan: `at_s` seconds after the start, with what its cause needs to know."""

    at_s: float
    kind: str
    how: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a run of the long form is made of; the same seed and minutes give the same."""

    seed: int
    minutes: float
    blows: tuple[Blow, ...]

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """A plan that was written; OSError, ValueError, KeyError and TypeError for what is none."""
        told = json.loads(path.read_text())
        return cls(int(told["seed"]), float(told["minutes"]), tuple(Blow(**blow) for blow in told["blows"]))


def draw(seed: int, minutes: float) -> Plan:
    """Faults at random times, on average one in seven seconds, each kind as often as its weight says."""
    dice = random.Random(seed)
    names, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    blows, at_s = [], 5.0
    while at_s < minutes * 60:
        (kind,) = dice.choices(names, weights)
        blows.append(Blow(round(at_s, 2), kind, KINDS[kind][1](dice)))
        at_s += LEAST_PAUSE_S + dice.expovariate(1 / (MEAN_PAUSE_S - LEAST_PAUSE_S))
    return Plan(seed, minutes, tuple(blows))


def _nothing(_: random.Random) -> dict[str, Any]:
    return {}


def _worker(dice: random.Random) -> dict[str, Any]:
    return {"worker": dice.randrange(2)}


def _worker_at(dice: random.Random) -> dict[str, Any]:
    return {"worker": dice.randrange(2), "script": dice.choice(["claim", "progress", "end", "end_delivery"])}


def _worker_for(dice: random.Random) -> dict[str, Any]:
    return {"worker": dice.randrange(2), "for_s": round(dice.uniform(1, 12), 1)}


def _for(least: float, most: float) -> Draw:
    return lambda dice: {"for_s": round(dice.uniform(least, most), 1)}


def _delay(dice: random.Random) -> dict[str, Any]:
    return {"ms": dice.choice([20, 100, 500]), "for_s": round(dice.uniform(2, 10), 1)}


def _script(dice: random.Random) -> dict[str, Any]:
    return {"script": dice.choice(SCRIPTS), "action": dice.choice(["cut", "cut_answer"]), "times": dice.randint(1, 5)}


def _sink(dice: random.Random) -> dict[str, Any]:
    return {"answer": dice.choice([500, 429, "hang", "reset", "redirect"]), "for_s": round(dice.uniform(2, 10), 1)}


def _garbage(dice: random.Random) -> dict[str, Any]:
    return {"text": dice.choice(["garbage", "{}", "[1,2", '{"body": 1}', "\x00\xff"])}


KINDS: Mapping[str, tuple[float, Draw]] = {
    "SIGKILL a worker": (3, _worker),
    "SIGKILL a worker with its children": (1, _worker),
    "SIGKILL a worker at a script": (4, _worker_at),
    "SIGTERM a worker": (2, _worker),
    "SIGSTOP a worker, then CONT": (2, _worker_for),
    "SIGKILL the API": (2, _nothing),
    "SIGKILL the API after a record": (2, _nothing),
    "SIGTERM the API": (1, _nothing),
    "SIGKILL Redis, restart": (2, _for(0, 5)),
    "SIGTERM Redis, restart": (1, _for(0, 5)),
    "SIGSTOP Redis, then CONT": (1, _for(1, 8)),
    "CLIENT KILL TYPE normal": (2, _nothing),
    "Redis full": (1, _for(2, 6)),
    "SCRIPT FLUSH": (1, _nothing),
    "all hints lost": (1, _nothing),
    "garbage on the list": (1, _garbage),
    "a hint 100 times": (1, _nothing),
    "connections cut": (2, _nothing),
    "connections refused": (1, _for(1, 6)),
    "network hangs": (1, _for(1, 6)),
    "network slow": (2, _delay),
    "a worker parted from Redis": (2, _worker_for),
    "a script cut off": (4, _script),
    "the webhooks' receiver fails": (2, _sink),
}
"""Each kind's weight, and how its details are drawn."""
