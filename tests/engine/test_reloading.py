"""Versions of a model side by side: loaded while others are served, switched to, and let go of once nobody has them."""

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import engine.engine as front_door
from engine import Engine
from engine.backends.fake import FakeBackend
from engine.cards import Card, load_card, load_cards
from engine.errors import BackendUnavailable, ModelNotFound, NoRoomForModel, WeightsError
from engine.settings import EngineSettings
from engine.weights_folder import load_versions, newest

PHOTO = np.full((12, 10, 3), 90, np.uint8)


def another_version(weights: Path, version: str, model: bytes | None = None, **changes: object) -> Card:
    """A copy of mirror-1 under another number, with other bytes or another card where they are given."""
    folder = shutil.copytree(weights / "mirror-1", weights / f"mirror-{version}")
    card = json.loads((folder / "card.json").read_text())
    if model is not None:
        (folder / "model.onnx").write_bytes(model)
        card["onnx"]["sha256"] = hashlib.sha256(model).hexdigest()
    (folder / "card.json").write_text(json.dumps(card | {"version": version} | changes))
    return load_card(folder)


def version_of(engine: Engine) -> str:
    return engine.submit("mirror", PHOTO).result(30).facts.version


@pytest.fixture(params=["fake", "onnxruntime"])
def weights(weights_of: Callable[..., Path]) -> Path:
    return weights_of()


@pytest.fixture
def engine(weights: Path, request: pytest.FixtureRequest):
    backend = request.node.callspec.params["weights"]
    with Engine.start(EngineSettings(backend=backend, threads=1, weights_dir=weights)) as engine:
        yield engine


def test_new_work_takes_the_version_in_use_and_an_edition_keeps_its_own(engine: Engine, weights: Path):
    card = another_version(weights, "2")
    before = engine.edition()
    engine.load(card)
    assert version_of(engine) == "1"
    engine.use("mirror", "2")
    engine.drop("mirror", "1")
    after = engine.edition()
    assert version_of(engine) == "2"
    told = [edition.submit("mirror", PHOTO).result(30).facts.version for edition in (before, after, before)]
    assert told == ["1", "2", "1"]
    assert (before.models["mirror"].version, after.models["mirror"].version) == ("1", "2")
    before.close(), after.close()


def test_the_old_one_is_let_go_of_with_the_last_that_has_it(engine: Engine, weights: Path):
    edition = engine.edition()
    engine.load(another_version(weights, "2"))
    engine.use("mirror", "2")
    engine.drop("mirror", "1")
    version_of(engine)
    executors = engine._thread._device.executors
    assert set(executors) == {"mirror", "mirror-2@1"}
    pending = edition.submit("mirror", PHOTO)
    edition.close()
    assert pending.result(30).facts.version == "1"
    version_of(engine), version_of(engine)
    assert set(executors) == {"mirror-2@1"}
    assert engine.describe()["models"]["mirror"]["version"] == "2"


def test_a_version_that_is_asked_for_is_given_where_it_is_there(engine: Engine, weights: Path):
    engine.load(another_version(weights, "2"))
    changes = engine.changes
    given = {wanted: engine.edition({"mirror": wanted}) for wanted in ("1", "2", "3")}
    assert {wanted: edition.models["mirror"].version for wanted, edition in given.items()} == {
        "1": "1",
        "2": "2",
        "3": "1",
    }
    assert engine.describe()["models"]["mirror"]["others"] == {"2": engine.models["mirror"].onnx.sha256}
    engine.drop("mirror", "1")  # the current one stays
    assert version_of(engine) == "1"
    for edition in given.values():
        edition.close()
    engine.drop("mirror", "2")
    assert set(engine.versions_of("mirror")) == {"1"}
    assert engine.changes > changes
    with pytest.raises(ModelNotFound, match="mirror 2 is not loaded"):
        engine.use("mirror", "2")


def test_a_dropped_version_can_be_loaded_again(engine: Engine, weights: Path):
    card = another_version(weights, "2")
    for _ in range(3):
        engine.load(card)
        engine.load(card)  # which it is already
        engine.use("mirror", "2")
        assert version_of(engine) == "2"
        engine.use("mirror", "1")
        engine.drop("mirror", "2")
        assert version_of(engine) == "1"


def test_a_version_loaded_again_while_some_still_have_it_outlives_them(engine: Engine, weights: Path):
    """An operator goes back and forth while a long job lasts: the end of that job took the new copy with it."""
    card = another_version(weights, "2")
    engine.load(card)
    engine.use("mirror", "2")
    long_job = engine.edition()
    engine.use("mirror", "1"), engine.drop("mirror", "2")
    engine.load(card)
    engine.use("mirror", "2")
    pending = long_job.submit("mirror", PHOTO)
    long_job.close()
    assert pending.result(30).facts.version == "2"
    assert [version_of(engine) for _ in range(3)] == ["2", "2", "2"]
    assert set(engine._thread._device.executors) == {"mirror", "mirror-2@2"}
    engine.use("mirror", "1"), engine.drop("mirror", "2")
    assert [version_of(engine) for _ in range(2)] == ["1", "1"]
    assert set(engine._thread._device.executors) == {"mirror"}


