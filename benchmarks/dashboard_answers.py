"""What a Prometheus answers to the expressions of a dashboard: curves, and the labels of series."""

import math
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx

POINTS = 240


@dataclass(frozen=True)
class Curve:
    """One series of a panel: seconds before the end (negative) and values; NaN where there was none."""

    name: str
    at: list[float]
    values: list[float]

    @property
    def last(self) -> float:
        """The newest value, NaN where there is none."""
        return next((value for value in reversed(self.values) if not math.isnan(value)), math.nan)


class Asked:
    """A Prometheus and the span of time that is drawn."""

    def __init__(self, url: str, minutes: float, ended_s: float) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self.end = time.time() - ended_s
        self.span_s = minutes * 60
        self._step_s = max(5.0, self.span_s / POINTS)

    def curves(self, expression: str, legend: str) -> list[Curve]:
        """What it answers for the span, a curve for each series."""
        asked = {"start": self.end - self.span_s, "end": self.end, "step": self._step_s}
        found = self._ask("/api/v1/query_range", expression, asked)
        return [self._curve(legend, series) for series in found]

    def labels(self, expression: str) -> list[dict[str, str]]:
        """The labels of what it answers at the end."""
        return [series["metric"] for series in self._ask("/api/v1/query", expression, {"time": self.end})]

    def _ask(self, path: str, expression: str, more: dict[str, float]) -> list[dict[str, Any]]:
        text = expression.replace("$__rate_interval", "1m")
        answer = self._client.get(path, params={"query": text, **more}).raise_for_status()
        return list(answer.json()["data"]["result"])

    def _curve(self, legend: str, series: dict[str, Any]) -> Curve:
        name = re.sub(r"\{\{(\w+)\}\}", lambda label: series["metric"].get(label[1], ""), legend)
        told = {round((at - self.end) / self._step_s): float(value) for at, value in series["values"]}
        steps = range(round(-self.span_s / self._step_s), 1)
        return Curve(name, [step * self._step_s for step in steps], [told.get(step, math.nan) for step in steps])
