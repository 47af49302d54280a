"""What renditions weigh before any is made: memory, progress, limits, and presets that a worker cannot read."""

import pytest

from jobs.errors import SettingsError
from jobs.presets import read_presets
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from worker.plan import Plan, framing_px
from worker.settings import read_all_settings

PRESETS = read_presets()
MOST_PX = 260_000_000


def plan(size, *renditions, **fields):
    spec = validate_spec({"input": {"upload": "sha256:" + "0" * 64}, "renditions": renditions, **fields})
    return Plan.of(spec, size, PRESETS)


def test_a_small_photo_takes_the_memory_of_its_frame_and_of_what_is_enlarged_for_it():
    photo_px, frame_px = 400 * 533, 2000 * 2000
    assert plan((400, 533), "amazon-main").held_px(MOST_PX) == photo_px + frame_px + 16 * photo_px


def test_a_large_photo_is_never_enlarged_to_more_than_twice_the_frames_sides_and_a_margin():
    assert framing_px([PRESETS["ebay"]], (8000, 6000)) == 1600 * 1600 + (2 * 1600 + 192) ** 2


def test_the_largest_of_several_channels_counts_as_one_is_made_after_the_other():
    alone = plan((4000, 3000), "shopify-square").held_px(MOST_PX)
    assert plan((4000, 3000), "shopify-square", "google-shopping").held_px(MOST_PX) == alone


def test_an_enlarged_product_is_held_while_the_whole_picture_is_enlarged():
    alone = plan((400, 533), "amazon-main").held_px(MOST_PX)
    assert plan((400, 533), "amazon-main", "ebay").held_px(MOST_PX) == alone + 16 * 400 * 533


def test_renditions_count_in_the_jobs_progress():
    ((_, decode), (_, few)) = plan((400, 533), "ebay").stages()
    (_, (name, many)) = plan((400, 533), "ebay", "amazon-main", "web-responsive").stages()
    assert (name, decode > 0) == ("encode", True)
    assert many > few > decode


def test_a_frame_beyond_what_is_allowed_is_refused_by_name():
    with pytest.raises(ProblemError, match=r"shopify-square would be 2048 × 2048, 4\.2 megapixels"):
        plan((400, 533), "etsy", "shopify-square").check(4.1, alpha=False)
    plan((400, 533), "etsy", "shopify-square").check(4.3, alpha=False)


def test_a_broken_preset_stops_a_worker_at_its_start(tmp_path, monkeypatch):
    (tmp_path / "our-shop.toml").write_text("title = 1")
    monkeypatch.setenv("PACKSHOT_PRESETS_DIR", str(tmp_path))
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "redis://127.0.0.1:1")
    with pytest.raises(SettingsError, match=r"our-shop\.toml: title: Input should be a valid string; got 1"):
        read_all_settings()
