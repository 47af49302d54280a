"""Line charts as SVG, written by hand: panels side by side, a line for each series, one legend."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

Points = Sequence[tuple[float, float]]
PANEL_PX, HEIGHT_PX, MARGIN_PX = 380, 300, 46
COLOURS = ("#1f6feb", "#d1642e", "#5b8c3a", "#8a4fb5")
DASHES = ("", "6 3", "2 3")


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: `series` by name; those named "name, note" share the colour of "name" and differ in their dashes."""

    title: str
    series: Mapping[str, Points]
    across: str
    ticks: Sequence[float]
    log: bool = False


def draw(panels: Sequence[Panel]) -> str:
    """Return the SVG text."""
    width, height = PANEL_PX * len(panels), HEIGHT_PX + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        "<style>text { font-size: 12px }</style>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * PANEL_PX} 0)">')
        parts += _panel(panel)
        parts.append("</g>")
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    parts += _legend(names, width)
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel) -> Iterator[str]:
    yield f'<text x="{MARGIN_PX}" y="20" font-weight="bold">{escape(panel.title)}</text>'
    left, right, bottom = MARGIN_PX, PANEL_PX - 14, HEIGHT_PX - 36
    for tick in panel.ticks:
        y = _y(panel, tick)
        yield f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
    moments = sorted({x for points in panel.series.values() for x, _ in points})
    for moment in moments:
        yield f'<text x="{_x(moments, moment):.1f}" y="{bottom + 18}" text-anchor="middle">{moment:g}</text>'
    yield f'<text x="{(left + right) / 2}" y="{bottom + 34}" text-anchor="middle">{escape(panel.across)}</text>'
    styles = _styles(list(panel.series))
    for name, points in panel.series.items():
        path = " ".join(f"{_x(moments, x):.1f},{_y(panel, y):.1f}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke-width="2" {styles[name]}/>'


def _legend(names: Sequence[str], width: int) -> Iterator[str]:
    styles, step = _styles(names), width / len(names)
    for number, name in enumerate(names):
        x, y = number * step + 16, HEIGHT_PX + 16
        yield f'<line x1="{x:.0f}" x2="{x + 24:.0f}" y1="{y - 4}" y2="{y - 4}" stroke-width="2" {styles[name]}/>'
        yield f'<text x="{x + 30:.0f}" y="{y}">{escape(name)}</text>'


def _styles(names: Sequence[str]) -> dict[str, str]:
    hues = list(dict.fromkeys(name.split(",")[0] for name in names))
    notes = list(dict.fromkeys(name.partition(",")[2] for name in names))
    return {
        name: f'stroke="{COLOURS[hues.index(name.split(",")[0])]}" '
        f'stroke-dasharray="{DASHES[notes.index(name.partition(",")[2])]}"'
        for name in names
    }


def _x(moments: Sequence[float], value: float) -> float:
    left, right = MARGIN_PX + 10, PANEL_PX - 24
    return left + (value - moments[0]) / (moments[-1] - moments[0]) * (right - left)


def _y(panel: Panel, value: float) -> float:
    scale = math.log if panel.log else float
    low, high = scale(panel.ticks[0]), scale(panel.ticks[-1])
    top, bottom = 36, HEIGHT_PX - 40
    return bottom - (scale(value) - low) / (high - low) * (bottom - top)
