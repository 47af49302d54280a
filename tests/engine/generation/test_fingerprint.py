"""When two pictures show the same. That compressed and recoloured ones are told apart is tested with the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.fingerprint import Fingerprint
from tests.engine.generation.discs import bars, disc


def test_the_most_alike_comes_first_and_others_are_left_out() -> None:
    known = [Fingerprint.of(picture) for picture in (bars(3), disc(41), disc(40), disc(40, (20, 20, 90)))]
    alike = Fingerprint.of(disc(40)).likenesses(known)
    assert [place for place, _ in alike] == [2, 1]
    assert alike[0][1] == 0
    assert alike[1][1] > 0


def test_among_none_nothing_is_alike() -> None:
    assert Fingerprint.of(disc(40)).likenesses([]) == []


def test_white_pictures_are_alike() -> None:
    white = Fingerprint.of(np.full((64, 64, 3), 255, np.uint8))
    assert white.likenesses([white]) == [(0, 0)]


def test_a_fingerprint_survives_being_written_down() -> None:
    first = Fingerprint.of(disc(30))
    again = Fingerprint.from_text(first.text)
    assert (again.bits == first.bits).all()
    assert again.lab == pytest.approx(first.lab, abs=0.06)


@pytest.mark.parametrize("text", ["", "ff 1 2 3", "f" * 64, "f" * 64 + " a b c"])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a fingerprint is"):
        Fingerprint.from_text(text)
