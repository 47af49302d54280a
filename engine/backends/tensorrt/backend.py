"""TensorRT on an NVIDIA GPU: the engine's backend for production. TensorRT itself is imported when one is opened."""

import logging
from typing import TYPE_CHECKING, Any, Self

from engine.backends.base import Executor
from engine.backends.tensorrt.library import machine_of, require_tensorrt
from engine.cards import Card
from engine.cuda.backend import GpuBackend
from engine.cuda.executor import BATCH_SIZES, make_executor
from engine.cuda.gpu import Gpu
from engine.settings import EngineSettings

if TYPE_CHECKING:
    from engine.backends.tensorrt.network import TensorRtNetwork

logger = logging.getLogger(__name__)


class TensorRtBackend(GpuBackend):
    """See `engine.backends.base.Backend`. Made, used and closed on the device thread.

    The first start on a machine builds a plan for each model, which takes minutes; `python -m engine compile` does it
    ahead of time.
    """

    name = "tensorrt"

    def __init__(self, gpu: Gpu, settings: EngineSettings) -> None:
        """Takes over `gpu`. Raises BackendUnavailable without TensorRT, or where plans cannot be kept."""
        from engine.backends.tensorrt.network import Scratch
        from engine.backends.tensorrt.planner import Planner

        super().__init__(gpu)
        self._machine = machine_of(gpu.cuda)
        self._batch_sizes = batch_sizes_for(settings)
        self._planner = Planner(settings.plans_dir, self._machine, settings.precision, self._batch_sizes)
        self._scratch = Scratch(gpu.cuda.allocate)
        self._networks: list[TensorRtNetwork] = []
        self._plans: dict[str, dict[str, str]] = {}

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """Open the GPU that the settings name. Raises BackendUnavailable."""
        require_tensorrt()
        gpu = Gpu.open(settings.gpu, settings.plans_dir)
        try:
            return cls(gpu, settings)
        except BaseException:
            gpu.close()
            raise

    def variant_of(self, card: Card) -> Card:
        """See Backend. Half precision is made of the same file."""
        return self._planner.variant_of(card)

    def load(self, card: Card) -> Executor:
        """Find or build the card's plan and prepare it. Raises WeightsError, BackendUnavailable or MemoryError."""
        from engine.backends.tensorrt.network import TensorRtNetwork

        plan = self._planner.plan(card, logger.info)
        network = TensorRtNetwork(plan.data, plan.recipe, card, self._gpu.cuda, self._scratch)
        self._networks.append(network)
        self._plans[card.model] = {"file": plan.file, "sha256": plan.sha256, "precision": plan.recipe.precision}
        return make_executor(self._gpu, network, card, self._batch_sizes)

    def describe(self) -> dict[str, Any]:
        """Device, TensorRT's version, and of each model the plan with its digest and precision."""
        return {**self._gpu.describe(), "runtime": f"TensorRT {self._machine.tensorrt}", "plans": dict(self._plans)}

    def close(self) -> None:
        """Let go of the networks, then of the device that they live on; a second call does nothing."""
        for network in self._networks:
            network.close()
        self._networks.clear()
        self._gpu.close()


def batch_sizes_for(settings: EngineSettings) -> tuple[int, ...]:
    """Return the batch sizes that plans are built for: those of a GPU, up to the one a person allows."""
    return tuple(size for size in BATCH_SIZES if size <= settings.max_batch_size)
