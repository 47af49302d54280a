"""The SDK as it is installed from a checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "client"
BUILD = "import sys; from setuptools.build_meta import build_editable; build_editable(sys.argv[1])"
IMPORT = """
import pathlib, site, sys
sys.path[:] = [one for one in sys.path if not pathlib.Path(one, "packshot", "__init__.py").is_file()]
sys.meta_path[:] = [one for one in sys.meta_path if "__editable__" not in str(getattr(one, "__module__", ""))]
site.addsitedir(sys.argv[1])
from packshot import Client
print(sys.modules["packshot"].__file__)
"""  # without the SDK that this interpreter has


def test_a_checkout_named_packshot_does_not_hide_the_sdk(tmp_path):
    checkout, installed = tmp_path / "packshot" / "client", tmp_path / "installed"
    shutil.copytree(CLIENT, checkout, ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__"))
    installed.mkdir()
    subprocess.run([sys.executable, "-c", BUILD, installed], cwd=checkout, check=True, capture_output=True, timeout=100)
    (wheel,) = installed.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        files.extractall(installed)
    command = [sys.executable, "-c", IMPORT, installed]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == str(checkout / "packshot" / "__init__.py"), done.stderr
