"""The guide's page on the command line keeps up with the commands."""

import re
from pathlib import Path

import click

from packshot.cli import main
from packshot.cli.exits import Exit

PAGE = (Path(__file__).parents[2] / "api" / "guide" / "command-line.md").read_text(encoding="utf-8")


def test_every_command_stands_on_the_page_and_none_that_is_not_there():
    told = set(re.findall(r"`packshot ([a-z]+)", PAGE))
    assert told == set(main.commands)


def test_every_command_that_tells_something_takes_json():
    silent = {"worker", "compile", "capacity"}  # they become the server's own programs; the last takes it there
    commands = [(name, command) for name, command in main.commands.items() if name not in silent]
    for name, command in list(commands):
        if isinstance(command, click.Group):
            commands.remove((name, command))
            commands += [(f"{name} {sub}", one) for sub, one in command.commands.items()]
    without = [name for name, command in commands if not any("--json" in option.opts for option in command.params)]
    assert without == []


def test_the_exit_codes_are_those_of_the_code():
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)} == {int(code) for code in Exit}
