import numpy as np
import pytest

from engine.pixels.foreground import clear_colors, mean_surroundings, own_colors


def cleared(scene):
    alpha = np.rint(scene.alpha * 255).astype(np.uint8)
    return alpha, clear_colors(scene.image, alpha, mean_surroundings(scene.image, scene.alpha))


def laid_on(colors, alpha, ground):
    share = alpha[..., None].astype(np.float32) / 255
    return colors * share + ground * (1 - share)


@pytest.mark.parametrize("ground", [0, 255])
def test_the_old_background_does_not_survive_on_a_new_one(scene_of, ground):
    scene = scene_of()
    alpha, colors = cleared(scene)
    edge = (alpha > 12) & (alpha < 243)
    truth = laid_on(scene.colors, alpha, ground)[edge]
    before, after = (laid_on(each, alpha, ground)[edge] for each in (scene.image, colors))
    assert np.sqrt(np.mean((after - truth) ** 2)) < 0.45 * np.sqrt(np.mean((before - truth) ** 2))
    green_left = (after - truth)[:, 1].mean()  # the floor is green
    assert abs(green_left) < 0.2 * (before - truth)[:, 1].mean()


def test_opaque_pixels_keep_their_bytes(scene_of):
    scene = scene_of()
    alpha, colors = cleared(scene)
    opaque = alpha == 255
    assert opaque.sum() > 1000
    assert np.array_equal(colors[opaque], scene.image[opaque])


def test_nothing_of_the_background_is_left_under_clear_pixels(scene_of):
    scene = scene_of()
    alpha, colors = cleared(scene)
    assert (colors[:20] == 255).all()
    redder = colors[..., 0].astype(int) - colors[..., 1]
    assert (redder[alpha == 0] >= 0).all()


def test_colours_made_small_serve_at_full_size(scene_of):
    large, small = scene_of(600, 480), scene_of(150, 120)
    alpha = np.rint(large.alpha * 255).astype(np.uint8)
    colors = clear_colors(large.image, alpha, mean_surroundings(small.image, small.alpha))
    edge = (alpha > 12) & (alpha < 243)
    before, after = (laid_on(each, alpha, 255)[edge] for each in (large.image, colors))
    truth = laid_on(large.colors, alpha, 255)[edge]
    assert np.abs(after - truth).mean() < 0.6 * np.abs(before - truth).mean()


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_a_picture_of_one_pixel_is_answered(alpha):
    image, codes = np.full((1, 1, 3), 9, np.uint8), np.full((1, 1), alpha, np.uint8)
    around = mean_surroundings(image, np.full((1, 1), alpha / 255, np.float32))
    assert clear_colors(image, codes, around).shape == (1, 1, 3)


@pytest.mark.parametrize("size", [(300, 240), (900, 1300)])
def test_a_matte_alone_tells_as_much_as_a_cutout_does(scene_of, size):
    scene = scene_of(*size)
    alpha, colors = cleared(scene)
    own = own_colors(scene.image, alpha)
    edge = (alpha > 12) & (alpha < 243)
    truth = laid_on(scene.colors, alpha, 0)[edge]
    errors = [np.sqrt(np.mean((laid_on(each, alpha, 0)[edge] - truth) ** 2)) for each in (colors, own)]
    assert errors[1] < 1.25 * errors[0]
    assert np.array_equal(own[alpha == 255], scene.image[alpha == 255])


def test_without_a_product_no_colour_is_left():
    image = np.full((20, 30, 3), 77, np.uint8)
    assert (own_colors(image, np.zeros((20, 30), np.uint8)) == 255).all()
