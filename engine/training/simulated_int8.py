"""Convolutions that compute as their INT8 variants will, and learn all the same.

Weights, inputs and outputs are rounded as `engine/training/quantise.py` has them rounded: weights per channel to 7
bits, activations per tensor to 8. Gradients pass the rounding unchanged where nothing was clipped (Jacob et al. 2018,
"Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference").
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.training.int8 import Ends

WEIGHT_STEPS = 64  # to either side of zero
ACTIVATION_STEPS = 255
SAMPLED = 17  # one activation in so many tells the range of all; it shares no divisor with the maps' sides
BORDER = 3  # activations at a map's border that tell nothing: there the network sees the patch's zero padding


class Int8Conv(nn.Conv2d):
    """A convolution between rounded tensors. It has the parameters of the plain one, and the ranges as buffers."""

    def __init__(self, plain: nn.Conv2d) -> None:
        super().__init__(
            plain.in_channels,
            plain.out_channels,
            plain.kernel_size,
            plain.stride,
            plain.padding,  # type: ignore[arg-type]
        )
        self.load_state_dict(plain.state_dict())
        for end in ("input", "output"):
            self.register_buffer(f"{end}_scale", torch.ones(()))
            self.register_buffer(f"{end}_zero", torch.zeros((), dtype=torch.int32))

    def set_range(self, end: str, low: float, high: float) -> None:
        """Let 8 bits reach from ``low`` to ``high``, and hold zero exactly; ``end`` is "input" or "output"."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max(high - low, 1e-6) / ACTIVATION_STEPS
        self.get_buffer(f"{end}_scale").fill_(scale)
        self.get_buffer(f"{end}_zero").fill_(round(-low / scale))

    def ranges(self) -> Ends:
        """Return what `set_range` made of both ranges."""
        given, answered = (
            (float(self.get_buffer(f"{end}_scale")), int(self.get_buffer(f"{end}_zero"))) for end in ("input", "output")
        )
        return given, answered

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] as `nn.Conv2d` does."""
        scales = self.weight.detach().abs().amax(dim=(1, 2, 3)).clamp(min=1e-9) / WEIGHT_STEPS
        zeros = torch.zeros_like(scales, dtype=torch.int32)
        weight = torch.fake_quantize_per_channel_affine(self.weight, scales, zeros, 0, -WEIGHT_STEPS, WEIGHT_STEPS)
        return self._rounded("output", self._conv_forward(self._rounded("input", x), weight, self.bias))

    def _rounded(self, end: str, x: Tensor) -> Tensor:
        scale, zero = self.get_buffer(f"{end}_scale"), self.get_buffer(f"{end}_zero")
        return torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, ACTIVATION_STEPS)


def simulate(network: nn.Module) -> None:
    """Put an `Int8Conv` in the place of every convolution of ``network``, its parameters by the same names."""
    for name, child in list(network.named_children()):
        if isinstance(child, nn.Conv2d):
            setattr(network, name, Int8Conv(child))
        else:
            simulate(child)


def parameters_alone(network: nn.Module) -> dict[str, Tensor]:
    """Return the state of ``network`` without the ranges: what its plain twin is given."""
    return {name: value.detach() for name, value in network.named_parameters()}


def ranges_of(network: nn.Module) -> dict[str, Ends]:
    """Return the ranges of every `Int8Conv` by its name in ``network``."""
    return {name: module.ranges() for name, module in network.named_modules() if isinstance(module, Int8Conv)}


@torch.no_grad()
def set_ranges(simulated: nn.Module, plain: nn.Module, batches: Iterable[Tensor], kept_percent: float) -> None:
    """Give each `Int8Conv` the ranges of what its twin in ``plain`` sees and answers, ``kept_percent`` to either side.

    A block's first convolution (``first``) is followed by a ReLU: what is under zero there needs no range.
    """
    seen: dict[tuple[str, str], list[NDArray[np.float32]]] = {}
    hooks = [
        plain.get_submodule(name).register_forward_hook(partial(_keep, seen, name))
        for name, module in simulated.named_modules()
        if isinstance(module, Int8Conv)
    ]
    try:
        for batch in batches:
            plain(batch)
    finally:
        for hook in hooks:
            hook.remove()
    for (name, end), parts in seen.items():
        low, high = np.quantile(np.concatenate(parts), (1 - kept_percent / 100, kept_percent / 100))
        rectified = end == "output" and name.endswith(".first")
        conv: Int8Conv = simulated.get_submodule(name)  # type: ignore[assignment]
        conv.set_range(end, 0.0 if rectified else float(low), float(high))


def _keep(
    seen: dict[tuple[str, str], list[NDArray[np.float32]]],
    name: str,
    _: nn.Module,
    given: tuple[Tensor],
    answer: Tensor,
) -> None:
    for end, tensor in (("input", given[0]), ("output", answer)):
        seen.setdefault((name, end), []).append(
            tensor[..., BORDER:-BORDER, BORDER:-BORDER].flatten()[::SAMPLED].numpy().copy()
        )
