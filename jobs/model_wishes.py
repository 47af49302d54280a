"""What the operator wishes of the models' versions, kept in Redis for all workers. Knows no engine.

Which version a job takes follows from the wish and from the job's id alone: the same on every host, at every attempt.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

_BITS = 48


@dataclass(frozen=True)
class Share:
    """A version that a part of the jobs takes, 0 to 1; with 0 it is there for those alone that ask for it."""

    version: str
    share: float


@dataclass(frozen=True)
class ModelWishes:
    """``use`` is the version of each model that jobs take, the newest there is where none is named.

    ``looks`` counts how often workers were told to look into their weights. ``changed_ms`` is Redis' time of the last
    change, None where there was none.
    """

    use: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, Share] = field(default_factory=dict)
    looks: int = 0
    changed_ms: int | None = None

    def versions_of(self, job_id: str, pinned: Mapping[str, str]) -> dict[str, str]:
        """Of each model that does not simply go by ``use`` the version that the job takes."""
        taken = {model: one.version for model, one in self.shares.items() if _place_of(job_id, model) < one.share}
        return taken | dict(pinned)


def read_wishes(fields: Mapping[str, str]) -> ModelWishes:
    """From the fields of ``packshot:models``."""
    parted = {name: name.partition(":")[::2] for name in fields}
    shares = {}
    for name, (kind, model) in parted.items():
        if kind == "share":
            version, share = fields[name].split(" ")
            shares[model] = Share(version, float(share))
    return ModelWishes(
        use={model: fields[name] for name, (kind, model) in parted.items() if kind == "use"},
        shares=shares,
        looks=int(fields.get("look", 0)),
        changed_ms=int(fields["changed_ms"]) if "changed_ms" in fields else None,
    )


def _place_of(job_id: str, model: str) -> float:
    """From 0 to just below 1, evenly over all jobs, and of each model for itself."""
    digest = hashlib.sha256(f"{model} {job_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / (1 << _BITS)
