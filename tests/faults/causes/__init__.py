"""The faults; importing this package enters all of them into the catalogue."""

import contextlib
import importlib

for _name in ("processes", "redis", "network", "engine", "storage", "outside"):
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module(f"tests.faults.causes.{_name}")
