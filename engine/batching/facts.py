"""What is told about a finished work: how many batches it took, how full, how long it waited and why they left."""

from collections import Counter
from dataclasses import dataclass, field

from engine.cards import Card


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """For the manifest. Times in milliseconds of the engine's clock."""

    model: str
    version: str
    digest: str
    """SHA-256 of the ONNX file."""
    backend: str
    units: int
    batches: int
    mean_batch_size: float
    wait_ms: float
    """From submission to the first unit's batch."""
    device_ms: float
    """This work's share, by units, of its batches' time."""
    padding_waste: float
    """Share of the tiles' core area that lay outside the photo; 0 for frames."""
    flush_reasons: dict[str, int]
    """Batches by why they left: full, idle (everything queued was taken), window, alone, split (after a failure)."""


@dataclass(slots=True)
class Tally:
    """Gathers a work's facts, batch by batch."""

    submitted_at: float = 0.0
    first_batch_at: float | None = None
    batches: int = 0
    batch_units: int = 0
    device_s: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    def note_batch(self, *, mine: int, size: int, reason: str, started: float, ended: float) -> None:
        """Count a batch of `size` units, `mine` of them this work's."""
        if self.first_batch_at is None:
            self.first_batch_at = started
        self.batches += 1
        self.batch_units += size
        self.device_s += (ended - started) * mine / size
        self.reasons[reason] += 1

    def facts(self, card: Card, backend: str, units: int, photo_px: int) -> BatchFacts:
        """Sum up, once the last unit is done."""
        core_px = units * card.tile.core_px**2 if card.tile else photo_px
        first = self.submitted_at if self.first_batch_at is None else self.first_batch_at
        return BatchFacts(
            model=card.model,
            version=card.version,
            digest=card.onnx.sha256,
            backend=backend,
            units=units,
            batches=self.batches,
            mean_batch_size=round(self.batch_units / max(1, self.batches), 2),
            wait_ms=round((first - self.submitted_at) * 1000, 3),
            device_ms=round(self.device_s * 1000, 3),
            padding_waste=round(1 - photo_px / core_px, 4),
            flush_reasons=dict(self.reasons),
        )
