"""What `packshot worker --help` tells whoever starts a worker by hand."""

import re
from pathlib import Path

import pytest

from worker.start import main

SETTINGS = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_help_names_the_main_settings_and_where_all_of_them_stand(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    named = set(re.findall(r"PACKSHOT_[A-Z_]+", said))
    assert named >= {f"PACKSHOT_{name}" for name in ("REDIS_URL", "BLOB_URL", "DATA_DIR", "CONCURRENCY")}
    assert [name for name in named if f"`{name}`" not in SETTINGS] == []
    assert "docs/settings.md" in said
