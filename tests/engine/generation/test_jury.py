"""What the networks say of candidates, and of a photo that is like nothing they know."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.candidates import CRITIC, REALISM, Casting, Effort, choose
from engine.generation.condition import condition_vector, generator_vectors
from engine.generation.jury import CATEGORY, COLOR, Jury, Seen, studio_standards
from engine.generation.latents import draw
from engine.generation.strangeness import QUANTILES, anomaly_quantiles, strangeness
from engine.generation.wishes import Like, Wish
from engine.images import Floats
from tests.engine.generation.catalogue import CATEGORIES, HAT, PLAIN_DRESS, SHOE, STRIPED_DRESS, facts
from tests.engine.generation.painter import Painter, painting

KNOWN = facts()
CONDITIONS = np.stack([condition_vector(each, CATEGORIES) for each in (PLAIN_DRESS, STRIPED_DRESS, HAT, SHOE)])


def test_scores_are_of_the_pictures_own_condition() -> None:
    painter, jury = Painter(), Jury(KNOWN, Painter())
    vectors = generator_vectors(draw(1, 4), CONDITIONS)
    pictures = painter.make(vectors)
    scores = jury.opinions(pictures, vectors)
    judged = painter.judge(pictures)
    expected = [judged[k, 0] + float(judged[k, 1:] @ CONDITIONS[k]) for k in range(4)]
    assert scores[CRITIC] == pytest.approx(expected, abs=1e-5)
    assert scores[REALISM] == pytest.approx(KNOWN.real.realism(painter.classify(pictures)[:, :-24]))
    assert scores[CATEGORY][:2].tolist() == [1, 1]
    assert scores[CATEGORY][3] == 1
    assert scores[COLOR][[0, 2]] == pytest.approx(1, abs=0.01)
    assert scores[COLOR][1] < 0.8  # of two colours asked for, one was painted
    assert jury.seen[:2] == ["dress", "dress"]


def test_what_is_seen_as_another_category_is_poor() -> None:
    vectors = generator_vectors(draw(1, 1), CONDITIONS[:1])
    scores = Jury(KNOWN, Painter()).opinions(painting(0.4, (200, 34, 42))[None], vectors)
    assert scores[CATEGORY][0] < studio_standards(distinct=True).least[CATEGORY]
    assert scores[COLOR][0] > studio_standards(distinct=True).least[COLOR]


def test_logits_of_categories_that_nobody_has_are_not_looked_at() -> None:
    answer = np.zeros((1, 30), np.float32)
    answer[0, 6:] = [1, 3, 2, *[50] * 21]
    seen = Seen(answer, CATEGORIES)
    assert seen.categories == ["hat"]
    assert seen.probabilities.sum() == pytest.approx(1)
    assert seen.features.shape == (1, 6)


def _wish() -> Wish:
    return Wish(KNOWN, 5, PLAIN_DRESS, (Like(STRIPED_DRESS, draw(6, 1)[0]),), 0.3, steps={"brightness": 1.0})


@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_scores_do_not_depend_on_how_many_are_asked_for_at_once(at_once: int) -> None:
    def told(most: int) -> list[tuple]:
        jury = Jury(KNOWN, Painter())
        maker = Casting(_wish().vectors, Painter().make, jury.opinions)
        choice = choose(Effort(3, at_once=most), maker, studio_standards(distinct=True))
        return [
            (each.number, each.quality, dict(each.scores), each.latent.tobytes(), jury.seen[each.number])
            for each in (*choice.best, *choice.left)
        ]

    assert told(at_once) == told(6)


def _scores(pictures: list[np.ndarray], ask: Painter) -> Floats:
    conditions = np.repeat(CONDITIONS[:1], len(pictures), axis=0)
    return strangeness(ask, KNOWN, np.stack(pictures), conditions)


def test_a_product_like_none_is_stranger_than_those_of_the_catalogue() -> None:
    usual = [painting(1.5, (200, 34, 42), size) for size in (44, 48, 52)]
    speckled = np.random.default_rng(1).integers(0, 256, (128, 128, 3)).astype(np.uint8)
    known, strange = _scores(usual, Painter()), _scores([speckled], Painter())
    assert known.max() < strange[0]
    assert _scores([*usual, speckled], Painter())[3] == strange[0]


def test_held_out_scores_are_kept_as_quantiles() -> None:
    kept = anomaly_quantiles(np.random.default_rng(1).standard_normal(500))
    assert kept.shape == (QUANTILES,)
    assert (np.diff(kept) >= 0).all()
    known = facts(anomaly=kept)
    assert known.anomaly_quantile(float(kept[25])) == pytest.approx(0.25)
