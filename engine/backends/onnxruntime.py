"""ONNX Runtime on the CPU: the default wherever there is no GPU, and the reference that others are held against."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.backends.base import DONE, Executor, Running
from engine.backends.cpus import usable_cpus
from engine.backends.tile_batches import group_by_size, pack_units, unpack_units
from engine.batching.lanes import Lane
from engine.batching.units import Layout
from engine.cards import Card, FrameShape, TileShape, read_model
from engine.errors import WeightsError
from engine.images import Floats
from engine.kernels.pack_frames import pack_frames
from engine.settings import EngineSettings


class OnnxRuntimeBackend:
    """One session per model, run one after the other, each with all the threads allowed."""

    name = "onnxruntime"
    batching_pays = False
    depth = 1

    def __init__(self, threads: int = 0) -> None:
        """`threads`: 0 takes every core that the process may use."""
        self._threads = threads or usable_cpus()

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> "OnnxRuntimeBackend":
        """As PACKSHOT_* say."""
        return cls(settings.threads)

    def load(self, card: Card, model_path: Path) -> Executor:
        """Open the model from the very bytes whose digest was checked. Raises WeightsError."""
        options = _session_options(self._threads)
        try:
            session = onnxruntime.InferenceSession(read_model(card), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a dozen unrelated classes of its own
            raise WeightsError(f"{model_path}: ONNX Runtime cannot open it: {error}") from error
        network = Network(session, card)
        if card.tile is not None:
            return TileExecutor(network, card.tile)
        assert card.frame is not None
        return FrameExecutor(network, card.frame)

    def collect(self, target: NDArray[Any]) -> None:
        """Nothing to fetch: targets are written in place."""

    def release(self, target: NDArray[Any]) -> None:
        """Nothing to forget."""

    def describe(self) -> dict[str, Any]:
        """Version and threads."""
        return {"device": f"CPU, {self._threads} threads", "runtime": f"onnxruntime {onnxruntime.__version__}"}

    def close(self) -> None:
        """Nothing to give back: sessions go with their executors."""


class Network:
    """A session with one checked input and output."""

    def __init__(self, session: Any, card: Card) -> None:
        self._session = session
        self._card = card
        inputs = {value.name: value.type for value in session.get_inputs()}
        outputs = {value.name: value.type for value in session.get_outputs()}
        for side, promised, received in (("input", card.onnx.input, inputs), ("output", card.onnx.output, outputs)):
            if received != {promised: "tensor(float)"}:
                raise WeightsError(
                    f"{card.model_path}: the card promises one float {side} {promised!r}; received {received}"
                )

    def run(self, batch: Floats, expected: tuple[int, ...]) -> Floats:
        """Answer a float32 batch. Raises ValueError for an answer of another shape, or one that is not finite."""
        (answer,) = self._session.run([self._card.onnx.output], {self._card.onnx.input: batch})
        if answer.shape != expected:
            raise ValueError(f"the card promises an answer of shape {expected}; received {answer.shape}")
        if not np.isfinite(answer).all():
            raise ValueError("the network's answer holds values that are not finite")
        return np.asarray(answer, np.float32)


class TileExecutor:
    """A tile model: tiles are cut to what their core needs, and run with others of their size."""

    # Two tiles at a time cost 7 to 10% less CPU than one, four no less than two (restore 84, 79, 78 ms of CPU a tile,
    # upscale-x2 194, 174, 172; 2 cores), and a larger batch only makes the next click wait longer.
    batch_sizes = (1, 2)
    trims = True

    def __init__(self, network: Network, shape: TileShape) -> None:
        self.network = network
        self.lanes = (Lane(shape.tile_px, shape.tile_px),)
        self._shape = shape

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns."""
        scale = self._shape.scale
        for (height, width), group in group_by_size(layout.units, self._shape):
            batch = pack_units(group, self._shape, (height, width))
            unpack_units(self.network.run(batch, (len(group), 3, scale * height, scale * width)), group, self._shape)
        return DONE


class FrameExecutor:
    """A frame model: each photo averaged to the frame; the raw answer is the result."""

    lanes = ()
    trims = True
    batch_sizes = (1,)  # relight: 3.0 ms of CPU a frame alone, 2.8 in fours, 3.7 in eights

    def __init__(self, network: Network, shape: FrameShape) -> None:
        self.network = network
        self._shape = shape

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns."""
        units = layout.units
        batch = np.empty((len(units), 3, self._shape.height_px, self._shape.width_px), np.float32)
        pack_frames([unit.source for unit in units], batch)
        answer = self.network.run(batch, (len(units), *self._shape.output_shape))
        for unit, values in zip(units, answer, strict=True):
            unit.target[...] = values
        return DONE


def _session_options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    # Tiles come in many sizes: a remembered allocation plan for each costs memory (774 against 459 MB in one trial)
    # and no time is saved.
    options.enable_mem_pattern = False
    # Threads that spin between operators burn 6 to 20% more CPU, which decoding and encoding need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return options
