"""What a generator can be asked for is told before it is asked."""

from dataclasses import replace

import pytest

from engine import Engine, EngineSettings
from engine.errors import WeightsError
from engine.generation.facts import FACTS_FILE
from worker.catalogues import described, facts_of

from .tiny_generator import write_weights


@pytest.fixture
def start(tmp_path):
    engines = []

    def start_engine(**parts):
        weights = write_weights(tmp_path / f"weights-{len(engines)}", **parts)
        engines.append(Engine.start(EngineSettings(backend="fake", weights_dir=weights)))
        return engines[-1]

    yield start_engine
    for engine in engines:
        engine.close()


def test_the_generator_s_description_names_categories_and_directions(start):
    models = described(start())["models"]
    assert models["generator"]["categories"] == ["dress", "shoes"]
    assert models["generator"]["adjust"] == ["brightness", "flare"]
    assert models["generator"]["adjust_variations"] == ["brightness"]
    assert models["generator"]["limits"] == "knows nothing"
    assert "categories" not in models["generator-critic"]


def test_without_a_generator_the_description_is_the_engine_s_own(start):
    engine = start(generator=False)
    assert facts_of(engine) is None
    assert described(engine) == engine.describe()


def test_facts_that_the_card_does_not_list_are_not_read(start):
    engine = start()
    engine.models = {"generator": replace(engine.models["generator"], besides=())}
    with pytest.raises(WeightsError, match=r"besides lists facts\.npz with its SHA-256; received nothing"):
        facts_of(engine)


def test_facts_that_are_none_are_refused_by_their_path(start):
    engine = start()
    (engine.models["generator"].folder / FACTS_FILE).write_bytes(b"PK no")
    with pytest.raises(WeightsError, match=FACTS_FILE):
        facts_of(engine)
