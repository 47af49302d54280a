from __future__ import annotations

from importlib.util import find_spec

# Without the `train` extra the server's own environment collects only what needs no torch; `make test-train` runs all.
collect_ignore = (
    [] if find_spec("torch") else ["test_networks.py", "test_learning.py", "test_export.py", "test_plots.py"]
)
