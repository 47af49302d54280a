"""The command line of training with small batches and few pictures to measure by: minutes of `generator` in seconds.

As a command it waits to be killed once the generator was validated.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from engine.training import timing
from engine.training.__main__ import main
from engine.training.arguments import LEARNED_FROM_A_CATALOGUE
from engine.training.generation import judge, serving, sheets
from engine.training.recipes import RECIPES
from engine.training.run import Run


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Make small what costs most in the trainings, the figures and the export."""
    for model in LEARNED_FROM_A_CATALOGUE:
        small = replace(RECIPES[model].schedule, batch=4)
        patch.setitem(RECIPES, model, replace(RECIPES[model], schedule=small))
    patch.setattr(judge, "MEASURED", 16)
    patch.setattr(serving, "MEASURED", 80)
    patch.setattr(sheets, "ROWS", 2)
    patch.setattr(timing, "REPEATS", 1)


def wait_after_the_generators_first_validation(patch: pytest.MonkeyPatch) -> None:
    """It goes no further, however long it takes until somebody sees it."""
    record = Run.record

    def record_and_wait(run: Run, *told: Any, **besides: Any) -> None:
        record(run, *told, **besides)
        if run.folder.name == "generator":
            time.sleep(600)

    patch.setattr(Run, "record", record_and_wait)


if __name__ == "__main__":
    shrink(pytest.MonkeyPatch())
    wait_after_the_generators_first_validation(pytest.MonkeyPatch())
    raise SystemExit(main(sys.argv[1:]))
