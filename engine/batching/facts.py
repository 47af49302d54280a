"""What is told about a finished work: how many batches it took, how full, how long it waited and why they left."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.cards import Card

FLUSH_REASONS = ("full", "idle", "window", "alone", "split", "urgent")
"""Why a batch left: no more slots, everything queued was taken, the window of a burst's start was over, a suspect runs
alone, a part of one that failed, or bulk was left behind so as not to delay clicks."""


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """For the manifest. Times in milliseconds of the engine's clock."""

    model: str
    version: str
    digest: str
    """SHA-256 of the ONNX file."""
    backend: str
    precision: str
    """What the network ran in: fp32, fp16 or int8."""
    units: int
    batches: int
    mean_batch_size: float
    """Slots in a batch."""
    mean_batch_works: float
    """Submissions that shared a batch, this one included."""
    wait_ms: float
    """From submission to the first unit's batch."""
    device_ms: float
    """This work's share, by pixels, of its batches' time."""
    halo_waste: float
    """Share of what the network saw that was context, computed and dropped; 0 for frames and latents."""
    padding_waste: float
    """Share of what the network saw that belonged to no unit: unfilled ends of slots, and empty slots."""
    flush_reasons: dict[str, int]
    """Batches by why they left: see `FLUSH_REASONS`."""


class Usage(NamedTuple):
    """What a batch's pixels, as the network sees them, were used for; `seen_px` is the sum and what was empty."""

    core_px: int
    halo_px: int
    seen_px: int


@dataclass(slots=True)
class Tally:
    """Gathers a work's facts, batch by batch."""

    submitted_at: float = 0.0
    first_batch_at: float | None = None
    units: int = 0
    batches: int = 0
    batch_slots: int = 0
    batch_works: int = 0
    device_s: float = 0.0
    seen_px: float = 0.0
    halo_px: float = 0.0
    empty_px: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def wait_ms(self) -> float:
        """From submission to the first unit's batch; 0 before that."""
        return 0.0 if self.first_batch_at is None else (self.first_batch_at - self.submitted_at) * 1000

    def note_units(self, units: int, share: float, usage: Usage) -> None:
        """Count `units` of a batch, which are `share` of its core pixels."""
        self.units += units
        self.seen_px += share * usage.seen_px
        self.halo_px += share * usage.halo_px
        self.empty_px += share * (usage.seen_px - usage.core_px - usage.halo_px)

    def note_batch(self, *, share: float, slots: int, works: int, reason: str, started: float, ended: float) -> None:
        """Count a batch of `slots` slots and `works` works, of which this one has `share` of the pixels."""
        if self.first_batch_at is None:
            self.first_batch_at = started
        self.batches += 1
        self.batch_slots += slots
        self.batch_works += works
        self.device_s += (ended - started) * share
        self.reasons[reason] += 1

    def facts(self, card: Card, backend: str) -> BatchFacts:
        """Sum up, once the last unit is done."""
        batches, seen = max(1, self.batches), max(1.0, self.seen_px)
        return BatchFacts(
            model=card.model,
            version=card.version,
            digest=card.onnx.sha256,
            backend=backend,
            precision=card.onnx.precision,
            units=self.units,
            batches=self.batches,
            mean_batch_size=round(self.batch_slots / batches, 2),
            mean_batch_works=round(self.batch_works / batches, 2),
            wait_ms=round(self.wait_ms, 3),
            device_ms=round(self.device_s * 1000, 3),
            halo_waste=round(self.halo_px / seen, 4),
            padding_waste=round(self.empty_px / seen, 4),
            flush_reasons=dict(self.reasons),
        )
