"""A narrower network from a trained one, as a start: what its channels carry most of is kept, the rest left out.

An upscaler's residual stream is only ever added to and read linearly, so it may be turned into any basis without
changing the network. It is turned into its principal components, measured on photos, and the weakest are dropped.
Inside a block, after the rectifier, channels cannot be mixed: there the ones that contribute least are dropped, their
mean contribution kept as bias. The last layer is taken over if it makes as many channels as the new network's.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.models.blocks import ResidualBlock
from engine.models.upscaler import Upscaler
from engine.training.run import Weights


def slim(weights: Weights, network: Upscaler, seen: Tensor) -> Weights:
    """Return ``weights`` of an upscaler of as many blocks, fitted to the width and factor of ``network``.

    ``seen``: pictures [N,3,H,W] in 0..1 to measure on. Raises ValueError when the number of blocks differs.
    """
    wide = _upscaler_of(weights)
    if len(wide.body) != len(network.body):
        raise ValueError(f"a network of {len(network.body)} blocks cannot start from one of {len(wide.body)}")
    channels = network.head.out_channels
    result = dict(network.state_dict())
    with torch.no_grad():
        stream, inner = _activations(wide, seen)
        basis = _principal(stream, channels)
        result["head.weight"] = _mix_out(basis, wide.head.weight)
        result["head.bias"] = basis @ _bias(wide.head)
        for number, block in enumerate(wide.body):
            assert isinstance(block, ResidualBlock)
            result |= {f"body.{number}.{k}": v for k, v in _slim_block(block, basis, inner[number], channels).items()}
        if wide.tail.out_channels == network.tail.out_channels:
            result["tail.weight"] = _mix_in(basis, wide.tail.weight)
            result["tail.bias"] = _bias(wide.tail)
    return result


def _upscaler_of(weights: Weights) -> Upscaler:
    blocks = sum(name.endswith(".first.weight") for name in weights)
    factor = round((weights["tail.weight"].shape[0] / 3) ** 0.5)
    network = Upscaler(weights["head.weight"].shape[0], blocks, factor).eval()
    network.load_state_dict(weights)
    return network


def _activations(network: Upscaler, seen: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Return the stream's samples [S,C] and, for each block, its rectified inner channels [N,C,H,W]."""
    features = network.head(seen)
    samples, inner = [features], []
    for block in network.body:
        assert isinstance(block, ResidualBlock)
        inner.append(torch.relu(block.first(features)))
        features = features + block.second(inner[-1])
        samples.append(features)
    return torch.cat(samples).permute(0, 2, 3, 1).flatten(0, 2), inner


def _principal(stream: Tensor, channels: int) -> Tensor:
    """Return the orthonormal directions [channels,C] that carry most of the samples' energy."""
    _, vectors = torch.linalg.eigh((stream.T @ stream).double())
    return vectors.flip(1)[:, :channels].T.float().contiguous()


def _slim_block(block: ResidualBlock, basis: Tensor, inner: Tensor, channels: int) -> Weights:
    first, second = _mix_in(basis, block.first.weight), _mix_out(basis, block.second.weight)
    energy = (inner**2).mean(dim=(0, 2, 3)) * (second**2).sum(dim=(0, 2, 3))
    order = energy.argsort(descending=True)
    kept, dropped = order[:channels].sort().values, order[channels:]
    missing = second[:, dropped].sum(dim=(2, 3)) @ inner.mean(dim=(0, 2, 3))[dropped]
    return {
        "first.weight": first[kept],
        "first.bias": _bias(block.first)[kept],
        "second.weight": second[:, kept],
        "second.bias": basis @ _bias(block.second) + missing,
    }


def _mix_out(basis: Tensor, kernel: Tensor) -> Tensor:
    return torch.einsum("kc,cihw->kihw", basis, kernel)


def _mix_in(basis: Tensor, kernel: Tensor) -> Tensor:
    return torch.einsum("ochw,kc->okhw", kernel, basis)


def _bias(layer: torch.nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
