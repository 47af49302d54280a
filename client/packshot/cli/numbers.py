"""Numbers as options. Their help shows no range as click writes it, `[1<=x<=64]`: the option's own text says it."""

import math
from typing import Any

import click


class Number(click.types.FloatParamType):
    """A finite number from `low` to `high`, with both; `whole` takes integers alone."""

    name = "number"

    def __init__(self, low: float = -math.inf, high: float = math.inf, *, whole: bool = False) -> None:
        self._low, self._high, self._whole = low, high, whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, an int if it is to be whole. Raises click.BadParameter for any other."""
        number: float = (click.INT if self._whole else click.FLOAT).convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        if not self._low <= number <= self._high:
            allowed = f"{self._low:,} and more" if self._high == math.inf else f"{self._low:,} to {self._high:,}"
            self.fail(f"{number} is not in the range: {allowed}", param, ctx)
        return number


NUMBER = Number()
IN_FLIGHT = Number(1, 64, whole=True)
MOST_AT_ONCE = 10_000  # pictures of a command; beyond it a slip of the finger is likelier than a wish
MOST_OF_A_DATA_SET = 100_000
