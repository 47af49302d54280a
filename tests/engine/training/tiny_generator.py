"""The command line of training with small batches and few pictures to measure by: minutes of `generator` in seconds.

As a command it can be killed.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from engine.training import timing
from engine.training.__main__ import main
from engine.training.arguments import LEARNED_FROM_A_CATALOGUE
from engine.training.generation import judge, serving, sheets
from engine.training.recipes import RECIPES


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Make small what costs most in the trainings, the figures and the export."""
    for model in LEARNED_FROM_A_CATALOGUE:
        small = replace(RECIPES[model].schedule, batch=4)
        patch.setitem(RECIPES, model, replace(RECIPES[model], schedule=small))
    patch.setattr(judge, "MEASURED", 16)
    patch.setattr(serving, "MEASURED", 80)
    patch.setattr(sheets, "ROWS", 2)
    patch.setattr(timing, "REPEATS", 1)


if __name__ == "__main__":
    shrink(pytest.MonkeyPatch())
    raise SystemExit(main(sys.argv[1:]))
