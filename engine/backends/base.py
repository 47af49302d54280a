"""What a backend is to the engine: the same for a CPU, a GPU and the fake. All of it runs on the device thread."""

from typing import Any, Protocol

from numpy.typing import NDArray

from engine.batching.lanes import Lane
from engine.batching.units import Layout
from engine.cards import Card


class Running(Protocol):
    """A batch that was started."""

    def wait(self) -> None:
        """Return when it is done; raise what made it fail.

        Any Exception means that this batch failed and that smaller ones may not: the batcher splits it. DeviceLost
        means that nothing more will run in this process.
        """
        ...


class Done:
    """A batch that was over when `start` returned."""

    def wait(self) -> None:
        """See Running."""


DONE = Done()


class Executor(Protocol):
    """One model on one device."""

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """How many slots a batch may have, ascending; it is never given more than the last."""
        ...

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The shapes of a tile model's slot; none for a frame or a latent model."""
        ...

    @property
    def trims(self) -> bool:
        """Whether a slot holds one unit and is trimmed to it; else shapes are fixed, and units lie side by side."""
        ...

    def start(self, layout: Layout) -> Running:
        """Pack, run the network, unpack, or begin to; may raise what `Running.wait` may.

        Once waited for, each unit's part of its target is done; the target itself may be read after `Backend.collect`.
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

    @property
    def depth(self) -> int:
        """How many batches may be started before the first is waited for, so that the device never idles."""
        ...

    @property
    def loads_aside(self) -> bool:
        """Whether `load` and a first run may be done by any thread while the device thread works."""
        ...

    def variant_of(self, card: Card) -> Card:
        """The card, or its variant, with the precision that it will run in here: to be loaded, and told of."""
        ...

    def load(self, card: Card) -> Executor:
        """Make a model ready to run. Raises WeightsError when the file does not do what its card says."""
        ...

    def room_px(self) -> float:
        """How many pixels of pictures, sources and targets, the device has room for beside what is loaded."""
        ...

    def collect(self, target: NDArray[Any]) -> None:
        """All units of `target` are done: make the array itself hold the answer."""
        ...

    def release(self, target: NDArray[Any]) -> None:
        """The work of `target` is over, well or not: forget what the device holds of it, once no batch needs it."""
        ...

    def describe(self) -> dict[str, Any]:
        """Device and software, as JSON values, for the log, /readyz and manifests."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...
