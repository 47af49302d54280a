"""`packshot up`: order, restarts, drain, and everything that can be in its way."""

import importlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from packshot import Client
from packshot.cli import main
from packshot.cli.up import how_to_try
from packshot.locating import STACK_FILE, running_stack
from packshot.stack.addresses import claim_port
from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.installed import require_server
from packshot.stack.redis_probe import answers
from tests.ports import two_free_ports
from tests.tools import require
from tests.waiting import until

from .conftest import clean_environment, processes_of, start_up

command = importlib.import_module("packshot.cli.up")  # the package has the command by this name


def test_killed_parts_are_restarted_and_work_goes_on(up, client, sample):
    assert client.healthy()  # a server that has answered once is waited for until it is back, however slow the machine
    first = processes_of(up.folder)
    for part in ("worker", "api", "redis"):
        os.kill(first[part][0], signal.SIGKILL)
    until(lambda: all(f"{part} restarts in" in up.said() for part in ("worker", "api", "redis")))
    assert client.submit(sample, ["resize:width=32"]).wait(100).state == "succeeded"
    assert "was ended by SIGKILL" in up.said()
    now = processes_of(up.folder)
    assert all(first[part][0] not in now[part] for part in ("worker", "api", "redis"))


def test_ctrl_c_drains_the_worker_before_it_stops_the_rest(sample, tmp_path):
    up = start_up(tmp_path)
    with Client(up.url, up.key) as client:
        job = client.submit(sample, ["resize:width=2000", "resize:width=64"])
        until(lambda: job.refresh().ended or job.progress.stage)  # one that is only claimed is released
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert "draining" in up.said()
    assert up.said().rstrip().endswith("stopped")
    assert processes_of(tmp_path) == {}
    assert not (tmp_path / STACK_FILE).exists()
    again = start_up(tmp_path, until="starting")
    until(lambda: running_stack(tmp_path))
    with Client(again.url, again.key) as client:  # the API is there before the new worker: the old one finished it
        assert client.job(job.id).state == "succeeded"
    assert again.stop() == 0


def test_a_second_up_on_the_same_folder_is_refused(up):
    second = start_up(up.folder.parent / "second", "--data", str(up.folder), until="")
    assert second.process.wait(60) == 4
    assert f"another `packshot up` is running on {up.folder} at {up.url}" in second.said()
    assert running_stack(up.folder) == up.url


def test_a_killed_up_takes_its_children_along_and_can_be_started_again(tmp_path):
    up = start_up(tmp_path, until="starting")
    until(lambda: set(processes_of(tmp_path)) == {"api", "worker", "redis"})
    up.process.kill()
    up.process.wait()
    again = start_up(tmp_path, "--workers", "2")
    try:
        until(lambda: len(processes_of(tmp_path)["worker"]) == 2)
        assert running_stack(tmp_path) == again.url
    finally:
        assert again.stop() == 0
    until(lambda: processes_of(tmp_path) == {})


def test_a_part_that_cannot_start_ends_up_with_its_log(tmp_path):
    up = start_up(tmp_path, until="", PACKSHOT_LOG_LEVEL="shouting")
    assert up.process.wait(60) == 4
    assert "exited with 2" in up.said()
    assert "shouting" in up.said()
    assert processes_of(tmp_path) == {}


def test_a_taken_port_is_told_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        up = start_up(tmp_path, "--port", port, until="")
        assert up.process.wait(60) == 4
    assert f"127.0.0.1:{port} is taken by another program" in up.said()
    assert processes_of(tmp_path) == {}


def test_the_key_is_named_by_its_file_and_never_shown(up):
    assert str(up.folder / "dev-key") in up.said()
    assert up.key not in up.said()


def test_what_up_says_to_try_works_in_another_terminal(up, sample, tmp_path):
    (line,) = (line.strip() for line in up.said().splitlines() if "packshot run" in line)
    assert re.match(rf"PACKSHOT_DATA_DIR={up.folder} (/\S+/)?packshot run PHOTO\.jpg", line)
    words = line.replace("PHOTO.jpg", str(sample)).replace(
        " --op relight --op restore --op upscale", " --op resize:width=32"
    )
    entered = str(Path(sys.executable).parent)  # a new terminal knows of no virtual environment
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if one != entered)
    said = subprocess.check_output(words, shell=True, cwd=tmp_path, text=True, env=clean_environment(PATH=path))
    assert "private" not in said
    assert (tmp_path / "results" / "mug.jpg").is_file()


