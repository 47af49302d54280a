"""The file that a photo is in while its request lasts."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.problems import STATUSES
from api.spool import Spool
from jobs.blobs import BlobStore
from jobs.problems import ProblemError


def test_a_spool_is_read_and_stored_by_its_path(tmp_path: Path) -> None:
    blobs = BlobStore.from_url(tmp_path.as_uri())
    with Spool() as spool:
        spool.write(b"a photo, ")
        spool.write(b"and its rest")
        spool.flush()
        assert spool.path.read_bytes() == b"a photo, and its rest"
        assert spool.path.stat().st_size == spool.size == 21
        blobs.put_file("uploads/shop/1", spool.path)
        assert spool.sha256 == hashlib.sha256(b"a photo, and its rest").hexdigest()
    assert blobs.get("uploads/shop/1") == b"a photo, and its rest"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file needs a name to be reached by")
def test_a_process_that_is_killed_leaves_no_spool_behind(tmp_path: Path) -> None:
    code = "from api.spool import Spool; s = Spool(); s.write(b'x' * 9); s.flush(); import os; os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code], env={"TMPDIR": str(tmp_path), "PATH": ""}, check=False)
    assert done.returncode == -9
    assert list(tmp_path.iterdir()) == []


def test_where_open_files_have_no_paths_the_spool_has_a_name(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("api.spool._OPEN_FILES", tmp_path / "nowhere")
    with Spool() as spool:
        spool.write(b"a photo")
        spool.flush()
        named = spool.path
        assert named.read_bytes() == b"a photo"
    assert not named.exists()


def test_without_its_folder_a_photo_is_refused_for_now(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "cleared"))
    with pytest.raises(ProblemError, match="folder for arriving photos") as caught:
        Spool()
    assert STATUSES[caught.value.problem.type] == 503
    (tmp_path / "cleared").mkdir()
    with Spool() as spool:
        assert spool.size == 0
