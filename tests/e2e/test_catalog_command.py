"""A catalogue from the command line, killed and interrupted on the way: every row is done once, and seen once."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.service import Service
from packshot.catalog.ledger import LEDGER_FILE

_ROWS = 80  # enough that some are left when the run is interrupted, however quick the machine


@pytest.mark.timeout(300)
def test_a_catalogue_that_is_killed_and_interrupted_is_done_once(tmp_path: Path) -> None:
    shop, out = _shop(tmp_path), tmp_path / "out"
    with Service(tmp_path / "service") as service, service.client() as client:
        environment = {**os.environ, "PACKSHOT_DATA_DIR": str(tmp_path / "service" / "data")}
        killed = _started(shop, out, environment)
        _wait_for_results(out, 4, killed)
        killed.kill()
        killed.communicate()
        interrupted = _started(shop, out, environment)
        _wait_for_results(out, _results(out) + 5, interrupted)  # it is at work, and hears of the interrupt
        interrupted.send_signal(signal.SIGINT)
        said = interrupted.communicate(timeout=60)[0]
        assert interrupted.returncode == 130, said
        last = _started(shop, out, environment)
        said = last.communicate(timeout=200)[0]
        assert last.returncode == 1, said  # for the broken rows
        jobs = list(client.jobs())
    assert f"{_ROWS} of {_ROWS + 2} rows done, 2 broken" in said
    assert {job.state for job in jobs} == {"succeeded"}
    assert len(jobs) == _ROWS - 1  # one photo is in two rows
    assert {job.document["attempt"] for job in jobs} == {1}
    with (out / "faults.csv").open(newline="") as file:
        assert [(fault["row"], fault["column"]) for fault in csv.DictReader(file)] == [
            (f"{_ROWS + 1}", "photo"),
            (f"{_ROWS + 2}", "operations/0/op"),
        ]
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [row["state"] for row in rows] == ["succeeded"] * _ROWS + ["broken"] * 2
    for row in rows[:_ROWS]:
        with Image.open(out / row["outputs"][0]["file"]) as picture:
            assert picture.width == 64


def _shop(folder: Path) -> Path:
    """Rows with photos of their own, but for the last good one, which has the first's; then a row without a photo and
    one with an operation that there is not."""
    photos = folder / "shop" / "photos"
    photos.mkdir(parents=True)
    for number in range(_ROWS - 1):
        Image.new("RGB", (90, 60), (number * 3, 90, 120)).save(photos / f"{number}.png")
    lines = [f"SKU-{number},photos/{number % (_ROWS - 1)}.png," for number in range(_ROWS)]
    lines += ["GONE,photos/gone.png,", "ODD,photos/0.png,beautify"]
    (folder / "shop" / "products.csv").write_text("\n".join(["sku,photo,operations", *lines]) + "\n")
    return folder / "shop" / "products.csv"


def _started(shop: Path, out: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    packshot = str(Path(sys.executable).with_name("packshot"))
    asked = ["--op", "restore", "--op", "resize:width=64", "-o", str(out)]
    return subprocess.Popen(
        [packshot, "catalog", "run", str(shop), *asked],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _wait_for_results(out: Path, number: int, process: subprocess.Popen[str]) -> None:
    while _results(out) < number:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)


def _results(out: Path) -> int:
    return (out / LEDGER_FILE).read_text().count('{"result"') if (out / LEDGER_FILE).exists() else 0
