"""The operations by name: what each does, the size it leaves, and what it costs. Operations register themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from worker.operations.context import OperationContext
from worker.picture import Picture

Size = tuple[int, int]
"""(width, height) in pixels."""

Run = Callable[[Picture, Any, OperationContext], Picture]
SizeAfter = Callable[[Any, Size], Size]


@dataclass(frozen=True)
class Operation:
    """One operation: `run(picture, params, context)`, `size_after(params, size)`, and `cost` per pixel, relative."""

    name: str
    run: Run
    size_after: SizeAfter
    cost: float


OPERATIONS: dict[str, Operation] = {}


def operation(name: str, *, cost: float, size_after: SizeAfter | None = None) -> Callable[[Run], Run]:
    """Register the decorated function as the operation `name` of the spec.

    `cost` weighs the operation in a job's progress (1 is a network over every pixel). Without `size_after` the size
    stays. Both functions raise ProblemError invalid-parameter for parameters that this picture cannot take.
    """

    def register(run: Run) -> Run:
        assert name not in OPERATIONS, name
        OPERATIONS[name] = Operation(name, run, size_after or _same_size, cost)
        return run

    return register


def sizes_after(operations: Sequence[Any], size: Size) -> list[Size]:
    """The picture's size after each of the spec's operations, starting from `size`."""
    sizes = []
    for params in operations:
        size = OPERATIONS[params.op].size_after(params, size)
        sizes.append(size)
    return sizes


def _same_size(_params: Any, size: Size) -> Size:
    return size
