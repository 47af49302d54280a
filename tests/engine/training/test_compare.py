"""Generators side by side: their figures, the intervals, the table and what the command refuses."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from engine.generation.condition import COLORS_AT
from engine.generation.latents import LATENT_LENGTH
from engine.quality.metrics import srgb_to_lab
from engine.training.__main__ import main
from engine.training.errors import RefusedError
from engine.training.generation import figures
from engine.training.generation.compare import FLOOR, READING, compare_runs, table
from engine.training.generation.distances import to_nearest
from engine.training.generation.figures import Interval, Ruler
from engine.training.generation.items import Item, load_catalogue
from engine.training.generation.pictures import features_of, pictures_of
from engine.training.generation.sheets import neighbours_sheet, samples_sheet
from engine.training.recipes import recipe_of, trained

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def ruler(catalogue_folder: Path, classifier_run: Path) -> Ruler:
    items = load_catalogue(catalogue_folder).items
    return Ruler(trained("classifier", classifier_run), items[:24], items)


def test_the_real_pictures_themselves_measure_perfect(ruler: Ruler) -> None:
    measured = ruler.figures(pictures_of(ruler.items), ruler.items)
    assert measured["frechet"] == pytest.approx(0, abs=1e-6)
    assert (measured["precision"], measured["recall"]) == (1, 1)
    assert measured["diversity"] == pytest.approx(1)
    assert measured["color"] < 0.5
    assert measured["pattern"] > 0.9
    assert measured["nearest"] == pytest.approx(0, abs=1e-3)


def test_a_generator_that_makes_one_picture_has_no_diversity_and_the_wrong_colours(ruler: Ruler) -> None:
    always = pictures_of(ruler.items[:1]).expand(24, -1, -1, -1)
    measured = ruler.figures(always, ruler.items)
    assert measured["diversity"] == pytest.approx(0, abs=1e-4)
    assert measured["recall"] < 0.5
    assert measured["frechet"] > 1e-4
    assert measured["color"] > 10
    assert measured["classes"] == pytest.approx(1)
    assert measured["nearest"] == pytest.approx(0, abs=1e-3)


def _inverted(item: Item) -> Item:
    """A product unlike all others of the catalogue, on black."""
    return replace(item, picture=255 - item.picture)


def test_copies_of_photos_show_whichever_were_copied_and_though_few(ruler: Ruler, catalogue_folder: Path) -> None:
    catalogue = load_catalogue(catalogue_folder)
    made = features_of(ruler.teacher, [_inverted(item) for item in catalogue.items[:30]])
    assert ruler.nearest(made) > 0.01
    copied = features_of(ruler.teacher, catalogue.items[-2:])  # photos that none is measured against
    assert ruler.nearest(np.concatenate([made[2:], copied])) == pytest.approx(0, abs=1e-3)


def test_a_pictures_main_colour_is_its_products_and_an_empty_one_is_white() -> None:
    picture = np.full((128, 128, 3), 255, np.uint8)
    assert figures.main_color(picture, plain=True) == pytest.approx([100, 0, 0], abs=0.01)
    cv2.circle(picture, (64, 64), 30, (200, 40, 40), -1)
    assert figures.main_color(picture, plain=True) == pytest.approx(srgb_to_lab(np.array([200, 40, 40], np.uint8)))


def test_an_interval_is_students() -> None:
    assert figures.interval([3.0]) == Interval(3.0, None)
    three = figures.interval([1.0, 2.0, 3.0])
    assert three.mean == 2
    assert three.half == pytest.approx(4.303 / 3**0.5)


def test_a_table_marks_what_was_not_measured() -> None:
    lines = table({"ours": {"frechet": Interval(1.2345, 0.012), "recall": Interval(0.5, None)}}).splitlines()
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|") == len(figures.FIGURES) + 2
    assert lines[2].startswith("| ours | 1.23 ± 0.012 | – | – | 0.5 | – |")


@pytest.fixture(scope="module")
def vae_run(catalogue_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("vae")
    steps = ["--steps", "2", "--validate-every", "2", "--threads", "1"]
    main(["train", "plain-vae", "--data", str(catalogue_folder), "--out", str(run), *steps])
    return run


def test_runs_are_compared_with_each_other_and_with_photos(
    catalogue_folder: Path, classifier_run: Path, vae_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare", "--data", str(catalogue_folder), "--teacher", str(classifier_run), "--count", "20"]
    out = tmp_path / "figures.json"
    arguments += ["--runs", f"plain={vae_run}", "--seeds", "2", "--threads", "1", "--json", str(out)]
    assert main([*arguments, "--sheets", str(tmp_path / "sheets")]) == 0
    told = capsys.readouterr().out
    assert "| plain |" in told
    assert told.endswith(f"\n\n{READING}\n")
    rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    assert set(rows["plain"]) == set(figures.FIGURES)
    assert "psnr_db" not in rows[FLOOR]
    assert rows["plain"]["frechet"]["mean"] > rows[FLOOR]["frechet"]["mean"]
    assert rows["plain"]["frechet"]["half"] > 0
    assert rows["plain"]["ssim"]["half"] is None
    with Image.open(tmp_path / "sheets" / "plain-samples.jpg") as sheet:
        assert sheet.size == (6 + 102 + 10 * 134, 6 + 26 + 10 * 134)
    assert (tmp_path / "sheets" / "plain-neighbours.jpg").is_file()


def test_the_row_of_photos_says_how_far_those_held_out_lie_from_those_trained_on(
    catalogue_folder: Path, classifier_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = load_catalogue(catalogue_folder)
    strange = replace(catalogue, held_out=[_inverted(item) for item in catalogue.held_out])
    monkeypatch.setattr("engine.training.generation.compare.load_catalogue", lambda _folder: strange)
    options = Namespace(runs=[], data=catalogue_folder, teacher=classifier_run, count=4, seeds=1, threads=1)
    options.json = options.sheets = None
    row = compare_runs(options)[FLOOR]
    judge = trained("classifier", classifier_run)
    distances = to_nearest(features_of(judge, strange.held_out), features_of(judge, strange.items))
    assert row["nearest"].mean == pytest.approx(min(distances))
    assert row["nearest"].mean > 0.01


class _Remembering(nn.Module):
    """A generator that has learnt photos by heart, in their order."""

    def __init__(self, items: list[Item]) -> None:
        super().__init__()
        self.pictures = nn.Parameter(pictures_of(items), requires_grad=False)

    def forward(self, vector: Tensor) -> Tensor:
        return self.pictures[: len(vector)]


def test_a_copied_photo_stands_beside_its_original(ruler: Ruler) -> None:
    photos = ruler.items[:10]
    sheet = neighbours_sheet(_Remembering(photos), ruler.teacher, photos)
    assert sheet.shape == (6 + 10 * 134, 6 + 5 * 134, 3)
    for top in range(6, 6 + 10 * 134, 134):
        made, nearest_photo = (sheet[top : top + 128, left : left + 128] for left in (6, 140))
        assert np.array_equal(made, nearest_photo)


class _White(nn.Module):
    """A generator that keeps the conditions that it was asked for, and paints nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.ground = nn.Parameter(torch.ones(1, 3, 128, 128), requires_grad=False)
        self.asked: list[Tensor] = []

    def forward(self, vector: Tensor) -> Tensor:
        self.asked.append(vector[:, LATENT_LENGTH:])
        return self.ground.expand(len(vector), -1, -1, -1)


