"""What of the GPU benchmarks needs no torch is tested everywhere; the rest by `make test-train`."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") and find_spec("onnx") else ["test_rehearsal.py"]
