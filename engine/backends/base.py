"""What a backend is to the engine: the same for a CPU, a GPU and the fake. All of it runs on the device thread."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.batching.units import Unit
from engine.cards import Card


class Executor(Protocol):
    """One model on one device."""

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """The sizes it is prepared for, ascending; it is never given more units than the last."""
        ...

    def run(self, units: Sequence[Unit]) -> None:
        """Pack, run the network, unpack: when it returns, each unit's target holds its answer.

        Any Exception means that this batch failed and that smaller ones may not: the batcher splits it. DeviceLost
        means that nothing more will run in this process.
        """
        ...


class Backend(Protocol):
    """One device and the software that drives it."""

    @property
    def name(self) -> str:
        """As in PACKSHOT_BACKEND and in manifests."""
        ...

    @property
    def batching_pays(self) -> bool:
        """Whether a larger batch is quicker per unit, so that a burst's start is worth gathering."""
        ...

    def load(self, card: Card, model_path: Path) -> Executor:
        """Make a model ready to run. Raises WeightsError when the file does not do what its card says."""
        ...

    def describe(self) -> dict[str, Any]:
        """Device and software, as JSON values, for the log, /readyz and manifests."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...
