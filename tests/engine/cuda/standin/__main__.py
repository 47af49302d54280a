"""For PyCUDA's build: makes the stand-in in a folder and prints where the libcuda.so lies that one can link against."""

import sys
from pathlib import Path

from tests.engine.cuda.standin import LIBRARY, build

built = build(Path(sys.argv[1]))
link = built.with_name("libcuda.so")
link.unlink(missing_ok=True)
link.symlink_to(LIBRARY)
print(built.parent)
