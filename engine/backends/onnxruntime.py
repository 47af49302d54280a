"""ONNX Runtime on the CPU: the default wherever there is no GPU, and the reference that others are held against."""

from typing import Any

import onnxruntime

from engine.backends.base import Executor
from engine.backends.cpu_backend import CpuBackend
from engine.backends.cpu_executors import executor_of, require_answer, require_ends
from engine.cards import Card, read_model
from engine.errors import WeightsError
from engine.images import Floats

SIDE_PX = 440
BATCH_SIZES = (1, 2)
"""Tiles of 440 px in pairs. CPU seconds per megapixel of photo, halos included, on two cores with AVX2; 12 megapixels
in a single call take 1.2 (restore) and 3.9 (upscale-x2) at best:

    tile          240 (224)   440    576    800   440 × 960   two of 240 (224)   two of 440
    restore         1.64     1.37   1.31   1.25     1.30            1.55            1.29
    upscale-x2      4.91     4.32   4.23   4.16     4.24            4.23            3.86

A pair is cheaper than one tile of twice the area: the threads share it without a rest. Two of 576 gain restore another
3%, and let a click wait twice as long: a pair of 440 takes 0.2 s and 0.7 s on two idle cores.
"""


class OnnxRuntimeBackend(CpuBackend):
    """One session per model, run one after the other, each with all the threads allowed."""

    name = "onnxruntime"

    def load(self, card: Card) -> Executor:
        """Open the model from the very bytes whose digest was checked. Raises WeightsError."""
        options = session_options(self._threads)
        try:
            session = onnxruntime.InferenceSession(read_model(card), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a dozen unrelated classes of its own
            raise WeightsError(f"{card.model_path}: ONNX Runtime cannot open it: {error}") from error
        return executor_of(SessionNetwork(session, card), card, SIDE_PX, BATCH_SIZES)

    def describe(self) -> dict[str, Any]:
        """Version and threads."""
        return {"device": f"CPU, {self._threads} threads", "runtime": f"onnxruntime {onnxruntime.__version__}"}


class SessionNetwork:
    """A session with one checked input and output."""

    def __init__(self, session: Any, card: Card) -> None:
        inputs = {value.name: value.type for value in session.get_inputs()}
        outputs = {value.name: value.type for value in session.get_outputs()}
        require_ends(card, "tensor(float)", inputs, outputs)
        self._session = session
        self._onnx = card.onnx

    def run(self, batch: Floats, expected: tuple[int, ...]) -> Floats:
        """See Network."""
        (answer,) = self._session.run([self._onnx.output], {self._onnx.input: batch})
        return require_answer(answer, expected)


def session_options(threads: int) -> Any:
    """What every session of the engine runs with."""
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
