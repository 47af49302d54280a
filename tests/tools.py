"""What tests need that no Python package brings: programs of the machine, and an index of packages."""

import os
import shutil
from typing import NoReturn

import pytest

_PACKAGES = {"make": "make", "node": "nodejs", "php": "php-cli", "curl": "curl"}
"""Debian's package of each program."""


def require(program: str) -> str:
    """The path of a program; without it the test is skipped, and fails where ``CI`` is set in the environment."""
    path = shutil.which(program)
    if path is None:
        give_up(f"there is no {program} on the PATH (Debian: apt install {_PACKAGES[program]})")
    return path


def give_up(reason: str) -> NoReturn:
    """Skip the test; in CI, where everything has to be there, fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; with CI set nothing is skipped for that")
    pytest.skip(reason)