def test_the_usual_data_folder_needs_no_naming(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(command, "command_elsewhere", lambda: "packshot")
    said = how_to_try("http://127.0.0.1:8080", DataFolder(tmp_path / "packshot"))
    assert "\n  packshot run" in said
    said = how_to_try("http://127.0.0.1:8080", DataFolder(tmp_path / "my shop"))
    assert f"\n  PACKSHOT_DATA_DIR='{tmp_path}/my shop' packshot run" in said


def test_the_command_to_try_is_told_by_its_path_unless_a_new_terminal_finds_it(tmp_path, monkeypatch):
    environment, usual = tmp_path / "my venv" / "bin", tmp_path / "bin"
    for folder in (environment, usual):
        folder.mkdir(parents=True)
    own = environment / "packshot"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(own), "up"])
    monkeypatch.setattr(sys, "prefix", str(environment.parent))
    monkeypatch.setenv("PATH", f"{environment}{os.pathsep}{usual}")
    assert command.command_elsewhere() == str(own)
    assert f"'{own}' run" in how_to_try("http://127.0.0.1:8080", DataFolder(tmp_path))
    (usual / "packshot").symlink_to(own)
    assert command.command_elsewhere() == "packshot"
    (usual / "packshot").unlink()
    shutil.copy("/bin/true", usual / "packshot")  # another program of that name
    assert command.command_elsewhere() == str(own)


@pytest.mark.parametrize(("given", "asked"), [(["PORT=8090"], "packshot up --port 8090"), ([], "packshot up")])
def test_make_up_takes_a_port(given, asked):
    words = [require("make"), "--no-print-directory", "-n", "up", *given]
    environment = {name: value for name, value in os.environ.items() if name != "PORT"}
    root = Path(__file__).parents[2]
    said = subprocess.check_output(words, cwd=root, text=True, env=environment)
    assert said.splitlines()[-1].strip().endswith(asked)


def test_the_console_link_holds_the_key_for_a_terminal_alone(tmp_path):
    folder = DataFolder(tmp_path)
    folder.key.write_text("psk_1.secret\n")
    assert "/console#key=psk_1.secret\n" in how_to_try("http://127.0.0.1:8080", folder, to_terminal=True)
    assert "secret" not in how_to_try("http://127.0.0.1:8080", folder)
    folder.key.unlink()
    assert "#key" not in how_to_try("http://127.0.0.1:8080", folder, to_terminal=True)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_the_url_is_how_this_machine_reaches_the_host(host, url):
    if host == "::1" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    assert claim_port(host, 0).url.startswith(url)
    assert claim_port(host, 0).port < 32_768  # above, systems lend ports to outgoing connections


def test_an_address_of_another_machine_cannot_be_claimed():
    with pytest.raises(StackError, match=r"192\.0\.2\.1:0 cannot be listened on"):
        claim_port("192.0.2.1", 0)


def test_redis_is_asked_with_its_password(redis_url):
    assert answers(redis_url)
    assert not answers(redis_url.replace("redis://:", "redis://:wrong"))
    assert not answers("redis://:x@127.0.0.1:9/0", timeout_s=0.5)


def test_a_missing_server_distribution_is_told_with_its_remedy(monkeypatch, tmp_path):
    def missing(_name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(StackError, match="pip install"):
        require_server()
    result = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "data")])
    assert result.exit_code == 4
    assert not (tmp_path / "data").exists()


def test_a_folder_named_api_where_the_user_stands_is_not_ours(up, client):
    assert (up.folder / "api" / "__main__.py").exists()
    assert set(client.operations()) > {"resize"}
    assert "wrong api" not in (up.folder / "logs" / "api.log").read_text()


def test_a_killed_test_run_leaves_no_stack(tmp_path):
    code = (
        "from pathlib import Path; from tests.client.conftest import start_up; import time;"
        f"start_up(Path({str(tmp_path)!r}), until='starting'); print('started', flush=True); time.sleep(100)"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout.readline() == "started\n"
    until(lambda: "redis" in processes_of(tmp_path))
    tests.kill()
    tests.communicate()
    until(lambda: processes_of(tmp_path) == {} and (tmp_path / "said.log").read_text().endswith("stopped\n"))


def test_up_tells_programs_in_a_line_of_json_where_it_is(tmp_path):
    port = two_free_ports()
    up = start_up(tmp_path / "data", "--json", until='"url"', PACKSHOT_METRICS_PORT=str(port))
    (line,) = [line for line in up.said().splitlines() if line.startswith("{")]
    told = json.loads(line)
    assert told == {
        "url": up.url,
        "key_file": str(up.folder / "dev-key"),
        "logs": str(up.folder / "logs"),
        "data": str(up.folder),
        "metrics": [f"http://127.0.0.1:{port + number}/metrics" for number in (0, 1)],
    }
    for url, metric in zip(told["metrics"], ("packshot_redis_up", "packshot_model_info"), strict=True):
        assert metric in httpx.get(url, trust_env=False, timeout=60).text
    assert up.stop() == 0
