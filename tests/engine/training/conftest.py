from __future__ import annotations

from importlib.util import find_spec

# Without the `train` extra the server's own environment collects only what needs no torch; `make test-train` runs all.
_NEEDING_TORCH = (
    "test_networks.py",
    "test_learning.py",
    "test_export.py",
    "test_plots.py",
    "test_quantise.py",
    "test_cutout_learning.py",
    "test_inpaint.py",
    "test_mixing.py",
    "test_slim.py",
)
collect_ignore = [] if find_spec("torch") else list(_NEEDING_TORCH)
