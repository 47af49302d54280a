"""The numbers of `packshot top`."""

from packshot.cli.top.numbers import number, seconds


def test_numbers_are_short() -> None:
    assert [number(value) for value in (None, 0.0, 0.314, 12.34, 123.4, 2_500_000.0)] == [
        *("–", "0", "0.31", "12.3", "123", "2.5M"),
    ]
    assert [seconds(value) for value in (None, 0.44, 12.3, 190, 7500)] == ["–", "0.4s", "12s", "3m10s", "2h05m"]
