"""What the README tells to type does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_python_example_makes_a_picture(up, name, tmp_path):
    Image.new("RGB", (48, 32), (120, 90, 60)).save(tmp_path / "photo.jpg")
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    server = {"PACKSHOT_URL": up.url, "PACKSHOT_API_KEY": up.key}
    subprocess.run([sys.executable, "-c", example], cwd=tmp_path, env=os.environ | server, check=True, timeout=60)
    with Image.open(tmp_path / "photo-for-the-shop.jpg") as picture:
        assert picture.size == (96, 64)
