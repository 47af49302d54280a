"""What people type behind the options of `packshot capacity`."""

import json
from typing import Any

import pytest

from jobs.capacity.__main__ import main
from jobs.capacity.arguments import read_argument


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [
        ("photos_per_day", "200,000", "200000"),
        ("photos_per_day", "10_000_000", "10000000"),
        ("photos_per_day", "1 000 000", "1000000"),
        ("photos_per_day", "200k", "200000"),
        ("photos_per_day", "10M", "10000000"),
        ("bulk_share", "40%", "0.4"),
        ("utilisation", "62.5 %", "0.625"),
        ("mix", "restore:70%,relight:30%", "restore:0.7,relight:0.3"),
        ("peak", "2.5", "2.5"),
    ],
)
def test_numbers_may_be_typed_as_people_write_them(name: str, typed: str, read: str) -> None:
    assert read_argument(name, typed) == read


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("photos_per_day", "200.000", "200000, 200,000 or 200k"),  # pydantic would take it for two hundred
        ("photos_per_day", "20,00", "200000, 200,000 or 200k"),
        ("photos_per_day", "many", "got 'many'"),
        ("bulk_share", "half", "0.4 or 40%"),
        ("megapixels", "2,5", "such as 2.5"),
        ("cpu_price", "$0.04", "without a unit or a currency"),
    ],
)
def test_what_is_no_number_is_refused_with_what_to_write(name: str, typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^write a ") as refused:
        read_argument(name, typed)
    assert words in str(refused.value)


def test_the_command_takes_them_and_tells_all_mistakes_together(capsys: pytest.CaptureFixture[str]) -> None:
    def plan(*arguments: str) -> Any:
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    typed = plan("--photos-per-day", "200,000", "--bulk-share", "40%", "--mix", "restore:70%,relight:30%")
    assert typed == plan("--photos-per-day", "200000", "--bulk-share", "0.4", "--mix", "restore:0.7,relight:0.3")
    assert main(["--photos-per-day", "lots", "--cpu-price", "4c/core-hour"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in told] == ["--photos-per-day", "--cpu-price"]
