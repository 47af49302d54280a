from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from engine.models.colour_statistics import CHROMA_BINS, LEVEL_BINS, histograms
from engine.models.light import (
    PARAMETERS,
    apply_light,
    bernstein_curve,
    brighten,
    decode_srgb,
    encode_srgb,
    hold_white,
    spline_weights,
)
from engine.models.relighter import FALL_STOPS, LIFT_STOPS, MAP_SIDE, TINGE_STOPS, Relighter
from engine.models.restorer import Restorer
from engine.models.upscaler import Upscaler
from engine.pixels.light import LIGHT_LENGTH, read_light, relight
from engine.pixels.local_light import spline_weights as engine_spline_weights
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
    photo = torch.rand(1, 4, 16, 24)
    with torch.no_grad():
        assert torch.equal(Restorer()(photo), photo[:, :3])


@pytest.mark.parametrize(("name", "network"), [("upscale-x2", Upscaler()), ("restore", Restorer())])
def test_the_halo_covers_what_the_network_sees_and_no_more(name: str, network: torch.nn.Module) -> None:
    halo, scale = UNITS[name]["tile"]["halo_px"], UNITS[name]["tile"]["scale"]
    assert network.radius_px <= halo
    _randomised(network)
    side = 2 * halo + 8
    photo = torch.rand(1, UNITS[name]["tile"].get("channels_in", 3), side, side, dtype=torch.float64)
    network.double()
    reaches = []
    for column in range(4):  # every phase of the coarsest level
        disturbed = photo.clone()
        disturbed[:, :, :, column] += 0.5
        with torch.no_grad():
            change = (network(disturbed) - network(photo)).abs().amax(dim=(0, 1, 2))
        reaches.append((int(change.nonzero().max()) + 1) / scale - (column + 1))
    assert network.radius_px - 3 <= max(reaches) <= halo


def _random_light(relighter: Relighter, spread: float = 3.0) -> None:
    """Whatever the frame shows, parameters and stops as far out as ``spread``."""
    with torch.no_grad():
        relighter.light.bias.copy_(spread * torch.randn(PARAMETERS))
        relighter.map_out[-1].weight.normal_(std=spread)


def test_an_untrained_relighter_changes_nothing() -> None:
    with torch.no_grad():
        answer = Relighter()(torch.rand(2, 3, 96, 96))
    assert answer.shape == (2, LIGHT_LENGTH)
    assert float(answer.abs().max()) < 1e-5


def test_every_lut_is_monotone_in_its_own_channel_whatever_the_parameters() -> None:
    torch.manual_seed(1)
    network = Relighter()
    for _ in range(8):
        _random_light(network)
        with torch.no_grad():
            lut = read_light(network(torch.rand(1, 3, 96, 96))[0].numpy()).lut
        for channel, axis in ((0, 2), (1, 1), (2, 0)):
            assert float(np.diff(lut[channel], axis=axis).min()) >= -1e-6


def test_the_map_stays_within_its_bounds_whatever_the_parameters() -> None:
    torch.manual_seed(1)
    network = Relighter()
    _random_light(network, spread=30.0)
    with torch.no_grad():
        stops = read_light(network(torch.rand(1, 3, 96, 96))[0].numpy()).stops
    tinge = TINGE_STOPS * (1 / 2 + 1 / 3)
    assert stops.max() - stops.min() > 0.5
    assert -FALL_STOPS - tinge <= stops.min() <= stops.max() <= LIFT_STOPS + tinge


def test_the_answer_applied_at_full_size_is_the_light_it_was_trained_with() -> None:
    torch.manual_seed(2)
    network, frame = Relighter(), torch.tensor(np.random.default_rng(0).integers(0, 256, (1, 3, 96, 96))) / 255.0
    _random_light(network, spread=0.5)
    weights = spline_weights(MAP_SIDE, 96)
    with torch.no_grad():
        parameters, stops = network.predict(frame)
        relit = encode_srgb(brighten(decode_srgb(apply_light(parameters, frame)), weights @ stops @ weights.T))
        answer = network(frame)[0].numpy()
    codes = (frame[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    expected = relit[0].permute(1, 2, 0).numpy() * 255
    difference = np.abs(relight(codes, answer) - expected)
    assert difference.mean() < 1.0  # what lies between the LUT's nodes, and two roundings
    assert np.quantile(difference, 0.99) < 4.0


def test_the_lut_samples_the_light_model_at_its_nodes() -> None:
    network = Relighter().eval()
    _random_light(network)
    frame = torch.rand(1, 3, 96, 96)
    axis = torch.linspace(0, 1, 33)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    with torch.no_grad():
        nodes = torch.stack([red, green, blue]).reshape(1, 3, 33, -1)
        expected = apply_light(network.predict(frame)[0], nodes).reshape(3, 33, 33, 33).numpy()
        assert np.allclose(read_light(network(frame)[0].numpy()).lut, expected, atol=1e-6)


def test_the_network_weighs_a_spline_as_the_engine_does() -> None:
    assert np.allclose(spline_weights(MAP_SIDE, 96).numpy(), engine_spline_weights(MAP_SIDE, 96), atol=1e-6)


def test_histograms_see_a_cast_as_a_shift_and_sum_to_one() -> None:
    frame = 0.2 + 0.6 * torch.rand(1, 3, 96, 96)
    grey = frame.mean(dim=1, keepdim=True).expand(1, 3, 96, 96)
    warm = grey * torch.tensor([1.0, 0.8, 0.5]).reshape(1, 3, 1, 1)
    seen = [histograms(picture, decode_srgb(picture)) ** 2 for picture in (grey, warm)]
    levels, chroma = seen[0][0, : 3 * LEVEL_BINS].reshape(3, -1), [one[0, 3 * LEVEL_BINS :] for one in seen]
    assert torch.allclose(levels.sum(dim=1), torch.ones(3), atol=1e-2)
    places = [divmod(int(one.argmax()), CHROMA_BINS) for one in chroma]
    assert places[1][0] > places[0][0]  # more red against green
    assert places[1][1] < places[0][1]  # less blue against green


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


def test_local_gains_keep_white_and_are_undone_by_their_opposite() -> None:
    linear, stops = torch.linspace(0, 1, 50), torch.tensor(1.3)
    assert float(brighten(torch.ones(1), stops)) == pytest.approx(1.0)
    assert torch.allclose(brighten(brighten(linear, stops), -stops), linear, atol=1e-4)
    assert float(brighten(torch.tensor(0.05), torch.tensor(1.0))) == pytest.approx(0.1, rel=1e-3)
