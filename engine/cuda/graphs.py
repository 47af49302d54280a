"""CUDA graphs through cuda-bindings: PyCUDA has no calls for them. Device thread only."""

from collections.abc import Callable
from typing import Any

from engine.errors import BackendUnavailable, EngineError


class Graph:
    """Captured work, launched whole by one call."""

    def __init__(self, calls: "Bindings", executable: Any) -> None:
        self._calls = calls
        self._executable = executable

    def launch(self, stream: int) -> None:
        """Enqueue one run on the stream (a CUstream)."""
        self._calls.check("cuGraphLaunch", self._calls.driver.cuGraphLaunch(self._executable, stream))

    def close(self) -> None:
        """Destroy it; no run of it may be in flight."""
        if self._executable is not None:
            self._calls.driver.cuGraphExecDestroy(self._executable)
            self._executable = None


class Bindings:
    """The driver's calls that PyCUDA lacks, on the context that is current; streams are integers."""

    def __init__(self, failure: Callable[[str], EngineError]) -> None:
        """`failure` turns a refusal into the error to raise. Raises BackendUnavailable without cuda-bindings."""
        try:
            from cuda.bindings import driver
        except ImportError as error:
            raise BackendUnavailable(f"cuda-bindings cannot be imported: {error}") from error
        self.driver: Any = driver
        self._failure = failure

    def capture(self, stream: int, enqueue: Callable[[], None]) -> Graph:
        """Record what `enqueue` puts on the stream; a failure of `enqueue` itself ends the capture and is passed on."""
        mode = self.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
        self.check("cuStreamBeginCapture", self.driver.cuStreamBeginCapture(stream, mode))
        try:
            enqueue()
        except BaseException:
            self._discard(self.driver.cuStreamEndCapture(stream))
            raise
        graph = self.check("cuStreamEndCapture", self.driver.cuStreamEndCapture(stream))
        try:
            return Graph(self, self.check("cuGraphInstantiate", self.driver.cuGraphInstantiate(graph, 0)))
        finally:
            self.driver.cuGraphDestroy(graph)

    def synchronize(self, stream: int) -> None:
        """Block until the stream is done."""
        self.check("cuStreamSynchronize", self.driver.cuStreamSynchronize(stream))

    def why_broken(self) -> str:
        """Wait for the device and return its context's sticky error, or "" where it works: also while a stream is being
        captured, when the driver refuses to wait.
        """
        (status,) = self.driver.cuCtxSynchronize()
        works = status == self.driver.CUresult.CUDA_SUCCESS or status.name.startswith("CUDA_ERROR_STREAM_CAPTURE")
        return "" if works else str(status.name)

    def check(self, name: str, answer: tuple[Any, ...]) -> Any:
        """Return what a call answered beside its status; raises MemoryError, or what `failure` makes of the status."""
        status, *values = answer
        if status == self.driver.CUresult.CUDA_SUCCESS:
            return values[0] if values else None
        message = f"{name} failed: {status.name}"
        if status == self.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY:
            raise MemoryError(message)
        raise self._failure(message)

    def _discard(self, answer: tuple[Any, ...]) -> None:
        status, graph = answer
        if status == self.driver.CUresult.CUDA_SUCCESS and graph:
            self.driver.cuGraphDestroy(graph)
