"""A stack's data folder: whose it is, what it may be, who holds it."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from packshot.cli import main
from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.private import PrivateStack


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="--data"), DataFolder(tmp_path / "file").held():
        pass


def test_what_is_kept_is_for_its_owner_alone_in_a_folder_of_our_making(tmp_path, monkeypatch):
    folder = DataFolder(tmp_path / "new" / "data")
    with folder.held():
        assert folder.path.stat().st_mode & 0o077 == 0
        assert folder.logs.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path / "home"))
    assert PrivateStack().folder.parent.stat().st_mode & 0o077 == 0


def test_a_folder_that_was_there_keeps_its_rights(tmp_path):
    tmp_path.chmod(0o755)
    with DataFolder(tmp_path).held():
        assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_up_without_a_data_folder_is_wrong_usage_told_in_a_line(monkeypatch):
    monkeypatch.setenv("PACKSHOT_DATA_DIR", "~nobody-of-this-name/data")
    result = CliRunner().invoke(main, ["up"])
    assert result.exit_code == 2
    assert result.output.startswith("packshot: there is no home folder for the ~ of ~nobody-of-this-name")


def test_the_lock_lasts_as_long_as_somebody_holds_it(tmp_path):
    folder = DataFolder(tmp_path)
    with folder.held() as lock:
        heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,))
    assert not folder.is_free()
    with pytest.raises(StackError, match="another"), folder.held(patience_s=0.1):
        pass
    heir.communicate(b"\n")
    assert folder.is_free()
