"""A catalogue under rules that change: what was made by other rules stands for nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jobs.presets
import jobs.presets.digests

BUILT_IN = Path(jobs.presets.__file__).parent


@pytest.fixture
def restarted(make_shop: Callable[..., Any], settings: Any, tmp_path: Path) -> Callable[[str], Any]:
    """The API as it starts with a preset of the operator's own, of this fill."""
    folder = tmp_path / "presets"
    folder.mkdir()
    text = (BUILT_IN / "etsy.toml").read_text()
    assert "fill = 0.85" in text

    def start(fill: str) -> Any:
        (folder / "our-shop.toml").write_text(text.replace("fill = 0.85", f"fill = {fill}"))
        return make_shop(settings.model_copy(update={"presets_dir": folder}))

    return start


def counts(shop: Any, photo: bytes, preset: str) -> tuple[int, int]:
    """How many rows are queued, and how many done at once, of a batch of one row."""
    row = {"upload": shop.upload(photo), "preset": preset}
    found = shop.post("/v1/batches", json={"items": [row]}).get_json()["counts"]
    return found["queued"], found["succeeded"]


def test_a_changed_preset_makes_its_own_rows_anew(restarted: Any, jpeg: bytes) -> None:
    shop = restarted("0.85")
    for preset in ("our-shop", "ebay"):
        shop.finished(jpeg, operations=[], renditions=[preset])
        assert counts(shop, jpeg, preset) == (0, 1)
    shop = restarted("0.7")
    assert counts(shop, jpeg, "our-shop") == (1, 0)
    assert counts(shop, jpeg, "ebay") == (0, 1)


def test_another_release_makes_rows_anew(shop: Any, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.finished(jpeg, operations=[], renditions=["ebay"])
    monkeypatch.setattr(jobs.presets.digests, "version", lambda: "99.0")
    assert counts(shop, jpeg, "ebay") == (1, 0)
    assert counts(shop, jpeg, "ebay") == (1, 0)  # the same job's
    assert len(shop.get("/v1/jobs").get_json()["items"]) == 2
