from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.training.cards import read_card, sha256_of, write_card
from engine.training.errors import RefusedError
from engine.training.figures_in_cards import write_figures
from engine.training.public_commands import public


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "model.onnx").write_bytes(b"a network")
    onnx = {"file": "model.onnx", "sha256": sha256_of(path / "model.onnx")}
    write_card(path, {"onnx": onnx, "metrics": [], "licence": "Apache-2.0"})
    return path


def _figures(path: Path, **rows: dict[str, Any]) -> Path:
    command = "packshot-train compare --runs ours=/home/me/runs/7/generator --data /home/me/shop"
    path.write_text(json.dumps({"command": command, "seeds": 3, "count": 500, "rows": rows}))
    return path


def test_figures_go_into_the_cards_of_generator_and_encoder_beside_all_others(tmp_path: Path) -> None:
    generator, encoder = _folder(tmp_path / "generator-1"), _folder(tmp_path / "generator-encoder-1")
    ours = {"frechet": {"mean": 1.23456, "half": 0.01}, "psnr_db": {"mean": 24.5, "half": None}}
    figures = _figures(tmp_path / "figures.json", ours=ours, dcgan={"frechet": {"mean": 9.5, "half": 1.0}})
    write_figures(figures, "ours", generator, encoder)
    (frechet,), (psnr,) = read_card(generator)["metrics"], read_card(encoder)["metrics"]
    assert (frechet["name"], frechet["value"], frechet["interval"]) == ("frechet", 1.235, 0.01)
    assert frechet["baseline"] == {"dcgan": 9.5}
    assert frechet["command"] == "packshot-train compare --runs ours=runs/7/generator --data shop"
    assert (psnr["value"], psnr["set"], psnr["baseline"]) == (24.5, "held-out photos", {})
    assert "interval" not in psnr
    assert list(read_card(generator)) == ["onnx", "metrics", "licence"]


def test_figures_of_nobody_and_files_of_something_else_are_refused(tmp_path: Path) -> None:
    figures = _figures(tmp_path / "figures.json", dcgan={})
    with pytest.raises(RefusedError, match=r"figures\.json has no 'ours'; it has dcgan"):
        write_figures(figures, "ours", tmp_path, tmp_path)
    figures.write_text("[]")
    with pytest.raises(RefusedError, match="not what compare writes with --json"):
        write_figures(figures, "ours", tmp_path, tmp_path)


def test_figures_of_photos_are_no_generators(tmp_path: Path) -> None:
    floor = {"frechet": {"mean": 0.5, "half": None}}
    ours = floor | {"psnr_db": {"mean": 24.5, "half": None}}
    figures = _figures(tmp_path / "figures.json", ours=ours, **{"other photos": floor})
    generator, encoder = _folder(tmp_path / "generator-1"), _folder(tmp_path / "generator-encoder-1")
    write_figures(figures, "ours", generator, encoder)
    before = read_card(generator), read_card(encoder)
    with pytest.raises(RefusedError, match="has neither psnr_db nor ssim of 'other photos': that is no generator"):
        write_figures(figures, "other photos", generator, encoder)
    assert (read_card(generator), read_card(encoder)) == before


def test_a_generators_card_has_figures_once_its_encoders_has(tmp_path: Path) -> None:
    ours = {"psnr_db": {"mean": 24.5, "half": None}, "frechet": {"mean": 0.5, "half": None}}
    figures = _figures(tmp_path / "figures.json", ours=ours)
    generator = _folder(tmp_path / "generator-1")
    with pytest.raises(FileNotFoundError):  # as a kill between the two
        write_figures(figures, "ours", generator, tmp_path / "generator-encoder-1")
    assert read_card(generator)["metrics"] == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "train restore --data ../shared/data --out /tmp/x/runs/restore",
            "train restore --data ../shared/data --out runs/restore",
        ),
        ("train dcgan --data '/home/an na/rings/' --seed 1", "train dcgan --data rings --seed 1"),
        ("train dcgan --data=/home/anna/secret-client/photos", "train dcgan --data=photos"),
        ("compare --runs=ours=/home/anna/gen x=/srv/runs/a/b", "compare --runs=ours=gen x=runs/a/b"),
        ("train restore --out=/srv/anna/runs/restore --seed=1", "train restore --out=runs/restore --seed=1"),
        ("train restore --out runs/a ; mix runs/a runs/b", "train restore --out runs/a ; mix runs/a runs/b"),
    ],
)
def test_a_card_tells_no_folders_of_the_machine_that_trained(command: str, told: str) -> None:
    assert public(f"packshot-train {command}") == f"packshot-train {told}"
