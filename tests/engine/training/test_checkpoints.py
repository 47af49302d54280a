"""Checkpoints: what cannot be written, and what of files from elsewhere is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.training import checkpoints

pytestmark = pytest.mark.train


def test_a_full_disk_is_told_by_the_path_and_keeps_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.save({"step": 1}, tmp_path / "last.pt")

    def save_half(_state: Any, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 640 vs 598")

    monkeypatch.setattr(torch, "save", save_half)
    with pytest.raises(OSError, match=r"last\.pt could not be written; its disk has \d+ MB left"):
        checkpoints.save({"step": 2}, tmp_path / "last.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]
    assert torch.load(tmp_path / "last.pt", weights_only=True) == {"step": 1}
