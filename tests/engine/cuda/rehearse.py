"""Rehearses `make test-gpu` without a GPU: NVRTC compiles for the stand-in's device, and any cubin that the stand-in is
given stands for one library with all the kernels. What is left unproven is what the device itself does.
"""

import os
import sys
from pathlib import Path

from tests.engine.cuda.conftest import EXPORTS, STAND_IN_FOLDER
from tests.engine.cuda.networks import SOURCE
from tests.engine.cuda.standin import build as build_stand_in
from tests.engine.kernels.compiled import SOURCES, build

library = build_stand_in(STAND_IN_FOLDER)
kernels = build((*SOURCES, SOURCE), ("-include", str(EXPORTS)))
environment = {**os.environ, "LD_LIBRARY_PATH": str(library.parent.resolve()), "STANDIN_CUBINS": str(kernels)}
folder = str(Path(__file__).parent.relative_to(Path.cwd()))
arguments = [sys.executable, "-m", "pytest", "-m", "gpu", "--confcutdir=tests/engine", folder, *sys.argv[1:]]
os.execve(sys.executable, arguments, environment)  # the driver is found when the process starts
