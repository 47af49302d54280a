"""Keys: what is kept of them, how long they hold, and that the first is made once."""

import hashlib
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from api.__main__ import _prepare, main
from api.dev_key import FILE_NAME, ensure_dev_key, widen_dev_key
from api.key_records import KeyLimits
from api.keys import SCOPES, KeyRing, KeyWish
from jobs.problems import ProblemError


@pytest.fixture
def keys(redis_connection: Any) -> KeyRing:
    return KeyRing(redis_connection)


def test_redis_holds_the_hash_and_not_the_secret(keys: KeyRing, redis_connection: Any) -> None:
    key = keys.create("shop")
    record = redis_connection.hgetall(f"packshot:key:{key.id}")
    assert record["sha256"] == hashlib.sha256(key.secret.encode()).hexdigest()
    assert key.secret not in str(record)


def test_a_key_tells_its_tenant_and_scopes(keys: KeyRing) -> None:
    principal = keys.authenticate(keys.create("shop", scopes=["jobs:read"]).text)
    assert (principal.tenant, principal.scopes) == ("shop", frozenset({"jobs:read"}))


@pytest.mark.parametrize("change", [lambda text: text[:-2] + "zz", lambda text: text + "x", lambda text: text[4:]])
def test_a_changed_key_is_unknown(change: Any, keys: KeyRing) -> None:
    with pytest.raises(ProblemError, match="unauthorized"):
        keys.authenticate(change(keys.create("shop").text))


def test_a_revoked_key_is_refused(keys: KeyRing) -> None:
    key = keys.create("shop")
    assert keys.revoke(key.id)
    with pytest.raises(ProblemError, match="key-revoked"):
        keys.authenticate(key.text)
    assert not keys.revoke("0" * 16)


def test_of_revoked_keys_only_the_last_hundred_of_a_tenant_are_kept(keys: KeyRing, redis_connection: Any) -> None:
    first = keys.create("shop")
    for key in [first, *(keys.create("shop") for _ in range(110))]:
        keys.revoke(key.id)
    kept, others = keys.create("shop"), keys.create("other")
    assert redis_connection.zcard("packshot:keys-of:shop") == redis_connection.scard("packshot:keys") - 1 == 101
    assert not keys.has(first.id)
    assert keys.authenticate(kept.text).tenant == "shop"
    assert keys.authenticate(others.text).tenant == "other"


