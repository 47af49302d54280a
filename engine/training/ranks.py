"""Several processes that train one network together, each on its share of every batch, by torch's own distribution.

``torchrun --nproc-per-node N -m engine.training train …`` starts them. Where the machine has a GPU for each, what can
be trained there is; gradients then go by NCCL, all else by gloo. Each has the whole network and its own random stream;
after every backward pass their gradients are averaged, so that all take the same step. The first one alone validates,
writes and prints. Alone, all but the choice of the device does nothing.

Gradients are averaged by hand, not by DistributedDataParallel: its wrapper wants one forward call of the whole module
before each backward pass and does not go with ``torch.autograd.grad``. Here two networks learn in turns, one frozen
meanwhile, parts of them are called one by one, and penalties differentiate a gradient.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from engine.training.errors import RankLostError

CPU = torch.device("cpu")
LONGEST_WAIT = timedelta(days=7)  # for the first rank, while it validates or cleans a catalogue

Thing = TypeVar("Thing")


@contextmanager
def joined() -> Iterator[None]:
    """Take part in what torchrun has started, until the block's end; alone, or within such a block, do nothing.

    A process does so once: a second group could find the first one's addresses in torchrun's store, and wait for good.
    All leave together, and what the group holds goes at once: of seventeen runs that had learned all, torch 2.13
    aborted three ("terminate called without an active exception"), its threads being there when Python ended.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    place = device()
    if place != CPU:
        torch.cuda.set_device(place)  # NCCL keeps what it needs there
    dist.init_process_group("gloo" if place == CPU else "cpu:gloo,cuda:nccl", timeout=LONGEST_WAIT)
    try:
        yield
        _together(dist.barrier)
    finally:
        dist.destroy_process_group()
        gc.collect()


def device() -> torch.device:
    """Return where this process's networks can compute: a GPU of its own if each process here has one, else the CPU."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if not torch.cuda.is_available() or torch.cuda.device_count() < here:
        return CPU
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def hardware(of: torch.device) -> str:
    """Return what to call that on which all ranks train, such as ``2 CPU cores`` or ``4 × NVIDIA H200``."""
    if of == CPU:
        return f"{os.cpu_count()} CPU cores"
    name = torch.cuda.get_device_name(of)
    return name if count() == 1 else f"{count()} × {name}"


def count() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def index() -> int:
    """Return this process's place among them, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Return whether this is the process that validates, writes and prints."""
    return index() == 0


def average(tensors: Iterable[Tensor]) -> None:
    """Put the mean over all ranks in the place of each tensor, with one message for all; collective."""
    if count() == 1:
        return
    tensors = list(tensors)
    flat = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
    _together(lambda: dist.all_reduce(flat))
    flat /= count()
    for tensor, mean in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.detach().copy_(mean.view(tensor.shape))


def agree(thing: Thing) -> Thing:
    """Return what the first rank has, numbers and texts, to every one; collective."""
    if count() == 1:
        return thing
    held = [thing]
    _together(lambda: dist.broadcast_object_list(held, src=0))
    return held[0]


def copy_first(tensors: Iterable[Tensor]) -> None:
    """Put what the first rank has into every one's tensors; collective."""
    if count() == 1:
        return
    for tensor in tensors:
        held = tensor.detach().contiguous()
        _together(lambda held=held: dist.broadcast(held, src=0))  # type: ignore[misc]
        tensor.detach().copy_(held)


def seed_step(seed: int, step: int, of: torch.device) -> None:
    """Seed what networks draw themselves, such as dropout, by a rank's seed and the step: resumed, it is drawn again.

    Alone and on the CPU, torch's one stream goes on, whose state checkpoints keep.
    """
    if count() > 1 or of != CPU:
        torch.manual_seed(seed + step)


def _together(act: Callable[[], object]) -> None:
    """Do what all ranks do at once. Raises RankLostError where one of them has ended."""
    try:
        act()
    except RuntimeError as error:
        raise RankLostError(f"rank {index()} stops: another rank has ended, which says why") from error
