"""Sections of results.md, and the traffic: neither needs torch."""

import json
import re

import numpy as np
import pytest

from benchmarks.gpu.layouts import full_layout, packed_bytes, unpacked_bytes
from benchmarks.gpu.report import Report, append, as_markdown, machine_facts
from benchmarks.gpu.traffic import draw_sizes, noise_photos, total_px
from engine.batching.lanes import Lane
from engine.cards import load_cards
from engine.settings import EngineSettings

ROWS = [{"kernel": "pack", "slots": 16, "share": 0.81239}, {"kernel": "unpack", "slots": 16, "share": 0.9}]
CARDS = load_cards(EngineSettings().weights_dir)


def test_a_section_holds_its_command_its_machine_and_the_same_as_json():
    text = as_markdown(Report("Pack", "python -m benchmarks.gpu", {"device": "Test GPU"}, ROWS, "What it is."))
    assert text.startswith("## Pack\n\n`python -m benchmarks.gpu`\n\ndevice: Test GPU\n\nWhat it is.\n")
    found = re.search(r"```json\n(.*?)\n```", text, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["rows"] == ROWS


def test_results_are_appended_after_what_is_there(tmp_path):
    path = tmp_path / "results.md"
    path.write_text("# Results\n")
    for title in ("First", "Second"):
        append(Report(title, "command", {}, ROWS, ""), path)
    assert re.findall(r"^#+ .*", path.read_text(), re.MULTILINE) == ["# Results", "## First", "## Second"]


def test_the_machine_is_told_with_the_day_and_the_commit():
    facts = machine_facts("Test GPU", {"torch": "2.11"})
    assert facts["device"] == "Test GPU"
    assert facts["torch"] == "2.11"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", facts["day"])
    assert facts["commit"]


def test_traffic_is_the_same_for_the_same_seed_and_reaches_phones_sizes():
    sizes = draw_sizes(400, seed=1)
    assert sizes == draw_sizes(400, seed=1)
    assert 400e6 <= total_px(sizes) < 424e6
    assert 10e6 < max(height * width for height, width in sizes) <= 24.1e6
    assert sum(height * width < 400 * 720 for height, width in sizes) > len(sizes) / 2


def test_a_limit_keeps_large_photos_out():
    assert max(height * width for height, width in draw_sizes(5, seed=1, largest_px=300_000)) <= 300_000


def test_noise_photos_have_the_sizes_asked_for_and_memory_of_their_own():
    photos = noise_photos([(4, 6), (7, 3)], seed=1)
    assert [photo.shape for photo in photos] == [(4, 6, 3), (7, 3, 3)]
    assert all(photo.flags.c_contiguous and photo.dtype == np.uint8 for photo in photos)
    assert not np.shares_memory(*photos)


@pytest.mark.parametrize("size", [1, 3])
def test_a_full_layout_comes_from_the_batcher_and_its_bytes_are_counted(size):
    card = CARDS["upscale-x2"]
    layout = full_layout(card, (Lane(96, 256),), size, noise_photos([(150, 220)] * 8, seed=1))
    assert (layout.size, layout.lane) == (size, Lane(96, 256))
    widths = [unit.box.width + unit.box.width % 2 + 2 * card.tile.halo_px for unit in layout.units]
    assert packed_bytes(layout, card, itemsize=2) == sum(96 * width * 3 * (1 + 2) for width in widths)
    cores = sum(unit.box.height * unit.box.width for unit in layout.units)
    assert unpacked_bytes(layout, card, itemsize=2) == 4 * cores * 3 * (2 + 1)
