"""Draws the loads of `benchmarks/batching.py`: `python -m benchmarks.batching_picture docs/images/batching.png`.

It needs Matplotlib, of the `train` extra (`.venv-train`). Fairness is what `engine/simulation/fairness.py` says: Jain's
index of what each tenant got by its max-min fair share, over windows of 20 ms.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.batching_load import load

WIDTH_PX, HEIGHT_PX, DPI = 1400, 1260, 100


@dataclass(frozen=True, slots=True)
class _Style:
    label: str
    colour: str
    marker: str
    width: float = 1.6


_STYLES = {
    "ours": _Style("Packshot", "#0072b2", "o", 3.0),
    "shapes": _Style("a queue for each shape", "#009e73", "s"),
    "triton": _Style("Triton's dynamic batcher", "#cc79a7", "^"),
    "one": _Style("one at a time", "#6b6b6b", "D"),
    "padded": _Style("padded to the largest", "#d55e00", "v"),
}
_FACE = {
    "font.size": 11,
    "axes.titlesize": 12.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "lines.markersize": 5,
}
_CAPTION = (
    "Simulated: a GPU as an assumed cost curve; shop photos and 5% phone photos of up to 24 megapixels, Poisson and "
    "bursts.\nOffered load: pixels asked for each second, by what the bare device could compute; shaded: overload."
)
_Rows = Sequence[dict[str, float | str]]


def draw(rows: _Rows, out: Path) -> None:
    """Write the figure: device time and fairness above, the latencies of clicks and of bulk below."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_FACE):
        figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, layout="constrained")
        head, above, clicks, bulk = figure.subfigures(4, 1, height_ratios=(2, 9, 9, 9), hspace=0.03)
        device, fair = above.subplots(1, 2)
        _draw_device_time(device, rows)
        _draw_fairness(fair, rows)
        _draw_latencies(clicks, rows, "click", "Clicks, 20% of the photos: milliseconds from arrival to answer")
        _draw_latencies(bulk, rows, "bulk", "Bulk, 80% of the photos: milliseconds from arrival to answer")
        head.suptitle(_CAPTION, x=0.005, y=0.97, ha="left", va="top", fontsize=12)
        lines, labels = fair.get_legend_handles_labels()
        head.legend(lines, labels, loc="lower center", ncols=len(labels), frameon=False, fontsize=13)
        figure.savefig(out, metadata={"Software": None}, pil_kwargs={"optimize": True})


def _draw_device_time(axes: Any, rows: _Rows) -> None:
    _draw_lines(axes, rows, "busy")
    _draw_lines(axes, rows, "delivered", linestyle=(0, (4, 2)), marker="", linewidth=1.6)
    axes.set_title("Device: time busy (solid), pixels delivered (dashed)", loc="left", fontweight="bold")
    axes.set_ylabel("share of the time, of the best rate")
    axes.set_ylim(0, 1.04)
    axes.yaxis.set_major_formatter(_percent)


def _draw_fairness(axes: Any, rows: _Rows) -> None:
    _draw_lines(axes, rows, "fairness")
    axes.set_title("Fairness to 8 tenants, in windows of 20 ms", loc="left", fontweight="bold")
    axes.set_ylabel("Jain's index of got / max-min fair share")
    axes.set_ylim(0, 1.04)


def _draw_latencies(figure: Any, rows: _Rows, kind: str, title: str) -> None:
    figure.suptitle(title, x=0.005, ha="left", fontsize=12.5, fontweight="bold")
    for axes, percent in zip(figure.subplots(1, 3, sharey=True), (50, 95, 99), strict=True):
        _draw_lines(axes, rows, f"{kind}_p{percent}_ms")
        axes.set_title(f"p{percent}", loc="left")
        axes.set_yscale("log")
        axes.set_yticks((0.3, 1, 3, 10, 30, 100, 300), labels=("0.3", "1", "3", "10", "30", "100", "300"))
        axes.minorticks_off()
        axes.tick_params(labelleft=True)
        axes.set_ylim(0.3, 100 if kind == "click" else 700)


def _draw_lines(axes: Any, rows: _Rows, column: str, **look: Any) -> None:
    """One line for each policy, ours on top; the load beyond what the bare device can do is shaded."""
    loads = sorted({float(row["load"]) for row in rows})
    for rank, (policy, style) in enumerate(_STYLES.items()):
        heights = [float(row[column]) for row in rows if row["policy"] == policy]
        own = {"marker": style.marker, "linewidth": style.width, "zorder": 10 - rank}
        axes.plot(loads, heights, label=style.label, color=style.colour, **(own | look))
    axes.set_xlim(loads[0] - 0.03, loads[-1] + 0.03)
    axes.axvspan(1.0, loads[-1] + 0.03, color="#f3f3f3", zorder=0)
    axes.set_xlabel("offered load")
    axes.xaxis.set_major_formatter(_percent)


def _percent(value: float, _position: int) -> str:
    return f"{value:.0%}"


if __name__ == "__main__":
    draw(load(), Path(sys.argv[1]))
