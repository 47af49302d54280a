"""The page of the comparison: what is asked for, its tables, its blocks, its plots."""

import json
import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.peers import report
from benchmarks.peers.__main__ import PARTS, chosen
from benchmarks.peers.picture import draw_memory, draw_speed
from benchmarks.peers.systems import DEFAULT, SYSTEMS

LABELS = {name: system.label for name, system in SYSTEMS.items()}


def figures(mp_per_s: float) -> dict[str, object]:
    return {
        "images_per_s": mp_per_s / 2, "mp_per_s": mp_per_s, "latencies_s": [1.0, 2.0], "cpu_s_per_mp": 1.0,
        "idle_share": 0.1, "peak_mib": 900.4, "refused": 0,
    }  # fmt: skip


ROUNDS = {
    "packshot": {"restore": [figures(2.0), figures(4.0), figures(1.0)]},
    "mosec": {"restore": [figures(1.0), figures(5.0), figures(0.9)]},
}


def test_ratios_are_of_the_same_round():
    assert report.ratio(ROUNDS["mosec"]["restore"], ROUNDS["packshot"]["restore"]) == "0.90 (0.50 to 1.25)"


def test_the_table_has_a_row_for_each_system():
    table = report.speed_table(ROUNDS, "restore").splitlines()
    assert "| Mosec | 0.5 | 1 | 0.90 (0.50 to 1.25) | 1 | 2 | 2 | 1 | 10% | 900 | 0 |" in table
    assert len(table) == 4


def test_blocks_are_filled_and_what_stands_around_them_stays(tmp_path, monkeypatch):
    document, images = tmp_path / "peers.md", tmp_path
    begin, end = "<!-- padding: written by make bench-peers -->", "<!-- end of padding -->"
    document.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    monkeypatch.setattr(report, "DOCUMENT", document)
    monkeypatch.setattr(report, "IMAGES", images)
    policies = {"shape": {"cpu_s_per_mp": 1.5, "peak_mib": 100.0}, "pad": {"cpu_s_per_mp": 3.0, "peak_mib": 400.0}}
    (tmp_path / "padding.json").write_text(json.dumps({"policies": policies}))
    assert report.write(tmp_path) == []
    text = document.read_text()
    assert "| padded to the largest of the batch | 3 | 400 |" in text
    assert "old" not in text
    assert (text.startswith("before\n"), text.endswith("after\n")) == (True, True)


def test_a_block_that_the_page_lacks_is_named(tmp_path, monkeypatch):
    document = tmp_path / "peers.md"
    document.write_text("nothing to fill")
    monkeypatch.setattr(report, "DOCUMENT", document)
    (tmp_path / "padding.json").write_text(json.dumps({"policies": {"pad": {"cpu_s_per_mp": 3.0, "peak_mib": 4.0}}}))
    with pytest.raises(ValueError, match="padding"):
        report.write(tmp_path)


def test_a_block_without_figures_says_how_to_measure_it_and_a_filled_one_stays(tmp_path, monkeypatch):
    document = tmp_path / "peers.md"
    blocks = {"queue": "", "padding": "| a table |"}
    marked = (
        f"<!-- {name}: written by make bench-peers -->\n{block}\n<!-- end of {name} -->\n"
        for name, block in blocks.items()
    )
    document.write_text("".join(marked))
    monkeypatch.setattr(report, "DOCUMENT", document)
    monkeypatch.setattr(report, "_BLOCKS", {name: report._BLOCKS[name] for name in blocks})
    assert report.write(tmp_path) == []
    text = document.read_text()
    assert "Not yet measured on a quiet machine:* `make bench-peers PARTS=queue`" in text
    assert "\n| a table |\n" in text
    assert text.count("Not yet measured") == 1


def test_systems_without_a_row_are_named():
    assert report.unmeasured(DEFAULT) == ""
    told = report.unmeasured([name for name in DEFAULT if name not in ("bentoml", "litserve@int8")])
    assert told.strip() == "Not yet measured: BentoML; LitServe, INT8."


def test_another_picture_makes_the_comparison_void():
    alike = {"inside_db": 88.0, "reference": "flask", "same": True}
    other = {"inside_db": 20.0, "reference": "flask", "same": False}
    void = report.void_comparisons({"likeness": {"restore": {"packshot": alike, "mosec": other}}})
    assert void == ["restore: Mosec and Flask, one at a time differ: 20.0 dB inside"]


def test_the_committed_page_has_every_block():
    text = report.DOCUMENT.read_text()
    for name in (name for blocks in report._BLOCKS.values() for name in blocks):
        begin, end = f"<!-- {name}: written by make bench-peers -->", f"<!-- end of {name} -->"
        assert text.index(begin) < text.index(end)
        assert name == "facts" or text.partition(begin)[2].partition(end)[0].strip(), (
            f"{name} is empty, and says nothing"
        )


def test_bars_are_as_long_as_what_they_stand_for():
    drawn = ElementTree.fromstring(draw_speed(ROUNDS, LABELS))
    bars = [float(bar.get("width")) for bar in drawn.findall(".//{*}rect") if bar.get("fill") in ("#0072b2", "#8c8c8c")]
    assert bars[0] == pytest.approx(2 * bars[3], rel=0.01)  # medians of 2 and 1 MP/s; p95 and p50 lie between


def test_a_refused_size_leaves_a_gap_in_its_line():
    systems = {"flask": {"idle_mib": 80.0, "peaks": [[1.0, 100.0], [2.0, None], [4.0, 400.0]]}}
    drawn = ElementTree.fromstring(draw_memory(systems, LABELS))
    (line,) = drawn.findall(".//{*}polyline")
    assert len(str(line.get("points")).split()) == 2


def test_no_two_systems_share_a_colour():
    systems = {name: {"peaks": [[1.0, 100.0], [4.0, 400.0]]} for name in LABELS}
    lines = ElementTree.fromstring(draw_memory(systems, LABELS)).findall(".//{*}polyline")
    assert len({line.get("stroke") for line in lines}) == len(LABELS)


def test_nothing_asked_for_is_everything(monkeypatch):
    monkeypatch.setattr("benchmarks.peers.systems.System.missing", False)
    assert chosen("", "") == (list(DEFAULT), list(PARTS))
    assert chosen("flask, packshot", "speed") == (["flask", "packshot"], ["speed"])
    assert chosen("queue", "") == (list(DEFAULT), ["queue"])
    assert chosen("flask,queue", "memory")[1] == ["memory", "queue"]


@pytest.mark.parametrize(("only", "parts", "named"), [("mosek", "", "mosek"), ("", "sped", "sped")])
def test_what_is_not_known_is_told_with_what_is(only, parts, named):
    with pytest.raises(ValueError, match=f"unknown: {named}; known: "):
        chosen(only, parts)


def test_a_peer_without_an_environment_is_told_before_anything_runs(monkeypatch):
    monkeypatch.setattr("benchmarks.peers.systems.System.missing", True)
    with pytest.raises(ValueError, match="not built: flask"):
        chosen("flask", "speed")
