"""The corpus' short form: a seed's first files and the quick bombs, and that its parts do what they say."""

import hashlib
import io

import pytest
from PIL import Image

from jobs.photos import inspect
from jobs.problems import ProblemError
from jobs.spec import OutputSpec
from tests.badinput import corpus
from tests.badinput.bombs import BOMBS
from tests.badinput.clean import unclean
from tests.badinput.corpus import LIMITS, Sample, attempt, samples
from tests.badinput.measuring import MeasuringDecoder
from tests.badinput.mutations import MUTATIONS
from tests.badinput.parts import join, split
from tests.badinput.remains import Remains
from tests.badinput.seeds import MARK, Seed, seeds
from worker.encoding import encode

FILES = 120
REFUSED = {
    "png-60000-squared": "image-dimensions",
    "png-ztxt": "image-corrupt",
    "png-iccp": "image-corrupt",
    "png-a-million-chunks-behind": "image-corrupt",
    "jpeg-60000-squared": "image-dimensions",
    "jpeg-8000-squared-of-nothing": "image-corrupt",
    "jpeg-65500-scans": "image-corrupt",
    "jpeg-a-zero-desert": "image-corrupt",
    "webp-a-lying-canvas": "image-corrupt",
    "webp-frames-in-a-still": "image-corrupt",
    "heic-itself": "image-corrupt",
    "heic-overlays-in-overlays": "image-corrupt",
    "heic-one-tile-thousands-of-times": "image-corrupt",
    "heic-far-items": "image-corrupt",
    "heic-boxes-in-boxes": "unsupported-image",
    "avif-items-in-circles": "image-corrupt",
    "avif-one-tile-thousands-of-times": "image-corrupt",
    "avif-a-grid-that-lies": "image-corrupt",
}


@pytest.fixture(scope="module")
def decoder() -> MeasuringDecoder:
    decoder = MeasuringDecoder(LIMITS, timeout_s=30)
    decoder.start()
    return decoder


def test_damaged_photos_become_pixels_or_a_promised_problem_and_leave_nothing(decoder: MeasuringDecoder) -> None:
    remains = Remains()
    outcomes = list(corpus.side_by_side(lambda sample: attempt(decoder, sample), samples(seed=1, count=FILES)))
    assert len(outcomes) == FILES
    assert [(outcome.sample.number, outcome.findings) for outcome in outcomes if outcome.findings] == []
    assert {"pixels", "image-corrupt", "unsupported-image"} <= {outcome.answer for outcome in outcomes}
    assert remains.left() == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_refused_by_its_name(name: str, decoder: MeasuringDecoder) -> None:
    outcome = attempt(decoder, Sample(0, name.partition("-")[0], "bomb", BOMBS[name](), name))
    assert (outcome.answer, outcome.findings) == (REFUSED[name], ())


def test_the_same_seed_makes_the_same_files() -> None:
    def digest(seed: int) -> str:
        return hashlib.sha256(b"".join(sample.data for sample in samples(seed, 40))).hexdigest()

    assert digest(1) == digest(1) != digest(2)


def test_every_mutation_changes_photos_of_every_format() -> None:
    drawn = {(sample.format, sample.mutation) for sample in samples(seed=3, count=3000)}
    assert drawn == {(seed.format, name) for seed in seeds() for name in MUTATIONS}


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed.name)
def test_a_seed_is_taken_and_its_parts_make_it_again(seed: Seed) -> None:
    assert inspect(seed.data, LIMITS).format == seed.format
    assert join(split(seed.data, seed.format), seed.format) == seed.data


def test_nothing_that_a_photo_tells_of_its_maker_or_place_reaches_an_output(decoder: MeasuringDecoder) -> None:
    marked = [seed for seed in seeds() if MARK in seed.data or b"SECRET" in seed.data]
    assert {seed.format for seed in marked} == {"jpeg", "png", "webp", "heic", "avif"}
    for seed in marked:
        info = inspect(seed.data, LIMITS)
        picture = decoder.decode(seed.data, info.width * info.height).picture
        for format_name in ("jpeg", "png", "webp", "avif"):
            assert unclean(encode(picture, OutputSpec(format=format_name)).data) is None, (seed.name, format_name)


def test_a_result_that_tells_something_would_be_found() -> None:
    told = io.BytesIO()
    Image.new("RGB", (8, 8)).save(told, "JPEG", comment=MARK)
    assert unclean(told.getvalue())


def test_a_problem_that_was_not_promised_is_a_finding(
    decoder: MeasuringDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ProblemError("internal", "a mishap")

    monkeypatch.setattr(corpus, "inspect", fails)
    assert attempt(decoder, next(samples(1, 1))).findings == ("internal: a mishap",)
