"""Learning curves, drawn from the logs of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: there is no screen
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from engine.training.errors import RefusedError
from engine.training.log import LOG_FILE, Entry, read_alarms, read_log

__all__ = ["plot_runs", "read_log"]

NEGATED = "val_minus_"
"""Validations are logged so that higher is better; what is better low is drawn as itself."""


def plot_runs(runs: Sequence[Path], out: Path) -> None:
    """Draw training loss and validation of each run's log as a PNG, with lines where it gave alarms.

    Several runs lie over each other, each thinner than the one before, so that equal curves all stay visible. Raises
    RefusedError where there is no log, an empty one, or one of another measure than the first run's.
    """
    logs = [_validations(run) for run in runs]
    metric = _metric(logs[0])
    for run, entries in zip(runs, logs, strict=True):
        if _metric(entries) != metric:
            raise RefusedError(f"{run} was validated by {_metric(entries)}, {runs[0]} by {metric}; draw them apart")
    figure, (loss_axis, metric_axis) = plt.subplots(2, sharex=True, figsize=(7, 5))
    for place, (run, entries) in enumerate(zip(runs, logs, strict=True)):
        _draw(loss_axis, run, entries, "loss", place, len(runs))
        _draw(metric_axis, run, entries, metric, place, len(runs))
        _draw_alarms(metric_axis, run, place)
    loss_axis.set(ylabel="training loss", title=_title(runs, logs))
    metric_axis.set(xlabel="step", ylabel=metric.removeprefix(NEGATED).removeprefix("val_"))
    if len(runs) > 1 or metric_axis.get_legend_handles_labels()[1] != [runs[0].name]:
        metric_axis.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    plt.close(figure)


def _validations(run: Path) -> list[Entry]:
    path = run / LOG_FILE
    if not path.is_file():
        raise RefusedError(f"{path} is not there: {run} holds no run")
    entries = read_log(path)
    if not entries:
        raise RefusedError(f"{path} has no validations to draw")
    for entry in entries:
        if any(not isinstance(entry.get(key), int | float) for key in ("loss", "wall_s", _metric(entries))):
            told = f"step {entry['step']} has no number for the loss, the time or a validation's measure"
            raise RefusedError(f"{path} is not the log of a training: {told}")
    return entries


def _metric(entries: list[Entry]) -> str:
    return next((key for key in entries[0] if key.startswith("val_")), "val_")


def _draw(axis: Axes, run: Path, entries: list[Entry], key: str, place: int, runs: int) -> None:
    sign = -1 if key.startswith(NEGATED) else 1
    steps, values = [entry["step"] for entry in entries], [sign * entry[key] for entry in entries]
    width = 1.5 + 2.0 * (runs - 1 - place)
    axis.plot(steps, values, color=f"C{place}", linewidth=width, marker="o", markersize=width + 1.5, label=run.name)


def _draw_alarms(axis: Axes, run: Path, place: int) -> None:
    """A dotted line at each step that gave an alarm; the legend tells the kinds, each once."""
    told = set()
    for alarm in read_alarms(run / LOG_FILE):
        kind = str(alarm["alarm"]).partition(":")[0]
        axis.axvline(alarm["step"], color=f"C{place}", linestyle=":", label=None if kind in told else f"alarm: {kind}")
        told.add(kind)


def _title(runs: Sequence[Path], logs: list[list[Entry]]) -> str:
    return ", ".join(
        f"{run.name}: {entries[-1]['wall_s'] / 60:.0f} min" for run, entries in zip(runs, logs, strict=True)
    )
