"""Folders are replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.training.whole_files import replace_folders

pytestmark = pytest.mark.train


def _make(into: Path, content: str) -> None:
    with replace_folders(into) as made:
        for name in ("a", "b"):
            (made / name).mkdir()
            (made / name / "file").write_text(content)


def _contents(into: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in into.glob("*/file")}


@pytest.mark.parametrize("renames", [0, 1])
def test_what_was_there_comes_back_when_replacing_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    _make(tmp_path, "old")
    rename, done = Path.rename, []

    def fails(self: Path, target: Path) -> Path:
        done.append(self)
        if len(done) > renames:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(KeyboardInterrupt):
        _make(tmp_path, "new")
    monkeypatch.undo()
    assert _contents(tmp_path) == {"a": "old", "b": "old"}
    _make(tmp_path, "new")
    assert _contents(tmp_path) == {"a": "new", "b": "new"}


def test_what_a_kill_left_is_put_back_by_the_next_call(tmp_path: Path) -> None:
    _make(tmp_path, "old")
    replaced = tmp_path / ".unfinished" / "replaced"
    replaced.mkdir(parents=True)
    (tmp_path / "a").rename(replaced / "a")
    with pytest.raises(ValueError, match="no more"), replace_folders(tmp_path):
        raise ValueError("no more")
    assert _contents(tmp_path) == {"a": "old", "b": "old"}
