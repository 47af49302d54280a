"""``python -m api audit verify``, and what commands at the server leave in the log."""

from collections.abc import Callable
from typing import Any

import pytest

from api.__main__ import main
from jobs.audit import Actor, Note
from jobs.store.auditing import AuditQuery

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Command:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(settings.data_dir))

    def run(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        return code, capsys.readouterr().out

    return run


def test_commands_about_keys_and_links_are_noted(command: Command, shop: Any) -> None:
    _, made = command("keys", "create", "--tenant", "shop", "--name", "SECRET")
    key_id = made.strip()[4:20]
    command("keys", "limits", key_id, "--jobs-per-day", "5")
    command("keys", "revoke", key_id)
    command("links", "rotate")
    entries = shop.services.store.audit(["shop", "*"], AuditQuery()).items
    assert [(entry.tenant, entry.note.action, entry.note.subject) for entry in entries] == [
        ("*", "links.rotate", ""),
        ("shop", "key.revoke", key_id),
        ("shop", "key.change", key_id),
        ("shop", "key.create", key_id),
    ]
    assert {entry.note.actor for entry in entries} == {Actor("operator", "command line")}
    assert "SECRET" not in "".join(entry.text for entry in entries)


def test_verifying_tells_the_newest_hash_or_what_is_wrong(command: Command, shop: Any) -> None:
    note = Note("shop", Actor("key", "0"), "key.create")
    first, _ = shop.services.store.note(note), shop.services.store.note(note)
    last = shop.services.store.note(note)
    code, told = command("audit", "verify")
    assert code == 0
    assert f"shop changes: 3 entries, whole; the newest is {last.id} {last.hash}" in told
    shop.services.redis.xdel("packshot:audit:shop:changes", last.id)
    code, told = command("audit", "verify", "--tenant", "shop")
    assert code == 1
    assert "not the one that was written last" in told
    assert first.hash != last.hash
