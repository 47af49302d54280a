"""What an operator asks of the planner: how many photos, of what, how fast, how safe, at which prices.

No price is known here: an amount comes out where a price went in, in whatever currency that was.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from jobs.spec.job import MAX_OPERATIONS

USUAL_MIX = "relight+restore+cutout+background:1"

OPERATIONS = (
    *("relight", "restore", "cutout", "background", "recolor", "inpaint", "resize"),
    *("upscale", "upscale-x2", "upscale-x4"),
)
"""Whose cost is measured (`benchmarks/costs.py`); generate besides, which only comes first."""

TAKEN_FOR: Mapping[str, tuple[str, ...]] = {"auto": ("relight", "restore")}
"""What stands for an operation that finds out itself what a photo needs: the most that it does, of every photo."""

_SHARE = r"(?:1(?:\.0{1,10})?|0?\.0{0,9}[1-9][0-9]{0,9})"
_NAME = f"(?:{'|'.join((*OPERATIONS, *TAKEN_FOR))})"
_KIND = rf"(?:generate|{_NAME})(?:\+{_NAME}){{0,{MAX_OPERATIONS - 1}}}(?::{_SHARE})?"
MIX_PATTERN = f"^ *{_KIND} *(?:, *{_KIND} *)*$"
"""What a mix looks like, for descriptions; that its shares add up to 1 no pattern can tell."""

_MIX_PART = re.compile(r"([a-z0-9-]{1,40}(?:\+[a-z0-9-]{1,40})*)(?::([0-9.]+))?", re.ASCII)
_IS_SHARE = re.compile(_SHARE)
_SHARES_MAY_MISS = 0.001
_HOURS = 24.0

Price = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class Demand(BaseModel):
    """One question to the planner. Names carry their units; a price that is not given makes no amount."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    photos_per_day: Annotated[int, Field(ge=1, le=1_000_000_000, description="Jobs of one photo each.")]
    mix: Annotated[
        str,
        Field(
            max_length=1000,
            description="What is asked for: operations joined by +, their share of the photos behind a colon, "
            "parts apart by commas; "
            "the shares add up to 1. auto counts as relight+restore of every photo, the most that it does.",
            examples=["relight+restore:0.7,cutout+background:0.3"],
            json_schema_extra={"pattern": MIX_PATTERN},
        ),
    ] = USUAL_MIX
    megapixels: Annotated[float, Field(ge=0.01, le=64, allow_inf_nan=False, description="Of a photo as it comes.")] = 2
    renditions: Annotated[int, Field(ge=0, le=20, description="Channels that each photo is made for.")] = 0
    peak: Annotated[
        float, Field(ge=1, le=_HOURS, allow_inf_nan=False, description="The busiest hour's rate over the day's mean.")
    ] = 3
    p95_wait_s: Annotated[
        float,
        Field(
            ge=0.01, le=86_400, allow_inf_nan=False, description="Of 100 clicks in that hour, 95 begin within so long."
        ),
    ] = 60
    bulk_share: Annotated[
        float, Field(ge=0, lt=1, description="The part of the photos that come in catalogues, and may wait for hours.")
    ] = 0
    utilisation: Annotated[
        float, Field(ge=0.1, le=0.95, description="The most of the processors' time that the busiest hour may take.")
    ] = 0.75
    spare_workers: Annotated[int, Field(ge=0, le=100, description="Workers that may be missing.")] = 1
    cores_per_worker: Annotated[int, Field(ge=1, le=256, description="Processor cores of one worker.")] = 4
    core_speed: Annotated[
        float,
        Field(ge=0.01, le=20, allow_inf_nan=False, description="How fast a core is beside one of those measured."),
    ] = 1
    gpu_megapixels_per_s: Annotated[
        float | None,
        Field(
            ge=0.001,
            le=1e6,
            allow_inf_nan=False,
            description="What one GPU was seen to do in a second, by a trial of your own: megapixels of all operations "
            "together, so that two operations on a photo of 2 megapixels are 4.",
        ),
    ] = None
    retention_days: Annotated[float, Field(ge=0.001, le=3650, allow_inf_nan=False)] = 1
    photo_mb: Annotated[
        float | None,
        Field(ge=0.001, le=1000, allow_inf_nan=False, description="Of a photo's file, where that is known."),
    ] = None
    polls_per_photo: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 3
    downloads_per_photo: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 1
    webhooks_per_photo: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0
    redis_gib: Annotated[
        float, Field(ge=0.25, le=4096, allow_inf_nan=False, description="The most memory that one Redis is to have.")
    ] = 64
    cpu_price: Annotated[Price | None, Field(description="Of one core for an hour.")] = None
    gpu_price: Annotated[Price | None, Field(description="Of one GPU for an hour.")] = None
    memory_price: Annotated[Price | None, Field(description="Of 1 GiB of Redis' memory for an hour.")] = None
    storage_price: Annotated[Price | None, Field(description="Of 1 GB of pictures for a month.")] = None
    egress_price: Annotated[Price | None, Field(description="Of 1 GB that leaves.")] = None

    @field_validator("mix")
    @classmethod
    def _can_be_read(cls, mix: str) -> str:
        read_mix(mix)
        return mix

    @property
    def mean_per_s(self) -> float:
        """Photos a second over the day."""
        return self.photos_per_day / 86_400

    @property
    def peak_per_s(self) -> float:
        """Photos a second in the busiest hour."""
        return self.mean_per_s * self.peak


@dataclass(frozen=True)
class Work:
    """A kind of job: its operations in order, and the part of all photos that it is, 0 to 1."""

    operations: tuple[str, ...]
    share: float


def read_mix(mix: str) -> tuple[Work, ...]:
    """The kinds of jobs in `mix`, by their names alone; `auto` is taken for the most that it does.

    Raises ValueError for what is none, or is not whole.
    """
    parts = [part.strip(" ") for part in mix.split(",")]
    found = [_MIX_PART.fullmatch(part) for part in parts]
    for part, match in zip(parts, found, strict=True):
        if match is None:
            raise ValueError(f"the mix has {part!r}; a part of it is like relight+restore:0.7")
        names = match[1].split("+")
        if len(names) > MAX_OPERATIONS:
            raise ValueError(f"the mix has {part!r}, {len(names)} operations; a job has at most {MAX_OPERATIONS}")
        if "generate" in names[1:]:
            raise ValueError(f"the mix has {part!r}; generate can only come first: it makes its picture from nothing")
        if match[2] is not None and not _IS_SHARE.fullmatch(match[2]):
            raise ValueError(
                f"the mix has {part!r}; the share behind the colon is above 0 and at most 1, with at most ten decimals"
            )
    works = tuple(Work(_operations(match[1]), float(match[2] or 1)) for match in found if match)
    whole = sum(work.share for work in works)
    if abs(whole - 1) > _SHARES_MAY_MISS:
        raise ValueError(f"the shares of the mix add up to {whole:g}; they have to make 1")
    return works


def stand_ins(mix: str) -> Mapping[str, str]:
    """The operations of `mix` that others stand for in a plan, and these: `{"auto": "relight+restore"}`."""
    return {name: "+".join(others) for name, others in TAKEN_FOR.items() if re.search(rf"\b{name}\b", mix)}


def _operations(joined: str) -> tuple[str, ...]:
    return tuple(taken for name in joined.split("+") for taken in TAKEN_FOR.get(name, (name,)))


def described() -> Mapping[str, str]:
    """What each parameter means, in a sentence; of those that say it."""
    return {name: field.description for name, field in Demand.model_fields.items() if field.description}