def test_of_many_that_make_keys_at_once_none_passes_the_bound(keys: KeyRing) -> None:
    made: list[str] = []

    def make() -> None:
        with suppress(ProblemError):
            made.append(keys.make(KeyWish("shop"), most=3).id)

    makers = [threading.Thread(target=make) for _ in range(12)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(made) == 3
    assert keys.rotate(made[0], 0).id  # by who is bound by nothing
    with pytest.raises(ProblemError, match="rate-limited"):
        keys.rotate(made[1], 0, most=3)


def test_a_key_that_vanished_comes_back_by_no_change(keys: KeyRing, redis_connection: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(keys, "has", lambda _: True)  # as if it had been there a moment ago
    assert not keys.revoke("0" * 16)
    assert not keys.change("0" * 16, KeyLimits(1, 1), "name")
    assert not redis_connection.exists(f"packshot:key:{'0' * 16}")


@pytest.mark.parametrize("made", [{"tenant": "a/b"}, {"tenant": "shop", "scopes": ["everything"]}])
def test_a_key_that_cannot_be_is_not_made(made: Any, keys: KeyRing) -> None:
    with pytest.raises(ValueError, match="got"):
        keys.create(**made)
    assert not keys.has_any()


def test_many_first_starts_make_one_development_key(keys: KeyRing, tmp_path: Path) -> None:
    made: list[Any] = []
    starts = [threading.Thread(target=lambda: made.append(ensure_dev_key(keys, tmp_path))) for _ in range(16)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    [key] = [one for one in made if one is not None]
    path = tmp_path / FILE_NAME
    assert path.read_text().strip() == key.text
    assert path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert keys.authenticate(key.text).scopes == frozenset(SCOPES)


def test_the_development_key_is_on_the_disk_before_redis_is_told(keys: KeyRing, tmp_path: Path, monkeypatch: Any):
    names: list[str] = []
    monkeypatch.setattr("os.fsync", lambda number: names.append(Path(f"/proc/self/fd/{number}").readlink().name))
    monkeypatch.setattr(keys, "add_first", lambda *_: names.append("Redis"))
    ensure_dev_key(keys, tmp_path)
    assert names[-3:] == [FILE_NAME, tmp_path.name, "Redis"]
    assert names[0].startswith(f".{FILE_NAME}."), "its bytes come before its name"


def test_a_file_system_without_hard_links_has_a_development_key_too(keys: KeyRing, tmp_path: Path, monkeypatch: Any):
    def refuse(*_: Any) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    key = ensure_dev_key(keys, tmp_path)
    assert key is not None
    assert (tmp_path / FILE_NAME).read_text().strip() == key.text
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    keys_of_a_second_start = ensure_dev_key(keys, tmp_path)
    assert keys_of_a_second_start is None


def test_the_data_folder_is_for_its_owner_alone(keys: KeyRing, tmp_path: Path) -> None:
    ensure_dev_key(keys, tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_no_development_key_is_made_beside_others(keys: KeyRing, tmp_path: Path) -> None:
    keys.revoke(keys.create("shop").id)
    assert ensure_dev_key(keys, tmp_path) is None
    assert not (tmp_path / FILE_NAME).exists()


def test_a_development_key_comes_back_when_redis_lost_everything(shop: Any, redis_connection: Any) -> None:
    redis_connection.flushdb()
    key = ensure_dev_key(shop.services.keys, shop.services.settings.data_dir)
    redis_connection.flushdb()
    answer = shop.app.test_client().get("/v1/jobs", headers={"X-Api-Key": key.text})
    assert answer.status_code == 200


def test_a_second_machine_keeps_no_key_that_opens_nothing(keys: KeyRing, tmp_path: Path, monkeypatch: Any) -> None:
    ensure_dev_key(keys, tmp_path / "one")
    monkeypatch.setattr(keys, "has_any", lambda: False)  # both looked before either had written
    assert ensure_dev_key(keys, tmp_path / "two") is None
    assert not (tmp_path / "two" / FILE_NAME).exists()


def test_the_development_key_of_an_earlier_version_gains_the_new_scopes(
    keys: KeyRing, tmp_path: Path, redis_connection: Any
) -> None:
    key = ensure_dev_key(keys, tmp_path)
    assert key is not None
    redis_connection.hset(f"packshot:key:{key.id}", "scopes", "jobs:read jobs:write uploads:write")
    assert [widen_dev_key(keys, tmp_path) for _ in range(2)] == [True, False]
    assert keys.authenticate(key.text).scopes == frozenset(SCOPES)


def test_a_start_that_widens_the_development_key_says_so(keys: KeyRing, settings: Any, capsys: Any) -> None:
    key = ensure_dev_key(keys, settings.data_dir)
    assert key is not None
    keys.redis.hset(f"packshot:key:{key.id}", "scopes", "jobs:read jobs:write uploads:write")
    said = []
    for _ in range(2):
        _prepare(settings)
        said.append(capsys.readouterr().err)
    assert "operator" in said[0]
    assert (key.secret in said[0], said[1]) == (False, "")


@pytest.mark.parametrize("scopes", ["jobs:read", "jobs:read jobs:write uploads:write webhooks:manage"])
def test_a_development_key_that_was_narrowed_stays_so(
    scopes: str, keys: KeyRing, tmp_path: Path, redis_connection: Any
) -> None:
    key = ensure_dev_key(keys, tmp_path)
    assert key is not None
    redis_connection.hset(f"packshot:key:{key.id}", "scopes", scopes)
    assert not widen_dev_key(keys, tmp_path)
    assert keys.authenticate(key.text).scopes == frozenset(scopes.split())


def test_a_file_with_another_keys_id_widens_nothing(keys: KeyRing, tmp_path: Path) -> None:
    shop = keys.create("shop", scopes=["jobs:read", "jobs:write", "uploads:write"])
    (tmp_path / FILE_NAME).write_text(f"psk_{shop.id}.{'a' * 43}")
    assert not widen_dev_key(keys, tmp_path)
    assert keys.authenticate(shop.text).scopes == {"jobs:read", "jobs:write", "uploads:write"}


@pytest.mark.parametrize("way", ["route", "command"])
def test_a_revoked_development_key_does_not_come_back(way: str, shop: Any, command: Any, redis_connection: Any) -> None:
    redis_connection.flushdb()
    key = ensure_dev_key(shop.services.keys, shop.services.settings.data_dir)
    shop.key = key.text
    if way == "route":
        other = shop.post("/v1/keys", json={"scopes": ["jobs:read"]}).get_json()["id"]
        assert shop.call("DELETE", f"/v1/keys/{other}").status_code == 204
        assert shop.get("/v1/me").status_code == 200  # the file is of another key
        assert shop.call("DELETE", f"/v1/keys/{key.id}").status_code == 204
    else:
        assert command("keys", "revoke", key.id) == (0, "")
    redis_connection.flushdb()
    assert shop.get("/v1/me").status_code == 401


@pytest.mark.parametrize("way", ["route", "command"])
def test_of_a_rotated_development_key_the_successor_comes_back(
    way: str, shop: Any, command: Any, redis_connection: Any
) -> None:
    redis_connection.flushdb()
    key = ensure_dev_key(shop.services.keys, shop.services.settings.data_dir)
    shop.key = key.text
    if way == "route":
        fresh = shop.post(f"/v1/keys/{key.id}/rotate").get_json()["key"]
    else:
        _, fresh = command("keys", "rotate", key.id)
    path = shop.services.settings.data_dir / FILE_NAME
    assert (path.read_text().strip(), path.stat().st_mode & 0o777) == (fresh, 0o600)
    redis_connection.flushdb()
    assert shop.get("/v1/me").status_code == 401
    shop.key = fresh
    assert shop.get("/v1/me").status_code == 200


@pytest.fixture
def command(settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run ``python -m api`` on the test's Redis; gives the exit code and what it printed."""
    monkeypatch.setenv("PACKSHOT_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(settings.data_dir))

    def run(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        told = capsys.readouterr()
        return code, (told.out + told.err).strip()

    return run


def test_keys_are_looked_after_from_the_command_line(command: Any, keys: KeyRing) -> None:
    _, text = command("keys", "create", "--tenant", "acme", "--name", "till", "--requests-per-minute", "9")
    key_id = text[4:20]
    assert keys.authenticate(text).limits.requests_per_minute == 9
    assert command("keys", "limits", key_id, "--jobs-per-day", "0")[0] == 0
    line = command("keys", "list", "--tenant", "acme")[1].splitlines()[1].split()
    assert line[:4] == [key_id, "acme", "till", "valid"]
    assert {"default", "none"} < set(line)
    _, rotated = command("keys", "rotate", key_id, "--overlap-s", "0")
    assert keys.authenticate(rotated).name == "till"
    with pytest.raises(ProblemError, match="key-revoked"):
        keys.authenticate(text)
    assert command("keys", "revoke", rotated) == (0, "")
    assert command("keys", "list")[1].split().count("revoked") == 1


@pytest.mark.parametrize("arguments", [("rotate", "0" * 16), ("limits", "0" * 16), ("revoke", "0" * 16)])
def test_a_command_about_no_key_says_so(arguments: tuple[str, ...], command: Any) -> None:
    code, told = command("keys", *arguments)
    assert code == 2
    assert "there is no" in told


def test_links_are_rotated_from_the_command_line(command: Any, redis_connection: Any) -> None:
    assert command("links", "rotate")[0] == 0
    assert redis_connection.hlen("packshot:link-secrets") == 3
