"""A device of which there is no hardware: what lies on it mixes with the CPU's memory as little as what lies on a GPU.

Its arithmetic is the CPU's, so that a training on it must come to the CPU's results, up to rounding: torch takes a
few other ways there. To pretend it to torch changes the whole process: only a process of its own may. As a command it
trains the tiny network of `tiny_training` into ``OUT/whole`` at once and into ``OUT/parted`` with a stop amid it, then
each MODEL into ``OUT/MODEL``:
``python -m tests.engine.training.pretended_device OUT CATALOGUE TEACHER MODEL…``
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from engine.training import ranks
from engine.training.__main__ import main
from tests.engine.training import tiny_training
from tests.engine.training.tiny_generator import shrink

NAME = "pretended"
MOVES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
STOPPED_AT = 33  # of the tiny training's steps


class OnDevice(Tensor):
    """A tensor that lies on the device; what it holds lies in ``host``."""

    host: Tensor

    @staticmethod
    def __new__(cls, host: Tensor) -> OnDevice:
        layout = {"strides": host.stride(), "storage_offset": host.storage_offset(), "dtype": host.dtype}
        made = Tensor._make_wrapper_subclass(cls, host.shape, device=torch.device(NAME, 0), **layout)  # type: ignore[attr-defined]
        made.host = host
        return cast(OnDevice, made)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, operator: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _compute(operator, args, kwargs or {})

    def new_tensor(self, data: Any) -> OnDevice:  # type: ignore[override]  # torch 2.13 fails in it for such devices
        return OnDevice(self.host.new_tensor(data))


def _compute(operator: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Do what torch asks of the device; raises RuntimeError, as of a GPU, where not all that goes in lies on it."""
    inputs = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
    for each in inputs:
        if not isinstance(each, OnDevice) and each.ndim and operator not in MOVES:
            raise RuntimeError(f"{operator} is given tensors on the device and in the CPU's memory")
    to = kwargs.get("device")
    told = kwargs | ({"device": ranks.CPU} if to else {})
    hosts_args, hosts_kwargs = tree_map_only(OnDevice, lambda each: each.host, (args, told))
    answer = operator(*hosts_args, **hosts_kwargs)
    if operator is torch.ops.aten.copy_.default:
        return args[0]
    if to and torch.device(to) == ranks.CPU:
        return answer
    before = {id(each.host): each for each in inputs if isinstance(each, OnDevice)}  # what was changed in place
    return tree_map_only(Tensor, lambda host: before[id(host)] if id(host) in before else OnDevice(host), answer)


@contextmanager
def pretended() -> Iterator[torch.device]:
    """Make torch believe in the device until the block's end; it keeps the name."""
    _setup_privateuseone_for_python_backend(NAME)
    computing = torch.library.Library("_", "IMPL")
    computing.fallback(lambda operator, *args, **kwargs: _compute(operator, args, kwargs), "PrivateUse1")
    yield torch.device(NAME, 0)


class StoppedError(Exception):
    """Stands for a machine that goes down."""


def _stop_amid(step: int) -> None:
    if step == STOPPED_AT:
        raise StoppedError


def _train_tiny(out: Path, device: torch.device) -> None:
    tiny_training.go_on(tiny_training.begin(out / "whole", device))
    with suppress(StoppedError):
        tiny_training.go_on(tiny_training.begin(out / "parted", device), _stop_amid)
    resumed = tiny_training.begin(out / "parted", device)
    resumed.resume()
    tiny_training.go_on(resumed)


def _train_all(out: Path, catalogue: str, teacher: str, *models: str) -> None:
    with pretended() as device, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranks, "device", lambda: device)
        patch.setattr(ranks, "hardware", str)
        shrink(patch)
        _train_tiny(out, device)
        for model in models:
            assert main(["train", model, *words(out / model, catalogue, teacher)]) == 0


def words(run: Path, catalogue: str, teacher: str) -> list[str]:
    """Return what follows ``train MODEL`` for a step and a validation."""
    steps = ["--threads", "1", "--steps", "1", "--validate-every", "1"]
    return ["--data", catalogue, "--teacher", teacher, "--out", str(run), *steps]


if __name__ == "__main__":
    _train_all(Path(sys.argv[1]), *sys.argv[2:])
