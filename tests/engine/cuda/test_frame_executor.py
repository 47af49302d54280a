"""Frames against what the CPU answers for the same photos."""

from typing import Any

import numpy as np
import pytest

from engine.batching.cutting import Box
from engine.batching.units import Layout, Placed, Unit
from engine.cuda.frame_executor import FrameExecutor
from engine.cuda.gpu import Gpu
from engine.errors import WeightsError
from engine.kernels.pack_frames import pack_frames
from engine.unit_shapes import FrameShape
from tests.engine.cuda.networks import RepeatNetwork
from tests.engine.cuda.works import SIZES, Load, Photos, finish, run_all

FRAME = FrameShape(8, 8, "lut3d", (3, 5, 5, 5))


MATTE = FrameShape(8, 8, "matte", (1, 8, 8), channels_in=4)
IMAGE = FrameShape(8, 8, "image", (3, 8, 8), channels_in=4)
LIGHT = FrameShape(8, 8, "light", (7,))


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [FRAME, MATTE, IMAGE, LIGHT], ids=lambda shape: shape.output)
def test_frames_answer_as_the_cpu_does(
    gpu: Gpu, network_module: Load, photo_of: Photos, dtype: Any, channels_last: bool, shape: FrameShape
) -> None:
    network = RepeatNetwork(gpu, network_module(gpu), np.dtype(dtype), channels_last, answer=shape.output_shape)
    executor = FrameExecutor(gpu, network, shape, (1, 2, 4))
    photos = [photo_of(height, width, height, shape.channels_in) for height, width in SIZES]
    works = [Unit(photo, np.zeros(shape.output_shape, np.float32), Box(0, 0, *photo.shape[:2])) for photo in photos]
    layouts = []
    for start, count in ((0, 4), (4, 2), (6, 1), (0, 3)):
        placed = tuple(Placed(work, slot, 0) for slot, work in enumerate(works[start : start + count]))
        layouts.append(Layout(None, 4 if count == 3 else count, placed))
    run_all(gpu, executor, layouts)
    finish(gpu, works)
    for work in works:
        frame = np.empty((1, shape.channels_in, 8, 8), np.float32)
        pack_frames([work.source], frame)
        values = (frame.transpose(0, 2, 3, 1) if channels_last else frame).reshape(-1)
        repeated = np.resize(values, work.target.size)
        expected = repeated.reshape(work.target.shape)
        if channels_last and work.target.ndim == 3:
            channels, *sides = work.target.shape
            expected = repeated.reshape(*sides, channels).transpose(2, 0, 1)
        np.testing.assert_allclose(work.target, expected, atol=2**-11 if dtype == np.float16 else 1e-6)


def test_frames_that_are_not_finite_are_named(gpu: Gpu, network_module: Load, photo_of: Photos) -> None:
    executor = FrameExecutor(gpu, RepeatNetwork(gpu, network_module(gpu)), FRAME, (1,))
    work = Unit(photo_of(9, 9), np.zeros(FRAME.output_shape, np.float32), Box(0, 0, 9, 9))
    running = executor.start(Layout(None, 1, (Placed(work, 0, 0),)))
    broken = np.full(running.tables.host.array.size // 4, np.nan, np.float32).view(np.uint8)
    gpu.cuda.synchronize(gpu.compute.handle)
    running.tables.host.array[: broken.size] = broken
    with pytest.raises(ValueError, match="not finite, for y 0, x 0 of a photo of 9 × 9 px"):
        running.wait()
    finish(gpu, [work])


def test_a_frame_network_that_answers_in_another_shape_is_refused(gpu: Gpu, network_module: Load) -> None:
    with pytest.raises(WeightsError, match="promises answers of shape"):
        FrameExecutor(gpu, RepeatNetwork(gpu, network_module(gpu), answer=(3, 4, 4, 4)), FRAME, (1,))
