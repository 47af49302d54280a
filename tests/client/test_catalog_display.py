"""What is shown while a catalogue is done, and said when it is over."""

import pytest
from rich.console import Console

from packshot.batch_models import BatchCounts, CatalogCheck
from packshot.batches import Batch
from packshot.catalog.faults import Fault
from packshot.catalog.fetching import file_name
from packshot.catalog.results import Picture, RowResult
from packshot.catalog.rows import CatalogRow
from packshot.cli.catalog.display import LiveDisplay, Now, Pace
from packshot.cli.catalog.report import row_numbers, summarize, tell_estimate, tell_faults
from packshot.cli.catalog.sources import paused_text
from packshot.errors import MalformedAnswer
from packshot.models import Output


@pytest.fixture
def console():
    return Console(width=100, record=True, force_terminal=False)


def result(number: int, state: str = "succeeded", **more: object) -> tuple[CatalogRow, RowResult]:
    sku = f"[SKU]-{number}"
    problem = None if state == "succeeded" else {"title": "No product was found", "detail": f"in {number}"}
    pictures = (Picture(f"{sku}/ebay.jpg", ""),) if state == "succeeded" else ()
    return CatalogRow(number, number + 1, sku), RowResult(sku, "", state, pictures=pictures, problem=problem, **more)


def test_the_live_table_shows_counts_the_last_rows_and_the_failures(console):
    display = LiveDisplay(console, "products.csv", 950)
    for number in range(1, 8):
        display.ended(*result(number, "failed" if number == 3 else "succeeded"))
    display.tick(Now(BatchCounts(950, waiting=800, running=4, succeeded=140, failed=6), 1900.0, ("bat_3",)))
    console.print(display.renderable())
    said = console.export_text()
    assert "7 of 950 rows" in said
    assert said.splitlines()[2].split() == ["800", "0", "4", "140", "6", "0", "6"]
    assert "about 0:31:40 left" in said
    assert "paused: `packshot catalog resume bat_3` lets it go on" in said
    assert "row 7  [SKU]-7  ebay.jpg" in said
    assert "[SKU]-2" not in said
    assert "row 3  [SKU]-3  FAILED: No product was found: in 3" in said


def test_the_pace_is_that_of_the_last_minute():
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.left_s(10) is None
    for second in range(1, 121):
        now[0] = float(second)
        if second <= 60 or second % 2:
            pace.ended()
    assert pace.a_minute() == 30
    assert pace.left_s(60) == 120
    assert pace.gone_s() == 120


def test_rows_are_numbered_in_spans():
    assert row_numbers([7, 3, 4, 5, 9]) == "3–5, 7, 9"


def test_failures_are_told_by_problem_and_the_rest_counted(console, tmp_path):
    told = [result(1), result(2, "failed"), result(3, "failed"), result(4, warnings=("cutout: [odd]",))]
    rows = [row for row, _ in told] + [CatalogRow(9, 10, "left")]
    results = {row.sku: one for row, one in told}
    summarize(console, rows, results, [Fault(5, 6, "bad"), Fault(5, 6, "worse")], tmp_path)
    said = console.export_text()
    assert "2–3   No product was found: in 2 …" in said
    assert "4    [SKU]-4  cutout: [odd]" in said
    assert "2 of 6 rows done, 2 failed, 1 broken (see faults.csv), 1 left" in " ".join(said.split())


def test_many_faults_are_told_in_part(console, tmp_path):
    tell_faults(console, [Fault(number, 0, "bad") for number in range(1, 31)], tmp_path / "faults.csv")
    said = console.export_text()
    assert "10 more faults; all faults →" in said
    assert "\n20 " in said
    assert "\n21 " not in said


def test_an_estimate_says_on_what_it_rests(console):
    tell_estimate(console, CatalogCheck(10, jobs=8, estimate_s=90.0, note="2 jobs are guessed"), 10)
    tell_estimate(console, CatalogCheck(1, jobs=1, note="no worker is alive"), 1)
    tell_estimate(console, CatalogCheck(10, estimate_s=0.0), 10)
    assert console.export_text().splitlines() == [
        "10 rows to do by 8 jobs: about 0:01:30 (2 jobs are guessed)",
        "1 row to do: nobody knows how long they take (no worker is alive)",
        "10 rows to do: how long they take is known once their photos are sent",
    ]


@pytest.mark.parametrize(
    ("name", "plain", "file"),
    [("ebay.jpg", 1, "ebay.jpg"), ("../x", 0, "-x"), ("", 1, "SKU.jpg"), ("", 2, "SKU-3.jpg"), ("..", 0, "SKU-3.jpg")],
)
def test_a_picture_is_called_by_its_own_name_or_its_sku(name, plain, file):
    assert file_name(Output(3, "/", "jpeg", 1, 1, 1, "", name=name), plain, "SKU") == file


def test_a_format_leads_no_picture_out_of_its_folder():
    with pytest.raises(MalformedAnswer, match="EVIL"):
        file_name(Output(3, "/", "png/../../EVIL", 1, 1, 1, ""), 1, "SKU")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {"waiting": 936, "queued": 62, "running": 2},
            "with 936 rows waiting; still being done there, having a job already: 64 rows; `packshot catalog resume",
        ),
        (
            {"queued": 3, "running": 2},
            "no row of it was left to hold back; still being done there, having a job already: 5 rows",
        ),
        ({"waiting": 1, "succeeded": 3}, "with 1 row waiting; `packshot catalog resume"),
    ],
)
def test_what_a_pause_does_not_stop_is_told(counts, said):
    assert said in paused_text(Batch(None, {"id": "bat_1", "state": "paused", "counts": counts}))
