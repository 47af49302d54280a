"""One thing that was looked at, and what a look may end in."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """``part`` was looked at; ``text`` says what was found, and ``remedy`` what to do where that is not well."""

    part: str
    verdict: Verdict
    text: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """Its fields, for a line of JSON."""
        return asdict(self)
