"""Networks for tests: kernels of spread.cu, captured as CUDA graphs, and what they answer, in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.cuda.gpu import Gpu
from engine.cuda.handles import Module
from engine.cuda.network import Shape
from engine.images import Image
from engine.kernels.launches import THREADS, Launch

SOURCE = Path(__file__).with_name("spread.cu")


@dataclass
class KernelNetwork:
    """A DeviceNetwork that is one kernel; `captured` lists the shapes in the order they were prepared."""

    gpu: Gpu
    module: Module
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))
    channels_last: bool = False
    captured: list[Shape] = field(default_factory=list)
    before_run: Callable[[], None] = lambda: None

    def prepare(self, shape: Shape, input_address: int, output_address: int, stream: int) -> Callable[[], None]:
        launch = self.launch_for(shape, np.uint64(input_address), np.uint64(output_address))
        graph = self.gpu.cuda.capture(stream, lambda: self.gpu.cuda.launch(self.module, launch, self.gpu.compute))
        self.captured.append(shape)

        def run() -> None:
            self.before_run()
            graph.launch(stream)

        return run

    def launch_for(self, shape: Shape, *addresses: np.uint64) -> Launch:
        raise NotImplementedError

    def _launch(self, name: str, values: int, *arguments: np.generic) -> Launch:
        suffix = "f16" if self.dtype == np.float16 else "f32"
        return Launch(SOURCE.name, f"{name}_{suffix}", (-(-values // THREADS), 1, 1), (THREADS, 1, 1), arguments)


@dataclass
class SpreadNetwork(KernelNetwork):
    """A tile model's network."""

    scale: int = 1
    poisons: bool = False
    channels_out: int = 3

    def output_shape(self, shape: Shape) -> tuple[int, ...]:
        return (shape[0], self.channels_out, self.scale * shape[2], self.scale * shape[3])

    def launch_for(self, shape: Shape, *addresses: np.uint64) -> Launch:
        sizes = (shape[0], self.channels_out, *shape[1:], self.scale, self.channels_last, self.poisons)
        return self._launch("spread", int(np.prod(self.output_shape(shape))), *addresses, *map(np.int32, sizes))


@dataclass
class RepeatNetwork(KernelNetwork):
    """A frame model's network."""

    answer: tuple[int, ...] = (3, 5, 5, 5)

    def output_shape(self, shape: Shape) -> tuple[int, ...]:
        return (shape[0], *self.answer)

    def launch_for(self, shape: Shape, *addresses: np.uint64) -> Launch:
        sizes = shape[0], int(np.prod(shape[1:])), int(np.prod(self.answer))
        return self._launch("repeat", sizes[0] * sizes[2], *addresses, *map(np.int32, sizes))


def spread(photo: Image, scale: int, channels_out: int = 3) -> Image:
    """What SpreadNetwork makes of a whole photo that is reflected at its borders."""
    photo = photo[..., -channels_out:] if channels_out == 1 else photo[..., :channels_out]
    height, width = photo.shape[:2]
    beyond = np.pad(photo, ((1, 1), (1, 1), (0, 0)), mode="reflect" if min(height, width) > 1 else "symmetric")

    def shifted(dy: int, dx: int) -> Image:
        return beyond[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]

    answer = np.empty((scale * height, scale * width, channels_out), np.uint8)
    for y in range(scale):
        for x in range(scale):
            answer[y::scale, x::scale] = shifted(1 if y else -1, 1 if x else -1)
    nine = [shifted(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    answer[::scale, ::scale] = np.max(nine, axis=0)
    return answer
