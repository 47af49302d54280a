from pathlib import Path

import pytest

from engine.errors import SettingsRefused
from engine.settings import EngineSettings


def test_without_variables_every_setting_has_its_default():
    assert EngineSettings.from_env({}) == EngineSettings()


def test_each_variable_reaches_its_setting():
    settings = EngineSettings.from_env(
        {
            "PACKSHOT_BACKEND": "fake",
            "PACKSHOT_THREADS": "3",
            "PACKSHOT_MAX_WAIT_MS": "0.5",
            "PACKSHOT_WEIGHTS_DIR": "/w",
        }
    )
    assert (settings.backend, settings.threads, settings.max_wait_ms) == ("fake", 3, 0.5)
    assert settings.weights_dir == Path("/w")


def test_an_empty_variable_counts_as_absent():
    assert EngineSettings.from_env({"PACKSHOT_THREADS": " "}).threads == 0


def test_all_mistakes_are_reported_together_with_what_was_received_and_allowed():
    wrong = {
        "PACKSHOT_BACKEND": "gpu",
        "PACKSHOT_THREADS": "two",
        "PACKSHOT_MAX_BATCH_SIZE": "0",
        "PACKSHOT_BATCH_TIMEOUT_S": "nan",
    }
    with pytest.raises(SettingsRefused) as refusal:
        EngineSettings.from_env(wrong)
    message = str(refusal.value)
    assert all(variable in message for variable in wrong)
    assert "a whole number; received 'two'" in message
    assert "a whole number from 1 to 1024; received '0'" in message
    assert "auto, onnxruntime" in message


def test_a_home_that_does_not_exist_is_a_mistake_where_it_is_asked_for_and_none_elsewhere(monkeypatch):
    with pytest.raises(SettingsRefused, match=r"PACKSHOT_PLANS_DIR: a path .*; received '~no-such-user/plans'"):
        EngineSettings.from_env({"PACKSHOT_PLANS_DIR": "~no-such-user/plans"})
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)  # a container's --user with a number that has no name
    assert EngineSettings.from_env({}).plans_dir.is_absolute()
