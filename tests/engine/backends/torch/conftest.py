"""These tests need torch and onnx: `make test-backends` runs them. Elsewhere none of these modules is collected."""

from __future__ import annotations

import os
from importlib.util import find_spec

_PRESENT = all(find_spec(package) for package in ("torch", "onnx"))
if os.environ.get("PACKSHOT_REQUIRE_BACKENDS") == "1" and not _PRESENT:
    raise RuntimeError("torch or onnx is absent, and PACKSHOT_REQUIRE_BACKENDS=1 lets nothing be skipped")

collect_ignore_glob = [] if _PRESENT else ["test_*.py"]
