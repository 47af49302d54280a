"""Channels over HTTP: which there are, and what becomes of a rendition that is none."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

import jobs.presets
from api.__main__ import main

BUILT_IN = Path(jobs.presets.__file__).parent


def test_every_channel_is_shown_with_its_rules(shop: Any) -> None:
    presets = shop.get("/v1/presets").get_json()["presets"]
    assert presets["amazon-main"]["rules"]["fill"] == {"least": 0.85, "most": 1.0}
    assert presets["web-responsive"]["made"]["widths"]["formats"] == ["avif", "webp", "jpeg"]
    assert presets["ebay"]["source"]["looked_at"] == "2026-11-22"


def test_a_rendition_that_is_no_channel_is_refused(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg, renditions=["etsy", "amzon"]))
    assert problem_of(answer) == (422, "invalid-parameter")
    (mistake,) = answer.get_json()["errors"]
    assert mistake["pointer"] == "/renditions/1"
    assert "there is no channel 'amzon'; there are amazon-main, ebay" in mistake["detail"]
    assert shop.get("/v1/jobs").get_json()["items"] == []


def test_a_forms_rendition_that_is_no_channel_is_refused_too(shop: Any, jpeg: bytes, problem_of: Any) -> None:
    form = {"file": (io.BytesIO(jpeg), "photo.jpg"), "spec": json.dumps({"renditions": ["amzon"]})}
    answer = shop.post("/v1/jobs", data=form, content_type="multipart/form-data")
    assert problem_of(answer) == (422, "invalid-parameter")


def test_a_broken_preset_stops_the_api_at_its_start(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "our-shop.toml").write_text((BUILT_IN / "etsy.toml").read_text().replace("fill = 0.85", "fill = 8"))
    monkeypatch.setenv("PACKSHOT_PRESETS_DIR", str(tmp_path))
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PACKSHOT_REDIS_URL", redis_url)
    assert main([]) == 2
    told = capsys.readouterr().err
    assert "our-shop.toml: made.fill: Input should be less than or equal to 1; got 8" in told
