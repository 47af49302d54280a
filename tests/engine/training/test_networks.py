from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from engine.models.relighter import PARAMETERS, Relighter, apply_light, bernstein_curve, hold_white
from engine.models.restorer import Restorer
from engine.models.upscaler import Upscaler
from engine.training.cards import UNITS

pytestmark = pytest.mark.train


def _randomised(network: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


def test_an_untrained_upscaler_is_pils_bicubic() -> None:
    image = np.random.default_rng(0).integers(70, 190, (20, 30, 3)).astype(np.uint8)
    expected = np.asarray(Image.fromarray(image).resize((60, 40), Image.Resampling.BICUBIC)).astype(float)
    with torch.no_grad():
        output = Upscaler()(torch.tensor(image).permute(2, 0, 1)[None] / 255.0)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(output - expected)[6:-6, 6:-6].max() < 1.1  # PIL rounds between its two passes


def test_an_untrained_restorer_returns_its_input() -> None:
    photo = torch.rand(1, 3, 16, 24)
    with torch.no_grad():
        assert torch.equal(Restorer()(photo), photo)


@pytest.mark.parametrize(("name", "network"), [("upscale-x2", Upscaler()), ("restore", Restorer())])
def test_the_halo_covers_what_the_network_sees_and_no_more(name: str, network: torch.nn.Module) -> None:
    halo, scale = UNITS[name]["tile"]["halo_px"], UNITS[name]["tile"]["scale"]
    assert network.radius_px <= halo
    _randomised(network)
    side = 2 * halo + 8
    photo = torch.rand(1, 3, side, side, dtype=torch.float64)
    network.double()
    disturbed = photo.clone()
    disturbed[:, :, :, :2] += 0.5
    with torch.no_grad():
        change = (network(disturbed) - network(photo)).abs().amax(dim=(0, 1, 2))
    reach_px = (int(change.nonzero().max()) + 1) / scale - 2
    assert network.radius_px - 3 <= reach_px <= halo


def test_the_untrained_lut_is_the_identity() -> None:
    with torch.no_grad():
        lut = Relighter()(torch.rand(2, 3, 96, 96))[1].numpy()
    axis = np.linspace(0, 1, 33, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    assert np.abs(lut - np.stack([red, green, blue])).max() < 1e-5


def test_every_lut_is_monotone_in_its_own_channel_whatever_the_parameters() -> None:
    torch.manual_seed(1)
    network = Relighter()
    for _ in range(20):
        with torch.no_grad():
            network.parameters_out.bias.copy_(3 * torch.randn(PARAMETERS))
            lut = network(torch.rand(1, 3, 96, 96))[0]
        for channel, axis in ((0, 2), (1, 1), (2, 0)):
            assert float(torch.diff(lut[channel], dim=axis).min()) >= -1e-6
        assert 0.0 <= float(lut.min()) <= float(lut.max()) <= 1.0


def test_the_lut_samples_the_light_model_at_its_nodes() -> None:
    network = _randomised(Relighter())
    frame = torch.rand(1, 3, 96, 96)
    axis = torch.linspace(0, 1, 33)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    with torch.no_grad():
        nodes = torch.stack([red, green, blue]).reshape(1, 3, 33, -1)
        expected = apply_light(network.predict(frame), nodes).reshape(1, 3, 33, 33, 33)
        assert torch.allclose(network(frame), expected, atol=1e-6)


@pytest.mark.parametrize("kept", [0.65, 0.75, 0.9, 1.0])  # of the sRGB value; 0.65 is 1.4 stops darker
def test_white_is_held_without_stretching_the_nearly_white(kept: float) -> None:
    grey = torch.linspace(0, 1, 256).expand(1, 3, 256)
    held = hold_white(grey, kept * grey)
    slope = torch.diff(held) * 255
    assert torch.allclose(held[:, :, -1], torch.ones(1, 3))
    assert float(slope.min()) >= 0.0
    assert float(slope.max()) <= 2.5


def test_white_that_gets_no_darker_is_left_alone() -> None:
    grey = torch.linspace(0, 1, 256).expand(1, 3, 256)
    assert torch.equal(hold_white(grey, grey.sqrt()), grey.sqrt())


def test_a_bernstein_curve_keeps_black_and_white_and_equal_logits_are_the_identity() -> None:
    x = torch.linspace(0, 1, 50).expand(1, 3, 50)
    curve = bernstein_curve(torch.randn(2, 3, 6), x)
    assert torch.allclose(curve[:, :, 0], torch.zeros(2, 3))
    assert torch.allclose(curve[:, :, -1], torch.ones(2, 3))
    assert torch.allclose(bernstein_curve(torch.full((1, 3, 6), 0.7), x), x, atol=1e-6)


def test_gradients_are_finite_on_black_and_on_clipped_white() -> None:
    parameters = torch.zeros(1, PARAMETERS, requires_grad=True)
    rgb = torch.tensor([0.0, 1.0, 0.5]).expand(1, 3, 1, 3)
    apply_light(parameters, rgb).sum().backward()
    assert parameters.grad is not None
    assert bool(torch.isfinite(parameters.grad).all())
