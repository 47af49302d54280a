"""OpenVINO on the CPU (the extra `openvino`): NumPy around the network as with ONNX Runtime, less CPU time in it."""

import io
from typing import Any

import openvino

from engine.backends.base import Executor
from engine.backends.cpu_backend import CpuBackend
from engine.backends.cpu_executors import executor_of, require_answer, require_ends
from engine.cards import Card, read_model
from engine.errors import WeightsError
from engine.images import Floats

SIDE_PX = 576
"""Tiles of 576 px, one at a time: a pair gains nothing here, and a photo of 400 × 533 px is a single tile."""


class OpenVinoBackend(CpuBackend):
    """One compiled model per card, run one after the other, each with all the threads allowed."""

    name = "openvino"

    def __init__(self, threads: int = 0, precision: str = "auto") -> None:
        """See CpuBackend."""
        super().__init__(threads, precision)
        self._core = openvino.Core()

    def load(self, card: Card) -> Executor:
        """Compile the model from the very bytes whose digest was checked. Raises WeightsError."""
        data = read_model(card)
        try:
            model = self._core.read_model(io.BytesIO(data))
            compiled = self._core.compile_model(model, "CPU", _properties(self._threads))
        except RuntimeError as error:
            raise WeightsError(f"{card.model_path}: OpenVINO cannot open it: {error}") from error
        return executor_of(RequestNetwork(compiled, card), card, SIDE_PX)

    def describe(self) -> dict[str, Any]:
        """Version, processor and threads."""
        processor = self._core.get_property("CPU", "FULL_DEVICE_NAME")
        return {"device": f"{processor}, {self._threads} threads", "runtime": f"openvino {openvino.__version__}"}


class RequestNetwork:
    """A compiled model with one checked input and output, and its one request."""

    def __init__(self, compiled: Any, card: Card) -> None:
        inputs, outputs = (
            {_name_of(end, promised): end.get_element_type().get_type_name() for end in ends}
            for ends, promised in ((compiled.inputs, card.onnx.input), (compiled.outputs, card.onnx.output))
        )
        require_ends(card, "f32", inputs, outputs)
        self._request = compiled.create_infer_request()
        self._onnx = card.onnx

    def run(self, batch: Floats, expected: tuple[int, ...]) -> Floats:
        """See Network. The answer is the request's own memory."""
        answers = self._request.infer({self._onnx.input: batch}, share_inputs=True, share_outputs=True)
        return require_answer(answers[self._onnx.output], expected)


def _name_of(end: Any, promised: str) -> str:
    """What an input or output is called. It has several names where OpenVINO moved the last operator to before another:
    the cutout network's sigmoid is taken before its pixels are shuffled.
    """
    return promised if promised in end.get_names() else str(end.get_any_name())


def _properties(threads: int) -> dict[str, Any]:
    """Single precision wherever the model is: by itself OpenVINO computes in half precision on CPUs that can.

    Heights and widths stay free. With the shape fixed, OpenVINO 2026.4 runs out of registers over the relighter's
    curves, and tiles gain 2% at most.
    """
    return {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "EXECUTION_MODE_HINT": "ACCURACY",
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,  # the worker's other threads share these cores
    }
