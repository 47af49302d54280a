"""Markdown tables of figures."""

from benchmarks.tables import as_table


def test_a_table_shows_four_digits_that_count_and_whole_numbers_whole():
    rows = [{"kernel": "pack", "slots": 16, "share": 0.81239}, {"kernel": "unpack", "slots": 12_000_000, "share": 0.9}]
    assert as_table(rows).splitlines() == [
        "| kernel | slots | share |",
        "| --- | ---: | ---: |",
        "| pack | 16 | 0.8124 |",
        "| unpack | 12000000 | 0.9 |",
    ]
