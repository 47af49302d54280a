"""The operations by name: what each does, the size it leaves, and what it costs. Operations register themselves.

Most edit one picture, and are applied to each that there is (`OPERATIONS`); some make new ones (`MAKERS`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from worker.operations.context import OperationContext
from worker.picture import Picture

Size = tuple[int, int]
"""(width, height) in pixels."""

Run = Callable[[Picture, Any, OperationContext], Picture | list[Picture]]
Make = Callable[[Picture | None, Any, OperationContext], list[Picture]]
SizeAfter = Callable[[Any, Size], Size]


@dataclass(frozen=True)
class Operation:
    """One operation: `run(picture, params, context)`, `size_after(params, size)`, and `cost` per pixel, relative.

    `run` gives one picture, or a list of as many as `params.copies` says.
    """

    name: str
    run: Run
    size_after: SizeAfter
    cost: float


@dataclass(frozen=True)
class Maker:
    """An operation that makes `params.count` pictures of `params.size_px` squared, of the picture that there was.

    `make(picture, params, context)` returns them, the best first; `cost` is per pixel made, relative. While it works it
    holds as many that are squares of `held_side_px(size_px)`, which may be more than they are in the end.
    """

    name: str
    make: Make
    cost: float
    held_side_px: Callable[[int], int]

    def size_after(self, params: Any, _size: Size) -> Size:
        """The size of each picture that is made."""
        return params.size_px, params.size_px


GENERATED = "trainedAlgorithmicMedia"
"""What makers' pictures are, in the words of IPTC's vocabulary of digital source types."""

COMPOSITE = "compositeSynthetic"
"""IPTC's word for what no camera saw together, such as a product in another colour: such operations find it."""

OPERATIONS: dict[str, Operation] = {}
MAKERS: dict[str, Maker] = {}


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


def maker(name: str, *, cost: float, held_side_px: Callable[[int], int]) -> Callable[[Make], Make]:
    """Register the decorated function as the maker `name` of the spec, see `Maker`; `cost` as for `operation`."""

    def register(make: Make) -> Make:
        assert name not in MAKERS, name
        MAKERS[name] = Maker(name, make, cost, held_side_px)
        return make

    return register


def registered(name: str) -> Operation | Maker:
    """The operation or maker of that name, which the spec has seen to."""
    return MAKERS.get(name) or OPERATIONS[name]


def sizes_after(operations: Sequence[Any], size: Size) -> list[Size]:
    """A picture's size after each of the spec's operations, starting from `size`."""
    sizes = []
    for params in operations:
        size = registered(params.op).size_after(params, size)
        sizes.append(size)
    return sizes


def _same_size(_params: Any, size: Size) -> Size:
    return size
