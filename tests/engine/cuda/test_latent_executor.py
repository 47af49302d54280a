"""Latents against what the CPU makes of the same vectors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.batching.cutting import Box
from engine.batching.units import Layout, Placed, Unit
from engine.cuda.gpu import Gpu
from engine.cuda.latent_executor import LatentExecutor
from engine.errors import WeightsError
from engine.images import Image
from engine.kernels.unpack_tiles import Core, unpack_tiles
from engine.unit_shapes import LatentShape
from tests.engine.cuda.networks import RepeatNetwork
from tests.engine.cuda.works import Load, finish, run_all

LATENT = LatentShape(length=37, output_shape=(3, 6, 10))
Vectors = Callable[..., Any]


def work_of(vectors: Any) -> Unit:
    """A submission: its first unit, and where the pictures of all of them go."""
    return Unit(vectors, np.zeros((len(vectors) * 6, 10, 3), np.uint8), Box(0, 0, 6, 10))


def layouts_of(works: list[Unit], size: int) -> list[Layout]:
    """All vectors, in batches of `size` slots, the last of which may not be full."""
    units = [
        Unit(work.source, work.target, Box(6 * row, 0, 6, 10)) for work in works for row in range(len(work.source))
    ]
    batches = [units[start : start + size] for start in range(0, len(units), size)]
    return [Layout(None, size, tuple(Placed(unit, slot, 0) for slot, unit in enumerate(batch))) for batch in batches]


def expected(vectors: Any, dtype: Any, channels_last: bool) -> Image:
    """What RepeatNetwork answers, as the CPU unpacks it."""
    values = np.stack([np.resize(vector.astype(dtype).astype(np.float32), 180) for vector in vectors])
    if channels_last:
        answer = values.reshape(-1, 6, 10, 3).transpose(0, 3, 1, 2)
    else:
        answer = values.reshape(-1, *LATENT.output_shape)
    picture = np.zeros((len(vectors) * 6, 10, 3), np.uint8)
    unpack_tiles(answer, [Core(picture, 6 * row, 0, 6, 10) for row in range(len(vectors))], 0)
    return picture


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_latents_answer_as_the_cpu_does(
    gpu: Gpu, network_module: Load, vectors_of: Vectors, dtype: Any, channels_last: bool
) -> None:
    network = RepeatNetwork(gpu, network_module(gpu), np.dtype(dtype), channels_last, answer=LATENT.output_shape)
    executor = LatentExecutor(gpu, network, LATENT, (1, 2, 4))
    assert (executor.batch_sizes, network.captured) == ((4,), [(4, 37)])
    works = [work_of(vectors_of(count, 37, count)) for count in (1, 5, 3, 2)]
    run_all(gpu, executor, layouts_of(works, 4))
    finish(gpu, works)
    for work in works:
        np.testing.assert_array_equal(work.target, expected(work.source, dtype, channels_last))


def test_what_an_earlier_batch_left_in_empty_slots_is_gone(gpu: Gpu, network_module: Load, vectors_of: Vectors) -> None:
    executor = LatentExecutor(gpu, RepeatNetwork(gpu, network_module(gpu), answer=LATENT.output_shape), LATENT, (4,))
    works = [work_of(vectors_of(4, 37)), work_of(vectors_of(1, 37))]
    for work in works:
        run_all(gpu, executor, layouts_of([work], 4))
    home = gpu.cuda.pinned(4 * 37 * 4)
    gpu.cuda.download(home.array, executor._network.input.address, gpu.compute)
    gpu.cuda.synchronize(gpu.compute.handle)
    left = home.array.view(np.float32).reshape(4, 37)
    np.testing.assert_array_equal(left[0], works[1].source[0])
    assert not left[1:].any()
    finish(gpu, works)


def test_a_picture_that_is_not_finite_is_named_by_its_vector(
    gpu: Gpu, network_module: Load, vectors_of: Vectors
) -> None:
    executor = LatentExecutor(gpu, RepeatNetwork(gpu, network_module(gpu), answer=LATENT.output_shape), LATENT, (4,))
    work = work_of(vectors_of(3, 37))
    work.source[1, 5] = np.nan
    with pytest.raises(ValueError, match=r"not finite, for vector 1 of 3$"):
        run_all(gpu, executor, layouts_of([work], 4))
    finish(gpu, [work])
    kept = [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17]
    finite = np.nan_to_num(work.source)
    np.testing.assert_array_equal(work.target[kept], expected(finite, np.float32, False)[kept])


def test_a_latent_network_that_answers_in_another_shape_is_refused(gpu: Gpu, network_module: Load) -> None:
    with pytest.raises(WeightsError, match=r"promises answers of shape \(3, 6, 10\); received \(4, 3, 4, 4\)"):
        LatentExecutor(gpu, RepeatNetwork(gpu, network_module(gpu), answer=(3, 4, 4)), LATENT, (4,))
