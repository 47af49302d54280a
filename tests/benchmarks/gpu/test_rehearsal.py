"""The GPU benchmarks on the CPU: everything but the launches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import pack_unpack, report
from benchmarks.gpu.traffic import noise_photos
from benchmarks.gpu.whole_images import WholeImages, in_batches
from engine.batching.lanes import Lane
from engine.cards import load_cards
from engine.settings import EngineSettings
from engine.unit_shapes import TileShape
from tests.engine.cuda.conftest import gpu, loaded_stand_in, open_gpu, place, stand_in  # noqa: F401  (fixtures)

TILE = TileShape(tile_px=20, halo_px=4, scale=2, align_px=2)


def double(batch: torch.Tensor) -> torch.Tensor:
    return batch.repeat_interleave(2, 2).repeat_interleave(2, 3)


def test_whole_photos_of_any_sizes_come_back_enlarged_and_cut_to_their_own_size():
    photos = noise_photos([(9, 5), (4, 12), (1, 1)], seed=1)
    answers = WholeImages(double, TILE, torch.device("cpu"), torch.float32).answer(photos)
    for photo, answer in zip(photos, answers, strict=True):
        np.testing.assert_array_equal(answer, photo.repeat(2, 0).repeat(2, 1))


def test_batches_keep_the_order_and_bound_their_padded_area():
    photos = noise_photos([(10, 10)] * 3 + [(40, 40)] + [(5, 80)] * 2, seed=1)
    batches = list(in_batches(photos, limit=2, most_px=500))
    assert [photo.shape[:2] for batch in batches for photo in batch] == [photo.shape[:2] for photo in photos]
    assert [len(batch) for batch in batches] == [2, 1, 1, 1, 1]  # a photo that is too large goes alone


def test_the_rehearsal_runs_everything_and_writes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.md")
    command.main(["--dry"])
    told = capsys.readouterr().out
    assert "## Pack and unpack" in told
    assert "| one at a time, torch eager |" in told
    assert "its figures mean nothing" in told
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_nothing_is_measured():
    with pytest.raises(SystemExit, match="finds no GPU: nothing is measured"):
        command.main([])


@pytest.mark.parametrize(("words", "known"), [(["lunch"], "mixed_traffic"), (["--ways", "slowly"], "compiled graphs")])
def test_an_unknown_name_is_refused_with_the_known_ones(words, known, capsys):
    with pytest.raises(SystemExit):
        command.read_arguments(words)
    assert known in capsys.readouterr().err


@pytest.mark.parametrize("channels_last", [True, False])
def test_packs_and_unpacks_are_timed_by_launching_them_again(gpu, place, monkeypatch, channels_last):  # noqa: F811
    monkeypatch.setattr("engine.cuda.tile_executor.gpu_lanes", lambda _: (Lane(96, 208),))
    monkeypatch.setattr(pack_unpack, "SIZES", (1, 2))
    device = torch.device("cuda", 0) if place == "gpu" else torch.device("cpu")
    card = load_cards(EngineSettings().weights_dir)["upscale-x2"]
    rows = list(pack_unpack.launch_rows(gpu, device, card, noise_photos([(90, 70)] * 9, seed=1), channels_last))
    order = "nhwc" if channels_last else "nchw"
    assert [row["kernel"] for row in rows] == [f"pack_tiles_f16_{order}3", f"unpack_tiles_f16_{order}3"] * 2
    assert {row["launches_per_batch"] for row in rows} == {3}  # pack, network, unpack
    assert [row["slots"] for row in rows] == [1, 1, 2, 2]
    assert all(row["GB_s"] > 0 and row["share_of_copy"] > 0 for row in rows)
    assert gpu.pictures.count == 0
