"""What goes wrong while models change: a worker serves on with what it had, says so, and makes up for it."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from engine import Engine
from engine.cards import load_cards
from engine.errors import WeightsError
from engine.generation.facts import FACTS_FILE
from engine.settings import EngineSettings
from jobs.model_wishes import ModelWishes, Share
from worker.catalogues import facts_of
from worker.model_keeper import cards_wished
from worker.presence import Presence
from worker.reaper import Reaper
from worker.workshop import Workshop

from .test_model_keeper import add_version, swappable, weights
from .tiny_generator import write_weights

__all__ = ["swappable", "weights"]


def add_generator(weights: Path, version: str, facts: bytes | None) -> Path:
    """A copy of the generator whose card promises these facts, or none at all."""
    folder = shutil.copytree(weights / "generator-1", weights / f"generator-{version}")
    card = json.loads((folder / "card.json").read_text()) | {"version": version, "besides": []}
    if facts is not None:
        (folder / FACTS_FILE).write_bytes(facts)
        card["besides"] = [{"file": FACTS_FILE, "sha256": hashlib.sha256(facts).hexdigest()}]
    (folder / "card.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def generating(workshop: Workshop, tmp_path: Path):
    weights = write_weights(tmp_path / "weights")
    with Engine.start(EngineSettings(backend="fake", weights_dir=weights)) as engine:
        yield replace(workshop, engine=engine)


@pytest.mark.parametrize(
    ("facts", "why"), [(None, "besides lists facts"), (b"PK no", "does not hold a generator's facts")]
)
def test_a_generator_without_facts_is_refused_and_the_worker_stays_able(generating: Workshop, facts, why):
    folder = add_generator(generating.engine.settings.weights_dir, "2", facts)
    able = generating.abilities()
    generating.store.share_version("generator", Share("2", 0.5), "1")
    generating.models.follow()
    assert why in generating.models.refused[folder.name]
    assert set(generating.engine.versions_of("generator")) == {"1"}
    generating.store.share_version("generator", None)
    generating.store.use_version("generator", "2")
    generating.models.follow()
    assert generating.abilities() == able
    Presence(generating).announce()
    Reaper(generating).sweep()
    assert cards_wished(folder.parent, generating.store.model_wishes())["generator"].version == "1"


def test_a_worker_says_what_it_can_do_even_where_it_cannot_describe_a_model(generating: Workshop, caplog):
    before = generating.engine_facts()
    engine = generating.engine
    add_generator(engine.settings.weights_dir, "2", None)
    engine.load(load_cards(engine.settings.weights_dir)["generator"])
    engine.use("generator", "2")
    assert "generator=2" in generating.abilities().split()
    assert generating.engine_facts() == before
    assert "they cannot be described" in caplog.text


def test_facts_that_came_anew_under_the_same_number_are_read_anew(generating: Workshop):
    card = generating.engine.models["generator"]
    assert facts_of(generating.engine).categories == ("dress", "shoes")
    (card.folder / FACTS_FILE).write_bytes(b"PK no")
    generating.engine.models = {"generator": replace(card, besides=(replace(card.besides[0], sha256="0" * 64),))}
    with pytest.raises(WeightsError, match="does not hold"):
        facts_of(generating.engine)


def test_a_redis_that_fails_in_the_midst_of_a_change_leaves_nothing_half_done(swappable, weights, monkeypatch):
    swappable.models.follow()
    add_version(weights, "6")
    swappable.store.look_for_models()
    told: list[str] = []

    def fail(_store: object) -> None:
        told.append("")
        raise redis.ConnectionError("planted")

    with monkeypatch.context() as planted:
        planted.setattr(type(swappable.store), "note_new_models", fail)
        for _ in range(2):
            with pytest.raises(redis.ConnectionError, match="planted"):
                swappable.models.follow()
    assert len(told) == 2
    assert set(swappable.engine.versions_of("restore")) == {"6"}
    assert swappable.store.model_wishes().changed_ms is None
    swappable.models.follow()
    noted = swappable.store.model_wishes().changed_ms
    assert noted is not None
    swappable.models.follow()
    assert swappable.store.model_wishes().changed_ms == noted


def test_a_wish_that_met_a_fault_is_followed_at_the_next_look(swappable, weights, monkeypatch):
    add_version(weights, "6")
    swappable.store.use_version("restore", "6")
    with monkeypatch.context() as planted:
        planted.setattr("worker.model_keeper.load_versions", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            swappable.models.follow()
    swappable.models.follow()
    assert swappable.engine.models["restore"].version == "6"


def test_a_version_that_fails_in_a_way_of_its_own_is_refused_like_any_other(swappable, weights, monkeypatch, caplog):
    swappable.models.follow()
    add_version(weights, "6")
    swappable.store.look_for_models()
    monkeypatch.setattr(swappable.engine, "load", lambda _: 1 / 0)
    swappable.models.follow()
    assert swappable.models.refused == {"restore-6": "ZeroDivisionError: division by zero"}
    assert "restore-6 could not be loaded" in caplog.text


def test_a_worker_starts_with_the_version_below_one_that_cannot_be_read(swappable, weights):
    add_version(weights, "6", broken=True), add_version(weights, "8")
    for wishes in (ModelWishes(use={"restore": "6"}), swappable.store.use_version("restore", "6")):
        assert cards_wished(weights, wishes)["restore"].version == "5"
    swappable.models.follow()
    assert set(swappable.models.refused) == {"restore-6"}
    (weights / "restore-6" / "card.json").write_text("{")
    assert cards_wished(weights, wishes)["restore"].version == "8"


def test_a_card_that_is_wrong_beside_good_ones_stops_no_start(weights):
    add_version(weights, "6")
    (weights / "restore-6" / "card.json").write_text("{")
    assert cards_wished(weights, ModelWishes())["restore"].version == "5"
    (weights / "cutout-1").mkdir()
    (weights / "cutout-1" / "card.json").write_text("{")
    with pytest.raises(WeightsError, match="cutout-1"):
        cards_wished(weights, ModelWishes())
    shutil.rmtree(weights)
    with pytest.raises(WeightsError, match="no <model>-<version>/card"):
        cards_wished(weights, ModelWishes())
