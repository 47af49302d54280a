"""Where latents come from, and the ways between them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generation.latents import LATENT_LENGTH, MOST, between, draw, mixed, steered

SEEDS = st.integers(0, MOST)
SHARES = st.floats(0, 1)


@settings(max_examples=30)
@given(SEEDS, st.integers(0, 2**40), st.integers(1, 9), st.data())
def test_a_picture_of_a_seed_is_the_same_however_many_are_asked_for(seed, start, count, data):
    at = data.draw(st.integers(0, count - 1))
    assert np.array_equal(draw(seed, count, start)[at], draw(seed, 1, start + at)[0])


# The values with which the authors of Random123 publish Philox 4×64-10: a counter and key of ones, or of zeros.
@pytest.mark.parametrize(
    ("counter", "key", "published"),
    [
        (0, 0, 0x16554D9ECA36314C),
        (2**256 - 1, 2**128 - 1, 0x87B092C3013FE90B),
    ],
)
def test_the_reference_that_the_next_test_trusts_is_philox(counter, key, published):
    assert philox(counter, key)[0] == published


def test_the_bits_are_those_of_philox_counted_from_the_pictures_number():
    expected = [philox((1234 << 64) + block, 99)[word] for block in range(1, 4) for word in range(4)]
    shares = np.array([((bits >> 12) + 0.5) / 2**52 for bits in expected])
    order = draw(99, 1, 1234)[0, :12].argsort()
    assert np.array_equal(order, shares.argsort())


@pytest.mark.parametrize(
    ("seed", "number", "written"),
    [
        (7, 0, [1.1362473, -0.53777736, -0.2016436, -0.23941411]),
        (7, 2, [0.39189556, -0.84287417, 0.3001516, -1.2302026]),
        (MOST, MOST, [-0.5027197, -0.31277424, -0.495761, 0.9015305]),
    ],
)
def test_the_latents_of_a_seed_are_those_written_down(seed, number, written):
    latent = draw(seed, 1, number)[0]
    assert latent.dtype == np.float32
    assert latent[:4] == pytest.approx(np.array(written, np.float32), abs=1e-7)


def test_many_latents_are_normal_and_no_two_alike():
    latents = draw(3, 2000).astype(np.float64)
    assert abs(latents.mean()) < 0.01
    assert latents.std() == pytest.approx(1, abs=0.01)
    assert (np.abs(latents) < 1.959964).mean() == pytest.approx(0.95, abs=0.002)
    assert np.abs(np.corrcoef(latents.T) - np.eye(LATENT_LENGTH)).max() < 0.12
    assert len(np.unique(latents[:, 0])) == 2000
    assert not np.array_equal(draw(3, 1), draw(4, 1))


def test_no_latents_can_be_asked_for():
    assert draw(1, 0).shape == (0, LATENT_LENGTH)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((-1, 1), "a seed is 0"), ((2**64, 1), "a seed is 0"), ((0, -1), "numbered"), ((0, 2, MOST), "numbered")],
)
def test_seeds_and_numbers_out_of_range_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        draw(*arguments)


@settings(max_examples=40)
@given(SEEDS, SHARES)
def test_an_arc_begins_and_ends_at_its_latents_and_keeps_the_length_between(seed, share):
    first, second = draw(seed, 2)
    assert between(first, second, 0.0) == pytest.approx(first, rel=1e-6)
    assert between(first, second, 1.0) == pytest.approx(second, rel=1e-6, abs=1e-6)
    length = (1 - share) * np.linalg.norm(first) + share * np.linalg.norm(second)
    assert np.linalg.norm(between(first, second, share)) == pytest.approx(length, rel=1e-5)


@settings(max_examples=40)
@given(SEEDS, SHARES)
def test_an_arc_is_the_same_from_both_ends(seed, share):
    first, second = draw(seed, 2)
    assert between(first, second, share) == pytest.approx(between(second, first, 1 - share), abs=1e-5)


def test_an_arc_is_walked_in_even_steps():
    first, second = draw(11, 2)
    path = between(first, second, np.linspace(0, 1, 9))
    assert path.shape == (9, LATENT_LENGTH)
    ways = path / np.linalg.norm(path, axis=1, keepdims=True)
    steps = (ways[1:] * ways[:-1]).sum(axis=1)
    assert steps == pytest.approx(np.full(8, steps[0]), abs=1e-5)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0, 0.0])
def test_latents_in_line_are_joined_straight(factor):
    latent = draw(2, 1)[0]
    expected = latent * (1 + factor) / 2
    assert between(latent, np.float32(factor) * latent, 0.5) == pytest.approx(expected, abs=1e-5)


@settings(max_examples=40)
@given(SEEDS, SEEDS, SHARES)
def test_a_mixture_takes_its_share_of_places_and_keeps_those_of_a_smaller_share(seed, places, share):
    first, second = draw(seed, 2)
    taken = mixed(first, second, share, places) == second
    assert taken.sum() == round(share * LATENT_LENGTH)
    assert np.array_equal(mixed(first, second, share, places)[~taken], first[~taken])
    assert (taken | ~(mixed(first, second, share / 2, places) == second)).all()


def test_mixtures_of_many_latents_take_the_same_places():
    first, second = draw(1, 5), draw(2, 5)
    taken = mixed(first, second, 0.4, seed=8) == second
    assert (taken == taken[0]).all()
    assert not np.array_equal(taken[0], mixed(first[0], second[0], 0.4, seed=9) == second[0])


def test_places_to_mix_do_not_follow_the_values_that_the_same_seed_draws():
    """Else the lowest values of a seed's first latent would be the ones to go."""
    first, second = draw(7, 1)[0], draw(8, 1)[0]
    gone = np.sort(first[mixed(first, second, 0.5, seed=7) == second])
    assert gone[-1] > np.median(first) > gone[0]


