"""What is no server's address is refused in the same words by every command, before anything starts."""

import pytest

from .test_cli import packshot

WRONG = ("127.0.0.1:47081", "localhost:47081", "htp://127.0.0.1:47081")
COMMANDS = ("run", "check", "variations", "jobs", "operations")
OPTIONS = {"run": ("--op", "relight"), "check": ("--preset", "amazon-main")}


@pytest.fixture(autouse=True)
def no_private_server(monkeypatch):
    def started(_stack):
        raise AssertionError("a private server was started for a job that a named one was to do")

    monkeypatch.setattr("packshot.stack.private.PrivateStack.__enter__", started)


@pytest.mark.parametrize("address", WRONG)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_wrong_address_in_the_same_words(sample, tmp_path, monkeypatch, command, address):
    monkeypatch.chdir(tmp_path)
    words = [command] if command in ("jobs", "operations") else [command, sample, *OPTIONS.get(command, ())]
    by_option = packshot(*words, "--url", address)
    monkeypatch.setenv("PACKSHOT_URL", address)
    by_environment = packshot(*words)
    assert by_option.exit_code == by_environment.exit_code == 3
    said = f"packshot: a server's address is http://HOST:PORT or https://HOST; got '{address}'"
    assert by_option.output.strip() == by_environment.output.strip() == said


def test_a_catalogue_refuses_a_wrong_address_too(sample, tmp_path):
    (tmp_path / "shop.csv").write_text(f"sku,photo\nmug,{sample}\n")
    result = packshot("catalog", "run", tmp_path / "shop.csv", "--op", "relight", "--url", WRONG[0], "-o", tmp_path)
    assert result.exit_code == 3
    assert f"got '{WRONG[0]}'" in result.output
