from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import ApiSettings
from jobs.blobs import BlobStore
from jobs.errors import BlobError, SettingsError
from jobs.settings import JobsSettings, read_settings
from worker.settings import WorkerSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "redis://somewhere:1/0")
    monkeypatch.setenv("PACKSHOT_LEASE_MS", "50000")
    monkeypatch.setenv("PACKSHOT_BLOB_URL", "")
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    monkeypatch.delenv("PACKSHOT_DATA_DIR", raising=False)
    settings = read_settings(JobsSettings)
    assert (settings.redis_url, settings.lease_ms) == ("redis://somewhere:1/0", 50_000)
    assert settings.data_dir == Path("/srv/data/packshot")
    assert settings.resolved_blob_url == "file:///srv/data/packshot/blobs"


def test_all_mistakes_are_told_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    monkeypatch.setenv("PACKSHOT_MAX_ATTEMPTS", "0")
    monkeypatch.setenv("PACKSHOT_LEASE_MS", "soon")
    with pytest.raises(SettingsError) as caught:
        read_settings(JobsSettings)
    message = str(caught.value)
    assert "PACKSHOT_REDIS_URL is not set" in message
    assert "PACKSHOT_MAX_ATTEMPTS='0'" in message
    assert "PACKSHOT_LEASE_MS='soon'" in message


@pytest.mark.parametrize(
    ("setting", "wrong", "right"),
    [
        ("redis_url", "localhost:6379", "redis://localhost:6379/0"),
        ("traces_endpoint", "collector:4317", "http://collector:4318"),
        ("hint_broker", "rabbit:5672", "amqps://user:password@host:5671/vhost"),
        ("hint_queue", "our jobs", "letters, digits"),
        ("max_attempts", "some", "a whole number"),
        ("traces_share", "5%", "a number"),
        ("fetch_urls", "perhaps", "true or false"),
    ],
)
def test_a_value_of_the_wrong_form_is_told_with_what_to_write(setting: str, wrong: str, right: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(JobsSettings, **{"redis_url": "redis://x", setting: wrong})
    assert f"PACKSHOT_{setting.upper()}='{wrong}': write " in str(caught.value)
    assert right in str(caught.value)
    assert "pattern" not in str(caught.value)


@pytest.mark.parametrize("kind", [JobsSettings, ApiSettings, WorkerSettings])
def test_every_setting_with_a_form_has_an_example_of_it(kind: type[JobsSettings]) -> None:
    for name, field in kind.model_fields.items():
        if any(getattr(each, "pattern", None) for each in field.metadata):
            assert field.examples, name


def test_the_apis_port_is_not_that_of_its_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_METRICS_PORT", "8080")
    with pytest.raises(SettingsError, match="PACKSHOT_API_PORT='8080': PACKSHOT_METRICS_PORT is the same"):
        read_settings(ApiSettings, redis_url="redis://x")
    assert read_settings(ApiSettings, redis_url="redis://x", api_port=8081).metrics_port == 8080
    assert read_settings(ApiSettings, redis_url="redis://x", metrics_host="10.0.0.1").metrics_port == 8080
    with pytest.raises(SettingsError, match="PACKSHOT_METRICS_PORT is the same"):
        read_settings(ApiSettings, redis_url="redis://x", metrics_host="10.0.0.1", api_host="0.0.0.0")


@pytest.mark.parametrize(
    "url",
    [
        *("redus://:p@hidden@host:6379/0", "redis:/:hidden@host", ":hidden@host", "redis//u:hid/den@host", "hidden@x"),
        "http://host?sig=hidden",
    ],
)
def test_a_wrong_address_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(JobsSettings, redis_url=url)
    assert "PACKSHOT_REDIS_URL" in str(caught.value)
    assert "host" in str(caught.value) or "x'" in str(caught.value)
    assert "hid" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["az://acct/x?sig=hidden", "file://host/x?hidden", "nonsense://u:hidden@host/", "s3:k:hidden@b"]
)
def test_a_blob_store_that_cannot_be_opened_is_told_without_its_secrets(url: str) -> None:
    with pytest.raises(BlobError) as caught:
        BlobStore.from_url(url)
    assert "PACKSHOT_BLOB_URL" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_without_a_home_the_data_folder_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    def nobody(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("PACKSHOT_REDIS_URL", "redis://somewhere:1/0")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.delenv("PACKSHOT_DATA_DIR", raising=False)
    monkeypatch.setattr(Path, "expanduser", nobody)
    with pytest.raises(SettingsError, match="set PACKSHOT_DATA_DIR to a folder"):
        read_settings(JobsSettings)


def test_a_socket_that_celery_cannot_reach_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "unix:///run/redis.sock")
    with pytest.raises(SettingsError, match="PACKSHOT_REDIS_URL='unix:"):
        read_settings(JobsSettings)


def test_settings_are_frozen(settings: JobsSettings):
    with pytest.raises(ValidationError):
        settings.lease_ms = 1  # type: ignore[misc]


def test_a_mistake_in_an_address_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "rediss+tls://user:hunter2@somewhere:1/0")
    with pytest.raises(SettingsError) as told:
        read_settings(JobsSettings)
    assert "hunter2" not in str(told.value)
    assert "somewhere" in str(told.value)


def test_a_heartbeat_too_slow_for_its_lease_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "redis://somewhere:1/0")
    monkeypatch.setenv("PACKSHOT_LEASE_MS", "15000")
    with pytest.raises(SettingsError, match=r"PACKSHOT_HEARTBEAT_MS='10000'.*15000"):
        read_settings(JobsSettings)
