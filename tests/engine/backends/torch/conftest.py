"""These tests need torch and onnx: `make test-train` runs them. Elsewhere none of these modules is collected."""

from __future__ import annotations

import os
from importlib.util import find_spec

if os.environ.get("PACKSHOT_REQUIRE_TORCH") == "1" and not (find_spec("torch") and find_spec("onnx")):
    raise RuntimeError("PACKSHOT_REQUIRE_TORCH=1, and torch or onnx is absent")

collect_ignore_glob = [] if find_spec("torch") and find_spec("onnx") else ["test_*.py"]
