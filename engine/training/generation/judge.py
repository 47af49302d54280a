"""Measures a generator while it learns, by what a classifier sees in its pictures and in real ones."""

from __future__ import annotations

import numpy as np

from engine.models.classifier import Classifier
from engine.training.data import evenly
from engine.training.generation.distances import diversity, frechet_distance
from engine.training.generation.items import Item
from engine.training.generation.pictures import categories_of, conditions_of, look, make, pictures_of, write_samples
from engine.training.run import Run

MEASURED = 600  # pictures, real and made
SAMPLES = 48
COLLAPSED = 0.5  # of the real pictures' diversity
UNTAUGHT = 0.1  # of a schedule: so long all pictures of a new generator are alike
DIVERGED = 5.0  # times the best distance


class Judge:
    """Keeps what the teacher sees in real pictures, and asks for a picture of each of their conditions."""

    def __init__(self, teacher: Classifier, items: list[Item]) -> None:
        measured = evenly(items, MEASURED)
        self.teacher = teacher
        self.conditions = conditions_of(measured)
        self.real = look(teacher, pictures_of(measured)).features
        self.categories = categories_of(measured)
        self.diversity = diversity(self.real, self.categories)

    def validate(self, run: Run) -> None:
        """Record the Fréchet distance of the averaged generator's pictures, negated, their diversity, and a sheet.

        A diversity under `COLLAPSED` of the real pictures', once a tenth of the schedule is over, gives the alarm.
        Raises DivergedError for a distance that is not finite or `DIVERGED` times the best one.
        """
        made = make(run.average.generator, self.conditions, seed=0)
        features = look(self.teacher, made).features
        if not np.isfinite(features).all():
            run.stop("the generator makes pictures that are not finite")
        write_samples(run, [evenly(list(made), SAMPLES)])
        distance, best = frechet_distance(self.real, features), -run.best
        if distance > DIVERGED * best:
            run.stop(f"the Fréchet distance is {distance:.3g}, {distance / best:.1f} times the best one")
        share = diversity(features, self.categories) / self.diversity
        run.record("val_minus_frechet", -distance, diversity=share)
        if share < COLLAPSED and run.step >= run.schedule.steps * UNTAUGHT:
            run.alarm(f"mode collapse: {collapse_told(share)}")


def collapse_told(share: float) -> str:
    """Return what was measured of a generator that repeats itself, and what to do."""
    return (
        f"made pictures of one category differ {share:.2f} times as much as real ones (alarm under {COLLAPSED:g}); "
        "look at the newest samples: if they stay alike, begin again with another --seed, or with more photos, "
        "in another --out"
    )
