"""`packshot doctor`: what it says of a server and of the installation, and how it ends."""

import importlib
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from packshot.cli import main

from .conftest import Answer, RunningUp

command = importlib.import_module("packshot.cli.doctor")  # the package has the command by this name


def doctor(*arguments: object):
    return CliRunner().invoke(main, ["doctor", *map(str, arguments)])


def findings(result) -> dict[str, dict[str, str]]:
    return {found["part"]: found for found in json.loads(result.stdout)["findings"]}


def test_a_running_stack_is_well(up: RunningUp):
    result = doctor("--url", up.url, "--api-key", up.key, "--data", up.folder, "--json")
    found = findings(result)
    assert result.exit_code == 0, result.stdout
    of_this_machine = {"disk", "data folder", "redis speed"}
    assert {one["verdict"] for part, one in found.items() if part not in of_this_machine} == {"ok"}
    assert {"server", "workers", "key", "redis", "storage", "decoder", "models", "backend"} <= found.keys()
    assert "answers; version" in found["redis"]["text"]


def test_a_wrong_key_is_a_fault_with_a_remedy(up: RunningUp):
    result = doctor("--url", up.url, "--api-key", "psk_0000000000000000." + "A" * 43, "--data", up.folder)
    assert result.exit_code == 1
    assert "✗ key" in result.stdout
    assert "→ packshot keys create" in result.stdout
    assert "1 fault" in result.stdout


def test_a_server_that_does_not_answer_is_a_fault_and_the_rest_is_looked_at(tmp_path):
    result = doctor("--url", "http://127.0.0.1:9", "--data", tmp_path, "--json")
    found = findings(result)
    assert result.exit_code == 1
    assert found["server"]["verdict"] == "fault"
    assert found["models"]["verdict"] == "ok"


def test_no_server_at_all_is_a_warning_that_says_how_to_start_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path))
    result = doctor("--json")
    assert result.exit_code == 0, result.stdout
    found = findings(result)
    assert (found["server"]["verdict"], found["server"]["remedy"]) == ("warning", "packshot up starts one")


def test_of_a_server_elsewhere_this_machine_is_looked_at_for_its_engine_alone(tmp_path):
    folder = tmp_path / "none"
    told = doctor("--url", "http://packshot.invalid", "--data", folder).stdout
    there, here = told.split("this machine's installation, by the settings of this shell\n")
    assert there.startswith("the server\n✗ server")
    signs = {line.split()[1] for line in here.splitlines() if line[:1] in set("✓!✗")}
    assert {"client", "machine", "decoder", "gpu", "models", "backend"} <= signs
    assert not {"redis", "storage", "data"} & signs
    assert not folder.exists()


def test_without_workers_a_running_stacks_log_is_named_and_no_second_up(scripted, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "LOOK", (sys.executable, "-c", ""))
    (tmp_path / "stack.json").write_text(json.dumps({"url": scripted.url, "pid": os.getpid()}))
    none = {"type": "/problems/unavailable", "title": "No", "detail": "no worker is alive", "workers": 0}
    scripted.say(Answer(), Answer(503, json.dumps(none).encode()))
    found = findings(doctor("--url", scripted.url, "--data", tmp_path, "--json"))["workers"]
    assert (found["verdict"], found["about"]) == ("fault", "the server")
    assert f"see {tmp_path}/logs/worker*.log" in found["remedy"]
    assert f"PACKSHOT_REDIS_URL=$(cat {tmp_path}/redis/url) packshot worker" in found["remedy"]


def looks_like(monkeypatch, code: str, patience_s: float = 30.0) -> dict[str, dict[str, str]]:
    """What is told of an installation whose own doctor is this code."""
    monkeypatch.setattr(command, "LOOK", (sys.executable, "-c", code))
    monkeypatch.setattr(command, "LOOK_S", patience_s)
    return findings(doctor("--json"))


def test_a_look_that_does_not_end_is_stopped_with_all_that_it_started(monkeypatch):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    found = looks_like(monkeypatch, code, patience_s=0.3)["installation"]
    assert (found["verdict"], found["text"]) == (
        "fault",
        "cannot be looked at: it had not ended within 0.3 s, and was stopped",
    )


def test_a_look_may_say_more_on_stderr_than_a_pipe_holds(monkeypatch):
    code = "import sys; sys.stderr.write('x' * 300_000 + '\\nno disk'); sys.stderr.flush(); sys.exit(3)"
    assert looks_like(monkeypatch, code)["installation"]["text"] == "cannot be looked at: no disk"


@pytest.mark.parametrize("line", ["loading CUDA", "[]", '{"part": "gpu"}', '{"part": 1, "verdict": "odd"}'])
def test_what_is_no_finding_is_told_and_the_rest_is_read(monkeypatch, line):
    fine = json.dumps({"part": "disk", "verdict": "ok", "text": "there is room", "remedy": ""})
    found = looks_like(monkeypatch, f"print({line!r}); print({fine!r})")
    assert found["installation"]["verdict"] == "warning"
    assert line in found["installation"]["text"]
    assert found["disk"]["text"] == "there is room"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_that_shell(shell):
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    assert "_PACKSHOT_COMPLETE" in script
    told = json.loads(CliRunner().invoke(main, ["completion", shell, "--json"]).stdout)
    assert told == {"shell": shell, "script": script.removesuffix("\n")}


def test_the_script_of_bash_completes_commands():
    code = "import os, sys; from packshot.cli import main; main(prog_name='packshot')"
    environment = {"_PACKSHOT_COMPLETE": "bash_complete", "COMP_WORDS": "packshot doc", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "plain,doctor"
