from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.generation.attributes import Color
from engine.training.__main__ import main
from engine.training.catalogue.records import ITEMS_FILE, Item, append
from engine.training.catalogue.report import REPORT_FILE

# Without the `train` extra the server's own environment collects only what needs no torch; `make test-train` runs all.
_NEEDING_TORCH = [
    path.name for path in Path(__file__).parent.glob("test_*.py") if "pytest.mark.train" in path.read_text("utf-8")
]
collect_ignore = [] if find_spec("torch") else _NEEDING_TORCH

RED, BLUE = (200, 40, 40), (40, 60, 190)


@pytest.fixture(scope="session")
def catalogue_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty red discs and forty blue boxes on white, as the `dataset` command writes products."""
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(5)
    for index in range(80):
        disc = index % 2 == 0
        picture = np.full((160, 160, 3), 255, np.uint8)
        size = int(rng.integers(30, 70))
        if disc:
            cv2.circle(picture, (80, 80), size, RED, -1)
        else:
            picture[80 - size : 80 + size, 80 - size : 80 + size] = BLUE
        file = f"pictures/{index}.png"
        Image.fromarray(picture).save(folder / file)
        color = Color("red", RED, 1.0) if disc else Color("blue", BLUE, 1.0)
        category = "disc" if disc else "box"
        append(folder / ITEMS_FILE, Item(file, f"{index}.jpg", category, (color,), "plain", 1.0, 0.99, f"{index:064x}"))
    (folder / REPORT_FILE).touch()
    return folder


@pytest.fixture(scope="session")
def classifier_run(catalogue_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("classifier")
    steps = ["--steps", "8", "--validate-every", "4", "--threads", "1"]
    assert main(["train", "classifier", "--data", str(catalogue_folder), "--out", str(run), *steps]) == 0
    return run
