"""Draws a soak as SVG, without a library: a panel for each series, its second half's trend as a line across it."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from benchmarks.soak.trend import Point, Trend

_COLUMNS, _WIDTH, _HEIGHT, _GAP, _HEAD = 4, 250, 92, 18, 34
_MOST_POINTS = 130
_FEW_KEYS = 60
"""Kinds of keys of which there were never more are in the table alone."""
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#333}.n{font-weight:600}.v{fill:#666}.b{fill:#f6f6f6}"
    ".s{fill:none;stroke:#0072b2;stroke-width:1.2}.t{stroke:#009e73;stroke-width:2}.g{stroke:#d55e00;stroke-width:2}"
)


def draw(series: Mapping[str, Sequence[Point]], trends: Sequence[Trend]) -> str:
    """The picture's text. Each panel begins at zero, so that a line that looks flat is."""
    shown = [trend for trend in trends if trend.most > (_FEW_KEYS if trend.name.endswith("keys") else 0)]
    rows = -(-len(shown) // _COLUMNS)
    width, height = _COLUMNS * (_WIDTH + _GAP) + _GAP, rows * (_HEIGHT + _HEAD + _GAP) + _GAP
    panels = [_panel(series[trend.name], trend, *divmod(at, _COLUMNS)) for at, trend in enumerate(shown)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def _panel(points: Sequence[Point], trend: Trend, row: int, column: int) -> str:
    left, top = _GAP + column * (_WIDTH + _GAP), _GAP + row * (_HEIGHT + _HEAD + _GAP)
    last, most = max(at for at, _ in points) or 1, max(value for _, value in points) * 1.1 or 1
    thinned = points[:: max(1, -(-len(points) // _MOST_POINTS))]
    line = " ".join(f"{_WIDTH * at / last:.0f},{_HEIGHT * (1 - value / most):.1f}" for at, value in thinned)
    rise = trend.per_hour * last / 2 / 3600
    ends = [_HEIGHT * (1 - (trend.median + part * rise) / most) for part in (-0.5, 0.5)]
    kind = "t" if trend.flat else "g"
    told = f"{_short(trend.median)}, {_short(trend.per_hour, '+')} in an hour"
    return (
        f'<g transform="translate({left},{top})"><text class="n" y="10">{escape(trend.name)}</text>'
        f'<text class="v" y="25">{told}</text><g transform="translate(0,{_HEAD})">'
        f'<rect class="b" width="{_WIDTH}" height="{_HEIGHT}"/><polyline class="s" points="{line}"/>'
        f'<line class="{kind}" x1="{_WIDTH / 2}" y1="{ends[0]:.1f}" x2="{_WIDTH}" y2="{ends[1]:.1f}"/></g></g>'
    )


def _short(value: float, sign: str = "") -> str:
    """`4,056`, `126.1`, `+0.9`; what would be no more than noise of a few bytes is `0`."""
    if abs(value) < 0.001:
        return "0"
    return f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}.4g}"
