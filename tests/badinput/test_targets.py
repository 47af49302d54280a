"""What reads clients' texts, on the seeds of the guided fuzzing and on all that it ever found, without atheris."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.badinput.fuzz_spec import SEEDS
from tests.badinput.targets import TARGETS, attempt

FINDS = sorted((Path(__file__).parent / "finds").glob("crash-*"))


@pytest.mark.parametrize(("target", "data"), SEEDS)
def test_seeds_are_read_or_refused(target: int, data: bytes) -> None:
    attempt(bytes([target]) + data)


def test_what_was_found_once_stays_mended() -> None:
    for find in FINDS:
        attempt(find.read_bytes())


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.integers(0, len(TARGETS) - 1), st.sampled_from(SEEDS), st.binary(max_size=12), st.integers(0, 200))
def test_pieces_of_seeds_with_noise_in_them_are_read_or_refused(
    target: int, seed: tuple[int, bytes], noise: bytes, at: int
) -> None:
    attempt(bytes([target]) + seed[1][:at] + noise + seed[1][at:])
