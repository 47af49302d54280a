"""How large photos are: the shop photos that the models were tested on, and what phones send."""

import math
from collections.abc import Callable
from random import Random

Size = tuple[int, int]
"""Height and width in pixels."""
SizeOf = Callable[[Random], Size]

_SHOP_COUNTS: dict[Size, int] = {
    (533, 400): 1844,
    (534, 400): 684,
    (400, 533): 252,
    (711, 400): 162,
    (400, 534): 126,
    (400, 400): 70,
    (400, 711): 48,
    (532, 400): 30,
    (712, 400): 21,
}
"""The sizes that occur most among the 3,781 photos of the clothing data set; the other 544 are 400 px wide."""
_SHOP_OTHERS = 544
_PHONE_ASPECTS = (1.0, 4 / 3, 3 / 4, 3 / 2, 2 / 3)


def shop_photo(random: Random) -> Size:
    """A size as often as it occurs among the test photos."""
    pick = random.randrange(sum(_SHOP_COUNTS.values()) + _SHOP_OTHERS)
    for size, count in _SHOP_COUNTS.items():
        if pick < count:
            return size
        pick -= count
    return random.randint(400, 720), 400


def phone_photo(random: Random) -> Size:
    """0.3 to 24 megapixels, log-uniform; one time in six of any aspect between 1:2 and 2:1 (a crop)."""
    area_px = math.exp(random.uniform(math.log(0.3e6), math.log(24e6)))
    aspect = random.choice((*_PHONE_ASPECTS, random.uniform(0.5, 2.0)))
    width = round(math.sqrt(area_px * aspect))
    return round(area_px / width), width


def mixed(phone_share: float) -> SizeOf:
    """A phone photo with probability `phone_share`, else a shop photo."""
    return lambda random: phone_photo(random) if random.random() < phone_share else shop_photo(random)
