from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

# Without the `train` extra the server's own environment collects only what needs no torch; `make test-train` runs all.
_NEEDING_TORCH = [
    path.name for path in Path(__file__).parent.glob("test_*.py") if "pytest.mark.train" in path.read_text("utf-8")
]
collect_ignore = [] if find_spec("torch") else _NEEDING_TORCH
