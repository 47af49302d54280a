"""Draws the comparison as SVG, without a library: bars for speed and latency, lines for memory by photo size."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.peers.load import percentile

_KINDS = {"restore": "restore", "relight": "relight", "clicks": "relight, arriving by themselves"}
_LABEL_PX, _BAR_PX, _ROW_PX, _GAP_PX, _HEAD_PX = 200, 230, 22, 30, 44
_OURS = "#0072b2"
_COLOURS = (
    "#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#e69f00",
    "#6b6b6b", "#7a3e9d", "#8c510a", "#1b1b1b", "#b8b000", "#b00020",
)  # fmt: skip
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.n{font-weight:600}.v{fill:#666;font-size:11px}"
    ".w{stroke:#333;stroke-width:1.2}.g{stroke:#e4e4e4}.l{fill:none;stroke-width:2}"
)
Rounds = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]


def draw_speed(rounds: Rounds, labels: Mapping[str, str]) -> str:
    """For each kind of load megapixels a second (the line: least to most of the rounds), and p50 and p95."""
    kinds = [kind for kind in _KINDS if all(kind in one for one in rounds.values())]
    panel_px = _HEAD_PX + _ROW_PX * len(rounds) + _GAP_PX
    width, height = _LABEL_PX + 2 * (_BAR_PX + 70) + 2 * _GAP_PX, panel_px * len(kinds) + 10
    parts = [_speed_panel(rounds, labels, kind, at * panel_px) for at, kind in enumerate(kinds)]
    return _page(width, height, "".join(parts))


def draw_memory(systems: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Memory of the whole process tree at most, by the size of the one photo that is restored."""
    names = [name for name in labels if name in systems]
    points = {name: [(at, mib) for at, mib in systems[name]["peaks"] if mib is not None] for name in names}
    most_mp = max(at for each in points.values() for at, _ in each)
    most_mib = max(mib for each in points.values() for _, mib in each) * 1.08
    left, top, wide, high = 70, 30, 520, 300
    grid = "".join(
        f'<line class="g" x1="{left}" x2="{left + wide}" y1="{y:.0f}" y2="{y:.0f}"/>'
        f'<text class="v" x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{most_mib * part / 4 / 1024:.1f} GiB</text>'
        for part in range(5)
        for y in [top + high * (1 - part / 4)]
    )
    ticks = "".join(
        f'<text class="v" x="{left + wide * at / most_mp:.0f}" y="{top + high + 18}" text-anchor="middle">{at:g}</text>'
        for at in sorted({at for each in points.values() for at, _ in each})
    )
    ticks += f'<text class="v" x="{left + wide + 24}" y="{top + high + 18}">megapixels of the photo</text>'
    lines = ""
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(left + wide * at / most_mp, top + high * (1 - mib / most_mib)) for at, mib in points[name]]
        drawn = " ".join(f"{x:.0f},{y:.1f}" for x, y in places)
        dots = "".join(f'<circle cx="{x:.0f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
        place = f'x="{left + wide + 24}" y="{top + 14 + 20 * number}"'
        key = f'<text {place} style="fill:{colour}">{escape(labels[name])}</text>'
        lines += f'<polyline class="l" stroke="{colour}" points="{drawn}"/>{dots}{key}'
    return _page(left + wide + 230, top + high + 34, grid + ticks + lines)


def _speed_panel(rounds: Rounds, labels: Mapping[str, str], kind: str, top: int) -> str:
    rates = {name: [one["mp_per_s"] for one in kinds[kind]] for name, kinds in rounds.items()}
    seconds = {name: sorted(s for one in kinds[kind] for s in one["latencies_s"]) for name, kinds in rounds.items()}
    most = max(max(each) for each in rates.values())
    longest = max(percentile(each, 95) for each in seconds.values())
    second = _LABEL_PX + _BAR_PX + 70
    rows = [
        f'<text class="n" x="10" y="{top + 20}">{_KINDS[kind]}</text>',
        f'<text class="v" x="{_LABEL_PX}" y="{top + 36}">megapixels a second: more is better</text>',
        f'<text class="v" x="{second}" y="{top + 36}">seconds, p50 and p95 (pale): less is better</text>',
    ]
    for number, name in enumerate(rounds):
        y = top + _HEAD_PX + _ROW_PX * number
        colour = _OURS if name.startswith("packshot") else "#8c8c8c"
        least, middle, best = min(rates[name]), statistics.median(rates[name]), max(rates[name])
        p50, p95 = percentile(seconds[name], 50), percentile(seconds[name], 95)
        rows.append(f'<text x="10" y="{y + 13}">{escape(labels[name])}</text>')
        rows.append(_bar(_LABEL_PX, y, _BAR_PX * middle / most, colour))
        ends = [_LABEL_PX + _BAR_PX * value / most for value in (least, best)]
        rows.append(f'<line class="w" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y + 8}" y2="{y + 8}"/>')
        rows.append(f'<text class="v" x="{ends[1] + 6:.0f}" y="{y + 12}">{middle:.2f}</text>')
        rows.append(_bar(second, y, _BAR_PX * p95 / longest, colour, 0.35))
        rows.append(_bar(second, y, _BAR_PX * p50 / longest, colour))
        told = f"{p50:.2f}, {p95:.2f}"
        rows.append(f'<text class="v" x="{second + _BAR_PX * p95 / longest + 6:.0f}" y="{y + 12}">{told}</text>')
    return "".join(rows)


def _bar(x: int, y: int, length: float, colour: str, opacity: float = 1.0) -> str:
    return f'<rect x="{x}" y="{y}" width="{length:.1f}" height="{_ROW_PX - 6}" fill="{colour}" opacity="{opacity}"/>'


def _page(width: int, height: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{content}</svg>\n'
    )
