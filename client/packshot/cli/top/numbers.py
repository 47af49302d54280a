"""Numbers as `packshot top` shows them: short, and a dash where nothing was measured."""

NOTHING = "–"


def number(value: float | None) -> str:
    """`0.31`, `12.3`, `1234`, `1.2M`."""
    if value is None:
        return NOTHING
    if value >= 1_000_000:
        return f"{value / 1_000_000:.1f}M"
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def seconds(value: float | None) -> str:
    """`0.4s`, `12s`, `3m10s`, `2h05m`."""
    if value is None:
        return NOTHING
    if value < 10:
        return f"{value:.1f}s"
    if value < 60:
        return f"{value:.0f}s"
    if value < 3600:
        return f"{int(value // 60)}m{int(value % 60):02d}s"
    return f"{int(value // 3600)}h{int(value % 3600 // 60):02d}m"


def share(value: float | None) -> str:
    """`87%`."""
    return NOTHING if value is None else f"{value * 100:.0f}%"
