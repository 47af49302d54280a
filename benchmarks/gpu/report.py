"""Writes what a benchmark measured: a table and JSON, with the command and the machine that made them."""

import datetime
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.tables import Row, as_table

RESULTS = Path(__file__).with_name("results.md")


@dataclass(frozen=True, slots=True)
class Report:
    """One run of one benchmark. All rows have the same columns."""

    title: str
    command: str
    machine: Mapping[str, str]
    rows: Sequence[Row]
    notes: str


def as_markdown(report: Report) -> str:
    """A section: what it is, who measured it with what, the table, and the same as JSON for programs."""
    machine = "; ".join(f"{key}: {value}" for key, value in report.machine.items())
    data: dict[str, Any] = {"title": report.title, "command": report.command, "machine": dict(report.machine)}
    data |= {"rows": [dict(row) for row in report.rows]}
    return (
        f"## {report.title}\n\n`{report.command}`\n\n{machine}\n\n{report.notes}\n\n{as_table(report.rows)}\n\n"
        f"<details><summary>JSON</summary>\n\n```json\n{json.dumps(data, indent=1)}\n```\n\n</details>\n"
    )


def append(report: Report, path: Path = RESULTS) -> None:
    """Add the section to the results."""
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + as_markdown(report))


def machine_facts(device: str, software: Mapping[str, str]) -> dict[str, str]:
    """When and on what: the device, the software, and the commit measured."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    facts = {"day": day, "device": device, "Python": platform.python_version(), **software}
    return facts | {"commit": git.stdout.strip() or "not in a git checkout"}
