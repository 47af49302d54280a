"""ONNX Runtime on the CPU: the default wherever there is no GPU, and the reference that others are held against."""

from functools import cache
from typing import Any

import onnxruntime

from engine.backends.base import Executor
from engine.backends.cpu_backend import CpuBackend
from engine.backends.cpu_executors import executor_of, require_answer, require_ends
from engine.cards import Card, read_model
from engine.errors import WeightsError
from engine.images import Floats

SIDE_PX = 440
"""Tiles of 440 px at most, unless a card's are larger, and in pairs: larger ones lose less to halos, and a click waits
longer. Seconds per megapixel that the network sees, two INT8 tiles of the sizes given on two idle cores with AVX2:

                                  one call of both,         a call for each,
                                  two threads               one thread each
    upscale-x2, 464 px                 0.88                      0.77
    upscale-x4, 244 px                 1.37                      1.22
    restore, 720 px                    0.72                      0.63

Threads that share a call wait for each other after every operator, those of two calls never.
"""


ARENA_BYTES = 256 << 20
"""What the arena begins with: addresses, of which the system gives memory for those that were once written. No pair of
units of our networks needs more, so it stays one piece. In pieces that double (ONNX Runtime's default) what is free
lies scattered, and from time to time another piece is added.
"""


class OnnxRuntimeBackend(CpuBackend):
    """One session per model with all the threads allowed; and for pairs of tiles or latents, where there are two
    threads or more, one whose own threads and the two that call it are as many.
    """

    name = "onnxruntime"

    def load(self, card: Card) -> Executor:
        """Open the model from the very bytes whose digest was checked. Raises WeightsError."""
        data = read_model(card)
        in_pairs = card.frame is None and self._threads > 1
        beside = _open(card, data, self._threads - 1) if in_pairs else None
        return executor_of(_open(card, data, self._threads), card, SIDE_PX, beside)

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


def _open(card: Card, data: bytes, threads: int) -> SessionNetwork:
    try:
        session = onnxruntime.InferenceSession(data, session_options(threads), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a dozen unrelated classes of its own
        raise WeightsError(f"{card.model_path}: ONNX Runtime cannot open it: {error}") from error
    return SessionNetwork(session, card)


def session_options(threads: int) -> Any:
    """What every session of the engine runs with.

    All sessions of a process take their memory from one arena, made by the first call. An arena keeps what it once had:
    arenas of their own, which ONNX Runtime gives sessions by itself, keep the largest work of every network, though one
    alone is at work at a time. After 500 photos of up to 1,600 px a side through all networks, four at a time, the
    process had 2,305 MiB with them, with one arena 648, and took no more time (`make bench ONLY=engine_memory`).
    """
    _share_arena()
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
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Threads that spin between operators burn 6 to 20% more CPU, which decoding and encoding need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return options


@cache
def _share_arena() -> None:
    """Make the one arena. Where there is one already (1.31 replaces it), sessions that have it keep it."""
    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    bounds = onnxruntime.OrtArenaCfg({"initial_chunk_size_bytes": ARENA_BYTES})
    onnxruntime.create_and_register_allocator(where, bounds)