def test_a_version_is_kept_for_what_is_just_being_submitted(engine: Engine, weights: Path, monkeypatch):
    """It was let go of between the look at which version it is and the queue."""
    engine.load(another_version(weights, "2"))
    add = engine._thread.add

    def add_late(work: object) -> None:
        engine.use("mirror", "2"), engine.drop("mirror", "1")
        monkeypatch.setattr(engine._thread, "add", add)
        assert version_of(engine) == "2"
        assert "mirror" in engine._thread._device.executors
        add(work)

    monkeypatch.setattr(engine._thread, "add", add_late)
    assert version_of(engine) == "1"
    assert [version_of(engine) for _ in range(2)] == ["2", "2"]
    assert set(engine._thread._device.executors) == {"mirror-2@1"}


@pytest.mark.parametrize(
    ("model", "changes", "why"),
    [
        (b"no network at all", {}, "is not an ONNX model"),
        (None, {"tile": {"tile_px": 16, "halo_px": 2, "scale": 2, "align_px": 2}}, "something else than mirror 1"),
    ],
)
def test_a_version_that_is_broken_is_refused_and_the_old_serves_on(engine: Engine, weights: Path, model, changes, why):
    card = another_version(weights, "2", model, **changes)
    with pytest.raises(WeightsError, match=why):
        engine.load(card)
    assert version_of(engine) == "1"
    assert set(engine.versions_of("mirror")) == {"1"}


def test_a_file_that_is_not_the_one_promised_is_refused(engine: Engine, weights: Path):
    card = another_version(weights, "2")
    card.model_path.write_bytes(b"half copied")
    with pytest.raises(WeightsError, match="promises SHA-256"):
        engine.load(card)
    assert version_of(engine) == "1"


def test_a_version_that_does_not_fit_is_refused_with_what_it_needs(engine: Engine, weights: Path, monkeypatch):
    monkeypatch.setattr(front_door, "free_bytes", lambda: 100 << 20)
    with pytest.raises(NoRoomForModel, match="256 MiB free, and 100 MiB are"):
        engine.load(another_version(weights, "2"))
    assert version_of(engine) == "1"


def test_a_version_that_fails_its_first_run_is_refused(weights_of: Callable[..., Path]):
    weights, broken = weights_of(), threading.Event()

    def fail(_units: object) -> None:
        if broken.is_set():
            raise RuntimeError("planted")

    with Engine.start(EngineSettings(weights_dir=weights), backend=FakeBackend(before_run=fail)) as engine:
        broken.set()
        with pytest.raises(WeightsError, match="the first run, of 1 slots, failed: planted"):
            engine.load(another_version(weights, "2"))
        broken.clear()
        assert version_of(engine) == "1"


def test_a_gpu_refuses_what_only_a_start_can_load(weights_of: Callable[..., Path]):
    weights = weights_of()
    as_gpu = EngineSettings(backend="fake", fake_plan="as_gpu=1", weights_dir=weights)
    with Engine.start(as_gpu) as engine:
        with pytest.raises(BackendUnavailable, match="restart the workers one by one"):
            engine.load(another_version(weights, "2"))
        assert version_of(engine) == "1"


def test_no_work_is_lost_or_mixed_while_versions_change_under_load(weights_of: Callable[..., Path]):
    weights = weights_of()
    told: list[set[str]] = []
    over = threading.Event()

    def keep_asking(engine: Engine) -> None:
        while not over.is_set():
            edition = engine.edition()
            futures = [edition.submit("mirror", PHOTO) for _ in range(3)]
            told.append({future.result(30).facts.version for future in futures})
            edition.close()

    with Engine.start(EngineSettings(backend="fake", weights_dir=weights)) as engine:
        cards = [another_version(weights, str(version)) for version in (2, 3, 4)]
        asking = [threading.Thread(target=keep_asking, args=(engine,)) for _ in range(3)]
        for thread in asking:
            thread.start()
        for card in cards:
            begun = len(told)
            while len(told) < begun + 10 and any(thread.is_alive() for thread in asking):
                time.sleep(0.001)
            old = engine.models["mirror"].version
            engine.load(card)
            engine.use("mirror", card.version)
            engine.drop("mirror", old)
        over.set()
        for thread in asking:
            thread.join()
        version_of(engine), version_of(engine)
        assert set(engine._thread._device.executors) == {"mirror-4@3"}
    assert all(len(versions) == 1 for versions in told)
    assert {"1", "2", "3"} <= set.union(*told)


def test_a_folder_tells_all_its_versions_and_what_is_wrong(weights_of: Callable[..., Path]):
    weights = weights_of()
    another_version(weights, "2"), another_version(weights, "10")
    (weights / "mirror-2" / "card.json").write_text("{")
    found, mistakes = load_versions(weights)
    assert list(found) == ["mirror"]
    assert newest(found["mirror"]) == "10"
    assert list(mistakes) == ["mirror-2"]
    with pytest.raises(WeightsError):
        load_cards(weights)
