import numpy as np
import pytest

from benchmarks.background_scenes import ROOMS, draw_room
from engine.pixels.adapting import scene_light


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_is_the_same_every_time(name):
    rooms = [draw_room(ROOMS[name], 120, 90) for _ in range(2)]
    assert rooms[0].shape == (90, 120, 3)
    assert np.array_equal(*rooms)


def test_rooms_differ_in_the_light_that_a_product_would_take_on():
    lights = {name: scene_light(draw_room(room, 120, 90), 1.0) for name, room in ROOMS.items()}
    assert lights["dusk"].stops < lights["lamplight"].stops < lights["morning"].stops
    warmth = {name: light.gains[0] / light.gains[2] for name, light in lights.items()}
    assert warmth["lamplight"] > warmth["morning"] > 1 > warmth["dusk"]
