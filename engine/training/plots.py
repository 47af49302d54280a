"""Learning curves, drawn from a run's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # before pyplot: there is no screen
from matplotlib import pyplot as plt


def plot_run(run: Path, out: Path) -> None:
    """Draw training loss and validation of ``run``/log.jsonl as a PNG.

    Raises ValueError when the log is empty.
    """
    entries = read_log(run / "log.jsonl")
    if not entries:
        raise ValueError(f"{run / 'log.jsonl'} has no validations to draw")
    metric = next(key for key in entries[0] if key.startswith("val_"))
    steps = [entry["step"] for entry in entries]
    figure, loss_axis = plt.subplots(figsize=(7, 4))
    loss_axis.plot(steps, [entry["loss"] for entry in entries], color="tab:grey", label="training loss")
    loss_axis.set(xlabel="step", ylabel="training loss", title=f"{run.name}: {entries[-1]['wall_s'] / 60:.0f} min")
    metric_axis = loss_axis.twinx()
    metric_axis.plot(steps, [entry[metric] for entry in entries], color="tab:blue", marker="o", label=metric)
    metric_axis.set_ylabel(metric, color="tab:blue")
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    plt.close(figure)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the log's validations; of a step that was logged twice (a resumed run) the later one counts."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    entries = {entry["step"]: entry for entry in lines if "alarm" not in entry}
    return [entries[step] for step in sorted(entries)]