def test_a_hundred_samples_ask_for_each_category_in_each_colour(catalogue_folder: Path) -> None:
    generator = _White()
    sheet = samples_sheet(generator, load_catalogue(catalogue_folder))
    conditions = torch.cat(generator.asked)
    assert len(conditions) == 100
    assert conditions[:, :2].sum(dim=0).tolist() == [50, 50]
    assert len(torch.unique(conditions[:, COLORS_AT : COLORS_AT + 3], dim=0)) == 10
    assert sheet.shape[1] == 6 + 102 + 10 * 134


def test_what_is_no_run_of_a_model_is_told_so(tmp_path: Path) -> None:
    facts = {"step": 1, "wall_s": 1.0, "best": 1.0, "schedule": {"seed": 1}, "data": []}
    torch.save(facts | {"command": "python -m engine.training mix a b"}, tmp_path / "best.pt")
    with pytest.raises(ValueError, match=r"train MODEL; it keeps 'python -m engine.training mix a b'"):
        recipe_of(tmp_path)


@pytest.mark.parametrize("wrong", [["--runs", "generator"], ["--runs", "=x"]])
def test_a_run_needs_a_name(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["compare", "--data", "x", "--teacher", "y", *wrong])
    assert "named like ours=" in capsys.readouterr().err


def test_more_seeds_than_there_are_quantiles_for_are_refused() -> None:
    with pytest.raises(ValueError, match="--seeds must be 1 to 10, got 11"):
        compare_runs(Namespace(seeds=11, count=20))


def test_fewer_pictures_than_have_neighbours_are_refused() -> None:
    with pytest.raises(RefusedError, match="--count must be 4 or more, got 3: precision and recall need 3 neighbours"):
        compare_runs(Namespace(seeds=1, count=3, runs=[("plain", Path("x"))], sheets=None))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["ours", "dcgan", "ours"], "'ours' is the name of 2 runs; each run needs one of its own"),
        ([FLOOR], f"'{FLOOR}' is the name of the row of photos; each run needs one of its own"),
        (["runs/ours"], "'runs/ours' cannot name the sheets' files"),
    ],
)
def test_names_that_cannot_be_kept_apart_are_refused_before_any_is_measured(names: list[str], told: str) -> None:
    runs = [(name, Path("nowhere")) for name in names]
    with pytest.raises(RefusedError, match=re.escape(told)):
        compare_runs(Namespace(seeds=1, count=20, runs=runs, sheets=Path("sheets")))


def test_a_run_of_what_is_no_generator_is_refused_before_any_is_measured(
    vae_run: Path, classifier_run: Path, tmp_path: Path
) -> None:
    runs = [("plain", vae_run), ("judge", classifier_run)]
    with pytest.raises(ValueError, match=r"judge=.* is a run of classifier; allowed are runs of generator, "):
        compare_runs(Namespace(seeds=1, count=20, threads=1, runs=runs, data=tmp_path, sheets=None))
