"""Draws lines over time or size as SVG, without a library: panels side by side, each from zero, with its limit."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

Point = tuple[float, float]

_WIDTH, _HEIGHT, _GAP, _HEAD, _FOOT, _LEFT = 330, 150, 26, 40, 20, 44
_MOST_POINTS, _FEW = 400, 20
_INKS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#333333")
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#333}.n{font-weight:600}.v{fill:#666}.b{fill:#f6f6f6}"
    ".l{fill:none;stroke-width:1.6}.m{stroke:#b00020;stroke-dasharray:5 4}"
)


@dataclass(frozen=True)
class Panel:
    """Named lines on one ground; ``limit`` is drawn across it, ``log`` spreads the sizes below by tens."""

    title: str
    unit: str
    lines: Mapping[str, Sequence[Point]]
    across: str
    limit: float | None = None
    log: bool = False


def draw(panels: Sequence[Panel], columns: int = 3) -> str:
    """The picture's text."""
    rows = -(-len(panels) // columns)
    cell_w, cell_h = _LEFT + _WIDTH + _GAP, _HEAD + _HEIGHT + _FOOT + _GAP
    width, height = min(columns, len(panels)) * cell_w + _GAP, rows * cell_h + _GAP
    drawn = [
        _panel(panel, _GAP + column * cell_w + _LEFT, _GAP + row * cell_h)
        for panel, (row, column) in ((panel, divmod(at, columns)) for at, panel in enumerate(panels))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


def _panel(panel: Panel, left: float, top: float) -> str:
    points = [point for line in panel.lines.values() for point in line]
    most = max([value for _, value in points] + [panel.limit or 0.0]) * 1.08 or 1.0
    xs = [_x(panel, at) for at, _ in points]
    low, span = min(xs), (max(xs) - min(xs)) or 1.0
    told = [
        _line(panel, (low, span), most, line, _INKS[at % len(_INKS)]) for at, line in enumerate(panel.lines.values())
    ]
    if panel.limit is not None:
        y = _HEIGHT * (1 - panel.limit / most)
        told.append(f'<line class="m" x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
    ends = sorted({at for at, _ in points})
    return (
        f'<g transform="translate({left:g},{top:g})"><text class="n" y="10">{escape(panel.title)}</text>'
        f"{_legend(panel)}"
        f'<g transform="translate(0,{_HEAD})"><rect class="b" width="{_WIDTH}" height="{_HEIGHT}"/>{"".join(told)}'
        f'<text class="v" x="-4" y="10" text-anchor="end">{_short(most)}</text>'
        f'<text class="v" x="-4" y="{_HEIGHT}" text-anchor="end">0</text>'
        f'<text class="v" y="{_HEIGHT + 14}">{_short(ends[0])}</text>'
        f'<text class="v" x="{_WIDTH}" y="{_HEIGHT + 14}" text-anchor="end">{_short(ends[-1])} '
        f"{escape(panel.across)}{' (by tens)' if panel.log else ''}</text>"
        f"</g></g>"
    )


def _legend(panel: Panel) -> str:
    parts = [f'<tspan fill="#666">{escape(panel.unit)}  </tspan>']
    if len(panel.lines) > 1:
        parts += [
            f'<tspan fill="{_INKS[at % len(_INKS)]}">{escape(name)}  </tspan>' for at, name in enumerate(panel.lines)
        ]
    return f'<text y="27">{"".join(parts)}</text>'


def _line(panel: Panel, across: Point, most: float, points: Sequence[Point], ink: str) -> str:
    low, span = across
    thinned = points[:: max(1, -(-len(points) // _MOST_POINTS))]
    places = [(_WIDTH * (_x(panel, at) - low) / span, _HEIGHT * (1 - value / most)) for at, value in thinned]
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    few = places if len(places) <= _FEW else []
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{ink}"/>' for x, y in few)
    return f'<polyline class="l" stroke="{ink}" points="{told}"/>{dots}'


def _x(panel: Panel, at: float) -> float:
    return math.log10(max(at, 1.0)) if panel.log else at


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"
