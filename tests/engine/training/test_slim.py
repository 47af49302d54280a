"""A narrower network from a wider one."""

from __future__ import annotations

import pytest
import torch

from engine.models.upscaler import Upscaler
from engine.training.slim import slim

pytestmark = pytest.mark.train


def trained(channels: int = 12, factor: int = 2) -> Upscaler:
    """A network whose every layer does something."""
    torch.manual_seed(4)
    network = Upscaler(channels, blocks=2, factor=factor)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.08)
    return network.eval()


def slimmed(wide: Upscaler, narrow: Upscaler, seen: torch.Tensor) -> Upscaler:
    narrow.load_state_dict(slim(wide.state_dict(), narrow, seen))
    return narrow.eval()


def test_as_many_channels_compute_the_same() -> None:
    wide, seen = trained(), torch.rand(2, 3, 24, 24)
    same = slimmed(wide, Upscaler(12, blocks=2), seen)
    with torch.no_grad():
        assert torch.allclose(same(seen), wide(seen), atol=1e-5)


def test_fewer_channels_come_nearer_than_an_untrained_network() -> None:
    wide, seen = trained(), torch.rand(2, 3, 24, 24)
    narrow = slimmed(wide, Upscaler(10, blocks=2), seen)
    with torch.no_grad():
        truth, untrained = wide(seen), Upscaler(10, blocks=2)(seen)
        assert (narrow(seen) - truth).abs().mean() < (untrained - truth).abs().mean() / 2


def test_channels_that_carry_nothing_are_the_ones_left_out() -> None:
    wide, seen = trained(), torch.rand(2, 3, 24, 24)
    with torch.no_grad():
        for layer in (wide.head, *(block.second for block in wide.body)):
            layer.weight[8:], layer.bias[8:] = 0, 0
        for block in wide.body:
            block.first.weight[8:], block.first.bias[8:] = 0, -1
        narrow = slimmed(wide, Upscaler(8, blocks=2), seen)
        assert torch.allclose(narrow(seen), wide(seen), atol=1e-5)


def test_another_factor_keeps_the_body_and_starts_at_bicubic() -> None:
    wide, seen = trained(), torch.rand(1, 3, 16, 16)
    four = slimmed(wide, Upscaler(12, blocks=2, factor=4), seen)
    with torch.no_grad():
        assert torch.equal(four(seen), four.bicubic(seen))
    assert four.body[0].first.weight.abs().sum() > 0


def test_another_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="3 blocks cannot start from one of 2"):
        slim(trained().state_dict(), Upscaler(12, blocks=3), torch.rand(1, 3, 16, 16))