def test_latents_of_two_shapes_cannot_be_mixed():
    with pytest.raises(ValueError, match=r"of one shape, got \[2, 64\] and \[3, 64\]"):
        mixed(draw(1, 2), draw(1, 3), 0.5, seed=0)


def test_steering_comes_nearer_to_the_like_with_its_strength_and_reaches_it():
    latents, like = draw(1, 20), draw(2, 1)
    away = [np.linalg.norm(steered(latents, like, strength) - like, axis=1) for strength in (0, 0.3, 0.6, 1)]
    assert all((farther > nearer).all() for farther, nearer in pairwise(away))
    assert away[-1] == pytest.approx(np.zeros(20), abs=1e-5)
    assert steered(latents, like, 0.0) == pytest.approx(latents, rel=1e-6)


def test_each_draw_goes_to_the_like_that_it_is_nearest_to():
    latents, likes = draw(1, 64), draw(2, 3)
    reached = steered(latents, likes, 1.0)
    nearest = (latents @ likes.T / np.linalg.norm(likes, axis=1)).argmax(axis=1)
    assert set(nearest) == {0, 1, 2}
    assert reached == pytest.approx(likes[nearest], abs=1e-5)


def test_a_steered_draw_does_not_depend_on_the_others():
    latents, likes = draw(1, 8), draw(2, 3)
    together = steered(latents, likes, 0.4)
    assert all(np.array_equal(together[k], steered(latents[k : k + 1], likes, 0.4)[0]) for k in range(8))


def test_without_likes_nothing_is_steered():
    assert np.array_equal(steered(draw(1, 2), np.zeros((0, LATENT_LENGTH), np.float32), 0.5), draw(1, 2))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_or_strength_out_of_range_is_refused(share):
    latents = draw(1, 2)
    for ask in (
        lambda: between(latents, latents, share),
        lambda: mixed(latents, latents, share, seed=0),
        lambda: steered(latents, latents, share),
    ):
        with pytest.raises(ValueError, match="0 to 1, got"):
            ask()


def test_likes_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"likes are \[m,64\], got \[1, 63\]"):
        steered(draw(1, 2), np.zeros((1, 63), np.float32), 0.5)


def philox(counter: int, key: int) -> list[int]:
    """Philox 4×64-10 on whole numbers, as its paper writes it."""
    mask = 2**64 - 1
    x, k = [counter >> 64 * i & mask for i in range(4)], [key & mask, key >> 64]
    for _ in range(10):
        low, high = x[0] * 0xD2E7470EE14C6C93, x[2] * 0xCA5A826395121157
        x = [high >> 64 ^ x[1] ^ k[0], high & mask, low >> 64 ^ x[3] ^ k[1], low & mask]
        k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
    return x
