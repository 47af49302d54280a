"""The command line: what it writes, what it says, and how it exits."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from packshot import Client
from packshot.cli import main
from tests.waiting import until

from .conftest import LOCALLY, Answer, RunningUp, clean_environment, spawn, workers_held


def packshot(*arguments: object, typed: str | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def told(up: RunningUp, monkeypatch: pytest.MonkeyPatch) -> RunningUp:
    monkeypatch.setenv("PACKSHOT_URL", up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", up.key)
    return up


@pytest.mark.usefixtures("told")
def test_a_run_writes_pictures_manifests_and_a_sheet(sample, tmp_path):
    shutil.copy(sample, tmp_path / "mug.jpg")
    (tmp_path / "more").mkdir()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(tmp_path / "more" / "mug.png")
    out = tmp_path / "out"
    result = packshot(
        "run", tmp_path / "mug.jpg", tmp_path / "more", *LOCALLY, "--format", "webp", "-o", out, "--sheet"
    )
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in out.iterdir())
    assert names == ["mug-2.manifest.json", "mug-2.webp", "mug.manifest.json", "mug.webp", "sheet.jpg"]
    assert json.loads((out / "mug.manifest.json").read_text())["operations"][0]["parameters"]["width"] == 48
    with Image.open(out / "mug.webp") as picture:
        assert (picture.format, picture.width) == ("WEBP", 48)
    assert "[2/2]" in result.output
    assert "2 of 2 photos" in result.output


@pytest.mark.usefixtures("told")
def test_a_bad_photo_is_told_at_the_end_and_the_others_go_on(sample, tmp_path):
    (tmp_path / "text.jpg").write_text("no photo")
    (tmp_path / "cut.jpg").write_bytes(sample.read_bytes()[:30_000])
    shutil.copy(sample, tmp_path / "good.jpg")
    result = packshot("run", tmp_path, *LOCALLY, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "1 of 3 photos" in result.output
    table = result.output.partition("Problem")[2]
    assert "text.jpg" in table
    assert "not started" in table
    assert "cut.jpg" in table
    assert "job_" in table
    assert (tmp_path / "out" / "good.jpg").exists()


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("more", [["--sheet"], ["--json"]])
def test_names_that_are_not_utf_8_are_photos_like_any_other(sample, tmp_path, more):
    for name in (b"caf\xe9.jpg", b"caf\xe8.jpg"):
        shutil.copy(sample, tmp_path / os.fsdecode(name))
    (tmp_path / os.fsdecode(b"bad-\xff.jpg")).write_text("no photo")
    result = packshot("run", tmp_path, *LOCALLY, "-o", tmp_path / "out", *more)
    assert result.exit_code == 1
    assert "2 of 3 photos" in result.output
    assert "caf\N{REPLACEMENT CHARACTER}.jpg" in result.output
    written = {os.fsencode(path.name) for path in (tmp_path / "out").glob("caf*.jpg")}
    assert written == {b"caf\xe9.jpg", b"caf\xe8.jpg"}


@pytest.mark.usefixtures("told")
def test_json_lines_are_alone_on_stdout(sample, tmp_path):
    result = packshot("run", sample, *LOCALLY, "-o", tmp_path, "--json")
    (line,) = result.stdout.splitlines()
    document = json.loads(line)
    assert document["ok"]
    assert document["after_px"][0] == 48
    assert Path(document["picture"]).is_file()
    assert "1 of 1 photos" in result.stderr


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("operation", ["beautify", "upscale:factor=3", "resize:width=wide"])
def test_a_spec_that_the_server_refuses_is_wrong_usage_told_once(sample, tmp_path, operation):
    result = packshot("run", sample, "--op", operation, "-o", tmp_path)
    assert result.exit_code == 2
    assert "/operations/0" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{photo}"], "--op"),
        (["{photo}", "--op", ":x"], "has no name"),
        (["{photo}", "--op", "inpaint:mask=@{folder}/none.png"], "there is no file"),
        (["{folder}", "--op", "restore"], "no photo in"),
        (["{folder}/none.jpg", "--op", "restore"], "does not exist"),
        (["{photo}", "--op", "restore", "--quality", "101"], "101"),
        (["{photo}", "--op", "restore", "-o", "{photo}/out"], "cannot be made: Not a directory"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(sample, tmp_path, arguments, said):
    filled = [argument.format(photo=sample, folder=tmp_path) for argument in arguments]
    result = packshot("run", *filled)
    assert result.exit_code == 2
    assert said in result.output


def test_a_named_server_that_does_not_answer_exits_3(monkeypatch, sample, tmp_path):
    monkeypatch.setenv("PACKSHOT_URL", "http://127.0.0.1:9")
    result = packshot("operations")
    assert result.exit_code == 3
    assert "http://127.0.0.1:9" in result.output


def test_no_server_at_all_says_what_to_do():
    result = packshot("operations")
    assert result.exit_code == 3
    assert "packshot up" in result.output


def test_a_refused_key_ends_the_run_at_once(up, monkeypatch, sample, tmp_path):
    result = packshot("run", sample, *LOCALLY, "-o", tmp_path, "--url", up.url, "--api-key", "psk_wrong.key")
    assert result.exit_code == 3
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("told")
def test_operations_lists_parameters_as_they_are_written():
    result = packshot("operations")
    assert "upscale" in result.output
    assert "factor=2" in result.output
    assert "strength=1.0  0..1" in result.output
    assert "mask  @FILE, or an upload's id" in result.output
    assert "boxes  a list of {x, y, width, height}, as JSON" in result.output
    assert "like  a list of @FILE, or an upload's id, as JSON" in result.output
    assert "mix  {seed, share}, as JSON" in result.output
    assert "text  text of at most 500 letters" in result.output
    assert re.search(r"adjust  \{NAME: -\d\.\.\d\}, as JSON", result.output)
    assert set(json.loads(packshot("operations", "--json").output)) >= {"relight", "restore", "upscale", "resize"}
    assert set(json.loads(packshot("operations", "resize", "--json").output)) == {"resize"}


@pytest.mark.usefixtures("told")
def test_an_operation_that_there_is_not_is_wrong_usage():
    result = packshot("operations", "resise")
    assert result.exit_code == 2
    assert "there is no operation 'resise'; there are" in result.output


def test_a_job_that_nobody_living_can_do_is_shown_with_why_it_waits(told, client: Client, sample):
    job = client.submit(sample, ["resize:width=40"], needs={"device": "gpu"})
    try:
        shown = " ".join(packshot("job", job.id).output.split())
        assert "queued" in shown
        assert "waits for a worker on a GPU; none is there now, and the job starts by itself when one comes" in shown
    finally:
        job.cancel()


def test_a_job_is_shown_fetched_and_erased(told, client: Client, sample, tmp_path):
    job = client.submit(sample, ["resize:width=40"])
    result = packshot("job", job.id, "--wait", "-o", tmp_path)
    assert result.exit_code == 0
    assert "succeeded" in result.output
    assert (tmp_path / f"{job.id}-0.jpg").is_file()
    assert json.loads(packshot("job", job.id, "--json").output)["state"] == "succeeded"
    assert "erased" in packshot("job", job.id, "--delete").output
    gone = packshot("job", job.id)
    assert gone.exit_code == 1
    assert gone.output.startswith("packshot: ")


def test_help_documents_the_exit_codes():
    text = packshot("--help").output
    assert all(code in text for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130 "))


def test_a_terminal_gets_a_bar(up, sample, tmp_path):
    ours, theirs = pty.openpty()
    process = spawn(
        "run", sample, *LOCALLY, "-o", tmp_path,
        stdout=theirs, stderr=theirs, env=clean_environment(PACKSHOT_URL=up.url, PACKSHOT_API_KEY=up.key, TERM="xterm"),
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
    assert b"1/1 photos" in shown
    assert b"[1/1]" not in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_the_jobs_under_way(up, client: Client, sample, tmp_path, number):
    before = {job.id for job in client.jobs()}
    for copy in range(4):
        shutil.copy(sample, tmp_path / f"{copy}.jpg")
    with workers_held(up.folder):
        process = spawn(
            "run", tmp_path, "--op", "restore", "-o", tmp_path / "out",
            stderr=subprocess.PIPE, env=clean_environment(PACKSHOT_URL=up.url, PACKSHOT_API_KEY=up.key),
        )  # fmt: skip
        until(lambda: len({job.id for job in client.jobs()} - before) == 4)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "canceled" in said
    mine = [job for job in client.jobs() if job.id not in before]
    assert [job.wait(60, check=False).state for job in mine] == ["canceled"] * 4


def test_a_full_server_is_waited_for(scripted, sample, tmp_path):
    busy = Answer(503, b'{"type": "/problems/overloaded", "title": "Full", "status": 503}', {"Retry-After": "0"})
    refused = Answer(401, b'{"type": "/problems/unauthorized", "title": "No key", "status": 401}')
    scripted.say(busy, refused)
    result = packshot("run", sample, *LOCALLY, "-o", tmp_path, "--url", scripted.url)
    assert result.exit_code == 3
    assert len(scripted.heard) == 2


def test_worker_compile_and_capacity_hand_their_arguments_to_the_server(tmp_path):
    packshot = [sys.executable, "-P", "-m", "packshot"]
    environment = clean_environment(PACKSHOT_REDIS_URL="redis://127.0.0.1:1/0", PACKSHOT_DATA_DIR=str(tmp_path))
    done = subprocess.run(
        [*packshot, "worker", "--gpus", "all"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "--gpus needs an NVIDIA GPU" in done.stderr) == (2, True), done.stderr
    command = [*packshot, "compile", "--help"]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (told.returncode, "--precision" in told.stdout) == (0, True), told.stderr
    command = [*packshot, "capacity", "--photos-per-day", "1000", "--json"]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert json.loads(told.stdout)["walls"], told.stderr


def test_gpus_and_workers_together_are_refused():
    result = packshot("up", "--gpus", "all", "--workers", "2")
    assert result.exit_code == 2
    assert "leave --workers out" in result.output
