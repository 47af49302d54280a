"""`packshot catalog run`: what becomes of rows, what is told of broken ones, and how a stopped run goes on."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from PIL import Image

from packshot.catalog.ledger import LEDGER_FILE
from packshot.catalog.results import RowResult, results_csv
from packshot.catalog.rows import CatalogRow
from tests.waiting import until

from .conftest import clean_environment, spawn
from .makeshift import MakeshiftServer
from .test_cli import packshot

OWN = b"a file of somebody's"
NO_PRODUCT = {"type": "/problems/no-product-found", "title": "No product was found in the image", "detail": "none"}


@pytest.fixture
def shop(tmp_path) -> Path:
    """A folder with six products."""
    folder = tmp_path / "shop"
    (folder / "photos").mkdir(parents=True)
    for number in range(6):
        Image.new("RGB", (24, 32), (number * 40, 30, 80)).save(folder / "photos" / f"{number}.png")
    write(folder, [f"SKU-{number},photos/{number}.png" for number in range(6)])
    return folder


def write(shop: Path, lines: list[str], header: str = "sku,photo") -> None:
    (shop / "products.csv").write_text("\n".join([header, *lines]) + "\n")


def run(shop: Path, out: Path, *more: object):
    return packshot("catalog", "run", shop / "products.csv", "--preset", "amazon-main", "-o", out, *more)


def done(shop: Path, out: Path, *more: object) -> str:
    result = run(shop, out, *more)
    assert result.exit_code == 0, result.output
    return result.output


def results(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def pictures(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.jpg")}


def test_each_sku_has_a_folder_with_its_pictures_and_manifest(told, shop, tmp_path):
    out = tmp_path / "out"
    said = done(shop, out, "--preset", "ebay", "--op", "relight")
    assert "[6/6]" in said
    assert "6 of 6 rows done" in said
    assert sorted(path.name for path in (out / "SKU-3").iterdir()) == ["amazon-main.jpg", "ebay.jpg", "manifest.json"]
    assert json.loads((out / "SKU-3" / "manifest.json").read_text())["outputs"][1]["rendition"] == "ebay"
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        LEDGER_FILE, "results.csv", "results.jsonl",
    ]  # fmt: skip
    (batch,) = told.batches.values()
    assert batch.name == "products.csv"
    assert batch.rows[1]["renditions"] == ["amazon-main", "ebay"]
    with (out / "results.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert [(one["row"], one["sku"], one["file"]) for one in listed][:2] == [
        ("1", "SKU-0", "SKU-0/amazon-main.jpg"),
        ("1", "SKU-0", "SKU-0/ebay.jpg"),
    ]
    assert [row["state"] for row in results(out)] == ["succeeded"] * 6


def test_pictures_of_several_widths_have_a_snippet_beside_them(told, shop, tmp_path):
    out = tmp_path / "out"
    said = done(shop, out, "--preset", "web-responsive")
    page = out / "SKU-3" / "web-responsive.html"
    assert 'srcset="web-responsive-16.jpg 16w, web-responsive-32.jpg 32w"' in page.read_text()
    assert f"6 page snippets, such as → {out / 'SKU-0' / 'web-responsive.html'}" in said
    assert results(out)[3]["pages"] == ["SKU-3/web-responsive.html"]
    page.unlink()
    assert "5 rows done already" in done(shop, out, "--preset", "web-responsive")
    assert page.is_file()


def test_a_snippet_names_pictures_that_gave_way_to_somebodys(told, shop, tmp_path):
    out = tmp_path / "out"
    (out / "SKU-3").mkdir(parents=True)
    for name in ("web-responsive-32.jpg", "web-responsive.html"):
        (out / "SKU-3" / name).write_bytes(OWN)
    done(shop, out, "--preset", "web-responsive")
    assert (out / "SKU-3" / "web-responsive.html").read_bytes() == OWN
    page = (out / "SKU-3" / "web-responsive-packshot.html").read_text()
    assert "web-responsive-32-packshot.jpg 32w" in page


def test_the_reasons_to_look_at_a_picture_are_in_the_table():
    kept = {"sku": "A", "asked": "", "state": "succeeded", "job": "job_1", "needs_review": True, "problem": None}
    result = RowResult.from_json({**kept, "pictures": (), "manifest": None, "warnings": ["one", "two"]})
    text = results_csv([CatalogRow(1, 2, "A"), CatalogRow(2, 3, "B")], {"A": result}, ())
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["needs_review"], line["review"]) for line in lines] == [("true", "one; two"), ("", "")]


def test_equal_photos_are_sent_once(told, shop, tmp_path):
    write(shop, [f"SKU-{number},photos/{number % 2}.png" for number in range(6)])
    done(shop, tmp_path / "out")
    assert told.sent == 2
    assert len(pictures(tmp_path / "out")) == 6


def test_broken_rows_are_told_with_their_line_and_the_rest_is_done(told, shop, tmp_path):
    out = tmp_path / "out"
    (shop / "photos" / "5.png").write_text("no photo")
    write(
        shop,
        [
            "A,photos/0.png,,x", "A,photos/1.png,,", "B,photos/none.png,,", "C,photos/5.png,,", "D,photos/2.png,etsy,",
            ",photos/3.png,,",
        ],
        "sku,photo,preset,stock",
    )  # fmt: skip
    result = run(shop, out)
    assert result.exit_code == 1
    assert "ignored columns: stock" in result.output
    assert "2 of 6 rows done, 4 broken" in result.output
    with (out / "faults.csv").open(newline="") as file:
        faults = list(csv.DictReader(file))
    assert [(one["row"], one["line"], one["sku"], one["column"]) for one in faults] == [
        ("2", "3", "A", "sku"),
        ("3", "4", "B", "photo"),
        ("4", "5", "C", "photo"),
        ("5", "6", "D", "preset"),
    ]
    assert "there is no channel 'etsy'" in faults[3]["problem"]
    assert [(row["row"], row["state"]) for row in results(out)] == [
        (1, "succeeded"), (2, "broken"), (3, "broken"), (4, "broken"), (5, "broken"), (6, "succeeded"),
    ]  # fmt: skip
    assert told.sent == 2
    write(shop, ["A,photos/0.png", ",photos/3.png"])
    assert "2 rows done already" in done(shop, out)
    assert not (out / "faults.csv").exists()


def test_strict_does_nothing_where_a_row_is_broken(told, shop, tmp_path):
    write(shop, ["A,photos/0.png,", "B,photos/1.png,etsy"], "sku,photo,preset")
    result = run(shop, tmp_path / "out", "--strict")
    assert result.exit_code == 2
    assert "1 broken row: nothing was started" in result.output
    assert "etsy" in (tmp_path / "out" / "faults.csv").read_text()
    assert told.batches == {}
    assert told.sent == 0


def test_a_photo_that_the_server_does_not_take_is_a_broken_row(told, shop, tmp_path):
    (shop / "photos" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    result = run(shop, tmp_path / "out")
    assert result.exit_code == 1
    assert "5 of 6 rows done, 1 broken" in result.output
    assert "image format is not supported" in (tmp_path / "out" / "faults.csv").read_text()


def test_a_dry_run_tells_faults_and_time_and_leaves_nothing(told, shop, tmp_path):
    result = run(shop, tmp_path / "out", "--dry-run")
    assert result.exit_code == 0
    assert "6 rows to do: about 0:00:03 (measured on this server)" in result.output
    assert not (tmp_path / "out").exists()
    write(shop, ["A,photos/0.png,etsy", "B,photos/1.png,"], "sku,photo,preset")
    result = run(shop, tmp_path / "out", "--dry-run", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (document["valid"], document["invalid"], document["errors"][0]["row"]) == (1, 1, 1)
    assert (tmp_path / "out" / "faults.csv").exists()
    assert told.batches == {}
    assert told.sent == 0


def test_the_same_command_does_nothing_twice(told, shop, tmp_path):
    out = tmp_path / "out"
    done(shop, out)
    before, asked = pictures(out), len(told.checks)
    assert "6 rows done already" in done(shop, out)
    assert pictures(out) == before
    assert (len(told.batches), told.sent, len(told.checks)) == (1, 6, asked)


def test_only_what_changed_is_done_again(told, shop, tmp_path):
    out = tmp_path / "out"
    done(shop, out)
    Image.new("RGB", (24, 32), (1, 2, 3)).save(shop / "photos" / "0.png")
    (out / "SKU-1" / "amazon-main.jpg").unlink()
    lines = [f"SKU-{number},photos/{number}.png," for number in range(5)]
    write(shop, [*lines, "SKU-5,photos/5.png,ebay", "NEW,photos/5.png,"], "sku,photo,preset")
    assert "3 rows done already" in done(shop, out)
    last = told.batches["bat_2"]
    assert sorted(row["sku"] for row in last.rows.values()) == ["NEW", "SKU-0", "SKU-1", "SKU-5"]
    assert told.sent == 7
    assert {"SKU-5/ebay.jpg", "NEW/amazon-main.jpg", "SKU-1/amazon-main.jpg"} <= pictures(out).keys()


def test_failed_rows_are_told_by_problem_and_tried_again_when_asked(told, shop, tmp_path):
    out = tmp_path / "out"
    told.row_problems = {"SKU-1": NO_PRODUCT, "SKU-2": NO_PRODUCT, "SKU-4": {**NO_PRODUCT, "title": "Other"}}
    result = run(shop, out)
    assert result.exit_code == 1
    assert "2–3   No product was found in the image: none" in result.output
    assert "3 of 6 rows done, 3 failed" in result.output
    told.row_problems.clear()
    result = run(shop, out)
    assert result.exit_code == 1
    assert "3 rows failed before: not tried again without --retry-failed" in result.output
    assert len(told.batches) == 1
    assert "6 of 6 rows done" in done(shop, out, "--retry-failed")
    assert len(told.batches["bat_2"].rows) == 3


def test_what_needs_review_is_listed(told, shop, tmp_path):
    told.review = {"SKU-4"}
    said = done(shop, tmp_path / "out")
    assert "SKU-4  needs review" in said.partition("Look at these")[2]
    with (tmp_path / "out" / "results.csv").open(newline="") as file:
        assert [one["needs_review"] for one in csv.DictReader(file)] == ["false"] * 4 + ["true", "false"]
    assert [row["sku"] for row in results(tmp_path / "out") if row["needs_review"]] == ["SKU-4"]


def test_files_of_somebody_keep_their_places(told, shop, tmp_path):
    out = tmp_path / "out"
    (out / "SKU-0").mkdir(parents=True)
    for name in ("results.csv", "faults.csv", "SKU-0/amazon-main.jpg", "SKU-0/manifest.json", "SKU-1"):
        (out / name).write_bytes(OWN)
    done(shop, out)
    for name in ("results.csv", "faults.csv", "SKU-0/amazon-main.jpg", "SKU-0/manifest.json", "SKU-1"):
        assert (out / name).read_bytes() == OWN
    assert {"SKU-0/amazon-main-packshot.jpg", "SKU-1-2/amazon-main.jpg"} <= pictures(out).keys()
    assert "SKU-0/amazon-main-packshot.jpg" in (out / "results-packshot.csv").read_text()
    assert "6 rows done already" in done(shop, out)


def test_a_picture_that_was_edited_stays_and_is_not_made_again(told, shop, tmp_path):
    out = tmp_path / "out"
    done(shop, out)
    (out / "SKU-2" / "amazon-main.jpg").write_bytes(OWN)
    assert "1 picture edited since: kept as they are (SKU-2/amazon-main.jpg)" in done(shop, out)
    done(shop, out, "--op", "relight")
    assert (out / "SKU-2" / "amazon-main.jpg").read_bytes() == OWN
    assert (out / "SKU-2" / "amazon-main-packshot.jpg").exists()


def test_a_ledger_of_somebody_is_no_ledger(told, shop, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LEDGER_FILE).write_text("mine\n")
    result = run(shop, tmp_path / "out")
    assert result.exit_code == 2
    assert (tmp_path / "out" / LEDGER_FILE).read_text() == "mine\n"
    assert told.batches == {}


def started(makeshift: MakeshiftServer, shop: Path, out: Path, **more: object) -> subprocess.Popen[str]:
    command = ("catalog", "run", shop / "products.csv", "--preset", "amazon-main", "-o", out)
    return spawn(*command, stderr=subprocess.STDOUT, env=clean_environment(PACKSHOT_URL=makeshift.url), **more)


def fetched(out: Path) -> int:
    """How many rows have all of their files: the manifest is the last of them."""
    return len(list(out.glob("*/manifest.json")))


def test_ctrl_c_pauses_the_batch_and_the_same_command_goes_on(makeshift, told, shop, tmp_path):
    out = tmp_path / "out"
    makeshift.hold_rows_after = 2
    process = started(makeshift, shop, out, stdout=subprocess.PIPE)
    said = ""
    while "[2/6]" not in said:  # by the line on the screen the row is counted; in the ledger it stands a moment before
        said += process.stdout.readline() or pytest.fail(said)
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert "the same command goes on from here" in said
    assert "bat_1 is paused on the server, with 4 rows waiting; `packshot catalog resume bat_1` lets" in said
    assert "2 of 6 rows done, 4 left" in said
    assert makeshift.batches["bat_1"].state == "paused"
    assert [row["state"] for row in results(out)].count("left") == 4
    makeshift.hold_rows_after = None
    assert "2 rows done already" in done(shop, out)
    assert (len(makeshift.batches), makeshift.made_rows, makeshift.sent) == (1, 6, 6)
    assert len(pictures(out)) == 6


@pytest.mark.parametrize("cut", [0, 20])
def test_a_run_that_was_killed_goes_on_with_the_same_batch(makeshift, told, shop, tmp_path, cut):
    out = tmp_path / "out"
    makeshift.hold_rows_after = 3
    process = started(makeshift, shop, out, stdout=subprocess.DEVNULL)
    until(lambda: fetched(out) == 3)
    process.kill()
    process.wait()
    ledger = out / LEDGER_FILE
    if cut:
        ledger.write_bytes(ledger.read_bytes()[:-cut])
    makeshift.hold_rows_after = None
    done(shop, out)
    assert (len(makeshift.batches), makeshift.made_rows) == (1, 6)
    assert len(pictures(out)) == 6
    assert not list(out.rglob("*.part"))


def test_a_batch_that_no_line_tells_of_is_found_by_its_key(told, shop, tmp_path):
    out = tmp_path / "out"
    done(shop, out)
    head = (out / LEDGER_FILE).read_text().splitlines()[0]
    (out / LEDGER_FILE).write_text(head + "\n")
    done(shop, out)
    assert list(told.batches) == ["bat_1"]


def test_another_folder_gets_a_batch_of_its_own(told, shop, tmp_path):
    told.row_problems = {"SKU-1": NO_PRODUCT}
    assert run(shop, tmp_path / "out").exit_code == 1
    told.row_problems.clear()
    assert "6 of 6 rows done" in done(shop, tmp_path / "fresh")
    assert list(told.batches) == ["bat_1", "bat_2"]


def test_a_ledger_of_an_older_version_goes_on(told, shop, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / LEDGER_FILE).write_text('{"packshot": "catalog", "version": 1}\n')
    done(shop, out)
    lines = [json.loads(line) for line in (out / LEDGER_FILE).read_text().splitlines()]
    assert [line for line in lines if line.get("run")] == lines[1:2]
    assert "6 rows done already" in done(shop, out)


@pytest.mark.parametrize("head", ['{"packs', '{"packshot": "catalog", "version": 1, "run": "0a'])
def test_a_ledger_that_was_cut_off_in_its_first_line_begins_anew(told, shop, tmp_path, head):
    out = tmp_path / "out"
    out.mkdir()
    (out / LEDGER_FILE).write_text(head)
    done(shop, out)
    assert json.loads((out / LEDGER_FILE).read_text().splitlines()[0])["packshot"] == "catalog"
    assert "6 rows done already" in done(shop, out)


def test_ctrl_c_does_not_wait_for_photos_that_the_server_does_not_take(makeshift, shop, tmp_path, monkeypatch):
    real = makeshift.answer
    asked = threading.Event()

    def answer(method, path, body, headers):
        if path == "/v1/uploads":
            asked.set()
            return 503, {"type": "/problems/unavailable", "title": "The server is full", "status": 503}
        return real(method, path, body, headers)

    monkeypatch.setattr(makeshift, "answer", answer)
    process = started(makeshift, shop, tmp_path / "out", stdout=subprocess.PIPE)
    until(asked.is_set)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert "the same command goes on from here" in said


def test_a_batch_that_would_do_what_is_not_wanted_any_more_is_canceled(makeshift, told, shop, tmp_path):
    out = tmp_path / "out"
    makeshift.hold_rows_after = 2
    process = started(makeshift, shop, out, stdout=subprocess.DEVNULL)
    until(lambda: fetched(out) == 2)
    process.kill()
    process.wait()
    makeshift.hold_rows_after, makeshift.held_batch = None, "bat_1"
    Image.new("RGB", (24, 32), (1, 2, 3)).save(shop / "photos" / "5.png")
    done(shop, out)
    assert makeshift.batches["bat_1"].state == "canceled"
    assert len(makeshift.batches["bat_2"].rows) == 4
    assert makeshift.made_rows == 6


def test_a_batch_that_is_gone_is_begun_anew(makeshift, told, shop, tmp_path):
    out = tmp_path / "out"
    makeshift.hold_rows_after = 2
    process = started(makeshift, shop, out, stdout=subprocess.DEVNULL)
    until(lambda: fetched(out) == 2)
    process.kill()
    process.wait()
    makeshift.hold_rows_after = None
    makeshift.batches["other"] = makeshift.batches.pop("bat_1")
    done(shop, out)
    assert len(makeshift.batches["bat_2"].rows) == 4


def test_pictures_that_could_not_be_fetched_are_fetched_by_the_next_run(makeshift, told, shop, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr("packshot.catalog.fetching._manifest_of", lambda job: b"{}" if job.id != "job_row_3" else 1 / 0)
    result = run(shop, out)
    assert result.exit_code == 1
    assert "The pictures could not be fetched: ZeroDivisionError" in result.output
    monkeypatch.undo()
    monkeypatch.setenv("PACKSHOT_URL", makeshift.url)
    done(shop, out)
    assert (len(makeshift.batches), makeshift.made_rows) == (1, 6)


def test_two_runs_do_not_write_into_the_same_folder(makeshift, told, shop, tmp_path):
    out = tmp_path / "out"
    makeshift.hold_rows_after = 0
    process = started(makeshift, shop, out, stdout=subprocess.DEVNULL)
    until(lambda: len(makeshift.batches) == 1)
    result = run(shop, out)
    assert result.exit_code == 1
    assert "another `packshot catalog run` is at work" in result.output
    process.kill()
    process.wait()


def test_a_terminal_gets_a_live_table(makeshift, shop, tmp_path):
    ours, theirs = pty.openpty()
    process = spawn(
        "catalog", "run", shop / "products.csv", "--preset", "ebay", "-o", tmp_path / "out",
        stdout=theirs, stderr=theirs, env=clean_environment(PACKSHOT_URL=makeshift.url, TERM="xterm"),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    assert process.wait() == 0
    assert b"waiting" in shown
    assert b"rows/min" in shown
    assert b"[1/6]" not in shown


def test_json_lines_are_alone_on_stdout(told, shop, tmp_path):
    result = run(shop, tmp_path / "out", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted(line["sku"] for line in lines) == [f"SKU-{number}" for number in range(6)]
    assert lines[0]["outputs"][0]["rendition"] == "amazon-main"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{shop}/none.csv"], "does not exist"),
        (["{shop}/photos/0.png"], "is not UTF-8"),
        (["{shop}/products.csv", "--op", "inpaint:mask=@{shop}/none.png"], "there is no file"),
        (["{shop}/products.csv", "--op", "inpaint:mask=@{shop}/products.csv"], "is not a photo"),
        (["{shop}/products.csv", "--preset", "etsy"], "there is no channel 'etsy'"),
        (["{shop}/products.csv", "--photos", "{shop}/none"], "does not exist"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(told, shop, tmp_path, arguments, said):
    words = [word.format(shop=shop) for word in arguments]
    result = packshot("catalog", "run", *words, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.output
    assert told.batches == {}


@pytest.mark.parametrize(
    ("operations", "code", "said"),
    [('["relight"]', 0, ""), ('["relight:"]', 0, ""), ('[":"]', 2, "has no name"), ("7", 2, "operations of all rows")],
)
def test_a_json_files_operations_for_all_rows_are_read_like_a_cells(told, shop, tmp_path, operations, code, said):
    file = shop / "products.json"
    file.write_text(f'{{"items": [{{"photo": "photos/0.png"}}], "defaults": {{"operations": {operations}}}}}')
    result = packshot("catalog", "run", file, "-o", tmp_path / "out")
    assert result.exit_code == code, result.output
    assert said in result.output
    assert [batch.rows[1]["operations"] for batch in told.batches.values()] == ([] if code else [[{"op": "relight"}]])


def test_a_number_that_is_not_finite_is_wrong_usage(told, shop, tmp_path):
    result = run(shop, tmp_path / "out", "--op", "upscale:factor=1e999")
    assert result.exit_code == 2
    assert "a number that is not finite" in result.output


def test_a_catalogues_name_may_be_no_text(told, shop, tmp_path):
    (shop / "products.csv").rename(shop / "caf\udce9.csv")
    result = packshot("catalog", "run", shop / "caf\udce9.csv", "--preset", "ebay", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert told.batches["bat_1"].name == "caf\N{REPLACEMENT CHARACTER}.csv"


def test_photos_lie_where_the_command_says(told, shop, tmp_path):
    write(shop, ["A,0.png"])
    assert run(shop, tmp_path / "out").exit_code == 1
    done(shop, tmp_path / "out", "--photos", shop / "photos")


def test_a_batch_is_looked_after_by_its_id_or_its_folder(told, shop, tmp_path):
    out = tmp_path / "out"
    told.row_problems = {"SKU-1": NO_PRODUCT}
    run(shop, out)
    assert (
        packshot("catalog", "status", "bat_1").output
        == "bat_1  finished  products.csv\n6 rows: 5 succeeded, 1 failed\n"
    )
    told.row_problems.clear()
    assert "6 succeeded" in packshot("catalog", "retry", out).output
    assert json.loads(packshot("catalog", "cancel", "bat_1", "--json").output)["state"] == "finished"
    told.batches["bat_1"].state, told.held_batch = "running", "bat_1"
    assert "paused" in packshot("catalog", "pause", out).output
    told.held_batch = None
    assert "finished" in packshot("catalog", "resume", "bat_1").output
    for name in ("r.csv", "r.jsonl", "r.zip"):
        assert packshot("catalog", "results", "bat_1", "-o", tmp_path / name).exit_code == 0
        assert (tmp_path / name).stat().st_size
    assert "there already" in packshot("catalog", "results", "bat_1", "-o", tmp_path / "r.csv").output
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere.csv")
    assert packshot("catalog", "results", "bat_1", "-o", tmp_path / "link.csv").exit_code == 2
    assert packshot("catalog", "results", "bat_1", "-o", tmp_path / "new" / "r.csv").exit_code == 0
    assert packshot("catalog", "status", tmp_path).exit_code == 2
    assert packshot("catalog", "status", "bat_none").exit_code == 1


def test_a_folder_of_several_batches_says_that_only_the_last_is_told(told, shop, tmp_path):
    out = tmp_path / "out"
    done(shop, out)
    assert "batches of this folder" not in packshot("catalog", "status", out).output
    write(shop, ["NEW,photos/0.png", "SKU-1,photos/1.png"])
    done(shop, out)
    for command in (("status", out), ("results", out, "-o", tmp_path / "results.csv")):
        said = packshot("catalog", *command).output
        assert f"bat_2 is the last of 2 batches of this folder; {out / 'results.csv'} has all rows" in said
    assert "the last batch of its runs" in packshot("catalog", "status", "--help").output
