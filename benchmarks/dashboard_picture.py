"""Draws the dashboard of docker/grafana without Grafana: its own panels, from what a Prometheus answers to them.

`python -m benchmarks.dashboard_picture --prometheus http://127.0.0.1:9090 --out docs/images/dashboard.png`, in an
environment with httpx and matplotlib. Each panel's title, place, unit, stacking and expressions are read from the
dashboard's JSON; colours and type are ours. Panels that have no data say so.
"""

import argparse
import io
import json
import math
import time
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.dashboard_answers import Asked, Curve

DASHBOARD = Path(__file__).parents[1] / "docker" / "grafana" / "dashboards" / "packshot.json"
CELL_PX, ROW_PX = 66, 27
GAP_PX, MARGIN_PX, TOP_PX = 8, 14, 64
DPI = 100
GROUND, PANEL, LINE, TEXT, QUIET = "#111217", "#181b1f", "#2c3035", "#d8d9dd", "#8e9199"
COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#f2495c", "#b877d9", "#8ab8ff", "#ffb357", "#96d98d", "#ca95e5")
NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c"}
LEGEND_ENTRIES = 6
MINUTE_S, MIB = 60.0, 2**20


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A value as a person reads it."""
    if math.isnan(value):
        return "–"
    if unit == "percentunit":
        return f"{value * 100:.{1 if decimals else 0}f} %"
    if unit == "bytes":
        power = min(3, int(math.log(value, 1024))) if value >= 1 else 0
        return f"{value / 1024**power:.{0 if power == 0 else 1}f} {('B', 'KiB', 'MiB', 'GiB')[power]}"
    if unit == "s":
        return (
            f"{value * 1000:.0f} ms" if 0 < value < 1 else f"{value:.3g} s" if value < 60 else f"{value / 60:.3g} min"
        )
    return f"{value:.{decimals}f}" if decimals and value % 1 else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


class Sheet:
    """The whole picture; panels are placed as the dashboard's grid says."""

    def __init__(self, panels: list[dict[str, Any]], title: str, asked: Asked) -> None:
        from matplotlib.figure import Figure

        rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
        self._width_px = 2 * MARGIN_PX + 24 * CELL_PX
        self._height_px = TOP_PX + rows * ROW_PX + MARGIN_PX
        self._asked = asked
        self.figure = Figure((self._width_px / DPI, self._height_px / DPI), dpi=DPI, facecolor=GROUND)
        self._text(MARGIN_PX, 30, title, size=17, color=TEXT, weight="bold")
        self._text(MARGIN_PX, 51, _subtitle(asked), size=9.5, color=QUIET)
        for panel in panels:
            draw = {"row": self._row, "stat": self._stat, "timeseries": self._graph, "table": self._table}
            draw[panel["type"]](panel)

    def _text(self, x_px: float, y_px: float, text: str, **style: Any) -> None:
        self.figure.text(x_px / self._width_px, 1 - y_px / self._height_px, text, **style)

    def _frame(self, panel: dict[str, Any]) -> tuple[float, float, float, float]:
        """Left, top, width and height of a panel, in pixels from the top; its ground and title are drawn."""
        from matplotlib.patches import FancyBboxPatch

        place = panel["gridPos"]
        x, y = MARGIN_PX + place["x"] * CELL_PX, TOP_PX + place["y"] * ROW_PX
        width, height = place["w"] * CELL_PX - GAP_PX, place["h"] * ROW_PX - GAP_PX
        corner = (x / self._width_px, 1 - (y + height) / self._height_px)
        size = (width / self._width_px, height / self._height_px)
        box = FancyBboxPatch(
            corner, *size, boxstyle="square,pad=0", facecolor=PANEL, edgecolor=LINE, linewidth=0.8, zorder=-1
        )
        self.figure.add_artist(box)
        self._text(x + 10, y + 18, panel["title"], size=9.5, color=TEXT)
        return x, y, width, height

    def _axes(self, x: float, y: float, width: float, height: float) -> Any:
        place = (x / self._width_px, 1 - (y + height) / self._height_px)
        return self.figure.add_axes((*place, width / self._width_px, height / self._height_px), facecolor="none")

    def _row(self, panel: dict[str, Any]) -> None:
        y = TOP_PX + panel["gridPos"]["y"] * ROW_PX + 17
        self._text(MARGIN_PX + 2, y, f"▾ {panel['title']}", size=11, color=TEXT, weight="bold")

    def _stat(self, panel: dict[str, Any]) -> None:
        x, y, width, height = self._frame(panel)
        defaults = panel["fieldConfig"]["defaults"]
        curves = self._asked.curves(panel["targets"][0]["expr"], panel["title"])
        value = curves[0].last if curves else math.nan
        steps = defaults["thresholds"]["steps"]
        passed = [step for step in steps if step["value"] is None or value >= step["value"]]
        colour = NAMED[passed[-1]["color"]]
        told = shown(value, defaults["unit"], defaults.get("decimals"))
        self._text(x + width / 2, y + 58, told, size=21, color=colour, weight="bold", ha="center")
        if curves:
            axes = self._axes(x, y + height * 0.66, width, height * 0.34)
            axes.fill_between(curves[0].at, curves[0].values, color=colour, alpha=0.22, linewidth=0)
            axes.plot(curves[0].at, curves[0].values, color=colour, linewidth=1)
            axes.set_ylim(0, max([value for value in curves[0].values if not math.isnan(value)] or [1]) * 1.15 or 1)
            axes.set_xlim(-self._asked.span_s, 0)
            axes.axis("off")

    def _graph(self, panel: dict[str, Any]) -> None:
        x, y, width, height = self._frame(panel)
        defaults = panel["fieldConfig"]["defaults"]
        curves = [c for each in panel["targets"] for c in self._asked.curves(each["expr"], each["legendFormat"])]
        curves = [curve for curve in curves if not math.isnan(curve.last) or any(v == v for v in curve.values)]
        lines = math.ceil(min(len(curves), LEGEND_ENTRIES) / 2)
        axes = self._axes(x + 56, y + 32, width - 70, height - 60 - 15 * lines)
        if not curves:
            self._text(x + width / 2, y + height / 2, "No data", size=10, color=QUIET, ha="center")
        elif defaults["custom"]["stacking"]["mode"] == "normal":
            values = [[0.0 if math.isnan(value) else value for value in curve.values] for curve in curves]
            colours = [COLOURS[number % len(COLOURS)] for number in range(len(curves))]
            axes.stackplot(curves[0].at, values, colors=colours, alpha=0.55, linewidth=0.8, edgecolor=colours)
        else:
            for number, curve in enumerate(curves):
                axes.plot(curve.at, curve.values, color=COLOURS[number % len(COLOURS)], linewidth=1.25)
        self._dress(axes, defaults, curves)
        for number, curve in enumerate(curves[:LEGEND_ENTRIES]):
            left = x + 12 + (number % 2) * (width - 20) / 2
            top = y + height - 15 * lines + 15 * (number // 2) + 5
            self._text(left, top, "▬", size=8, color=COLOURS[number % len(COLOURS)])
            name = curve.name if len(curve.name) < 34 else curve.name[:32] + "…"
            more = f"  (+{len(curves) - LEGEND_ENTRIES})" if number + 1 == LEGEND_ENTRIES < len(curves) else ""
            self._text(left + 16, top, name + more, size=8, color=QUIET)

    def _dress(self, axes: Any, defaults: dict[str, Any], curves: list[Curve]) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter

        axes.set_xlim(-self._asked.span_s, 0)
        low, high = axes.get_ylim()
        axes.set_ylim(0, max(high, 1e-3) if curves and high > 0 else 1)
        if "max" in defaults:
            axes.set_ylim(0, max(defaults["max"], high if low < 0 else 0) * 1.04)
        axes.yaxis.set_major_locator(self._steps(axes.get_ylim()[1], defaults["unit"]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, defaults["unit"])))
        axes.xaxis.set_major_locator(FixedLocator(self._minutes()))
        axes.xaxis.set_major_formatter(FuncFormatter(self._clock))
        axes.tick_params(colors=QUIET, labelsize=7.5, length=0)
        axes.grid(color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)

    def _steps(self, high: float, unit: str) -> Any:
        """Round steps for people: of minutes, of powers of two for bytes, of ten for the rest."""
        from matplotlib.ticker import MaxNLocator, MultipleLocator

        if unit == "s" and high > MINUTE_S:
            return MultipleLocator(next(step for step in (15, 30, 60, 120, 300, 600, 1800, 7200) if high / step <= 5))
        if unit == "bytes" and high > MIB:
            return MultipleLocator(next(2**power * MIB for power in range(40) if high / (2**power * MIB) <= 5))
        return MaxNLocator(4)

    def _minutes(self) -> list[float]:
        """Whole minutes, five or fewer, none of them at the very end, where there is no room to write it."""
        every = next(step for step in (1, 2, 3, 5, 10, 15, 30, 60) if self._asked.span_s / (MINUTE_S * step) <= 5)
        first = -(self._asked.end % (MINUTE_S * every))
        ticks = (first - MINUTE_S * every * number for number in range(6))
        return [tick for tick in ticks if -0.98 * self._asked.span_s < tick < -0.04 * self._asked.span_s]

    def _clock(self, before_s: float, _: int) -> str:
        return time.strftime("%H:%M", time.gmtime(self._asked.end + before_s))

    def _table(self, panel: dict[str, Any]) -> None:
        x, y, width, _ = self._frame(panel)
        names = panel["transformations"][0]["options"]["renameByName"]
        rows = sorted(self._asked.labels(panel["targets"][0]["expr"]), key=lambda row: row.get("model", ""))
        columns = [x + 12 + width * share for share in (0, 0.42, 0.56, 0.8)]
        for column, name in zip(columns, names.values(), strict=True):
            self._text(column, y + 38, name, size=8.5, color=TEXT, weight="bold")
        for number, row in enumerate(rows[:13]):
            for column, label in zip(columns, names, strict=True):
                told = f"{float(row[label]) * 100:g} %" if label == "share" else row.get(label, "")
                self._text(column, y + 54 + 12.4 * number, told, size=7.8, color=QUIET)


def _subtitle(asked: Asked) -> str:
    begin, end = (time.strftime("%H:%M", time.gmtime(at)) for at in (asked.end - asked.span_s, asked.end))
    return (
        f"{begin} to {end} UTC. Drawn by benchmarks/dashboard_picture.py from docker/grafana/dashboards/packshot.json "
        "and a Prometheus' answers, not by Grafana."
    )


def main() -> None:
    """Ask, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", help="its address")
    parser.add_argument("--minutes", type=float, default=20.0, help="how long a span is drawn")
    parser.add_argument("--ended-s", type=float, default=0.0, help="how long ago it ended")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = Asked(options.prometheus, options.minutes, options.ended_s)
    sheet = Sheet(dashboard["panels"], f"{dashboard['title']}: one installation under load", asked)
    drawn = io.BytesIO()
    sheet.figure.savefig(drawn, facecolor=GROUND)
    with Image.open(drawn) as picture:  # in 256 colours it is a third as large, and looks the same
        picture.convert("RGB").quantize(256).save(options.out, optimize=True)


if __name__ == "__main__":
    main()
