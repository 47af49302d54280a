"""The audit log at the store: chained, bounded, trimmed, and read across its streams."""

import json

import pytest

from jobs.audit import Actor, Note
from jobs.problems import ProblemError
from jobs.settings import JobsSettings
from jobs.store import JobStore
from jobs.store.auditing import AuditQuery

KEY = Actor("key", "0123456789abcdef")


def did(action: str, subject: str = "", **more: str) -> Note:
    return Note("shop", KEY, action, subject, **more)  # type: ignore[arg-type]


def actions(store: JobStore, *tenants: str, **query: object) -> list[str]:
    page = store.audit(tenants or ("shop",), AuditQuery(**query))  # type: ignore[arg-type]
    return [entry.note.action for entry in page.items]


def test_entries_of_all_streams_are_read_newest_first(store: JobStore) -> None:
    for action in ("job.submit", "key.create", "job.cancel"):
        assert store.note(did(action, "job_1"))
    store.note(did("key.create", outcome="refused", problem="forbidden"))
    assert actions(store) == ["key.create", "job.cancel", "key.create", "job.submit"]
    assert actions(store, action="job.*") == ["job.cancel", "job.submit"]
    assert actions(store, actor="another") == []


def test_a_cursor_goes_on_where_the_page_ended_whoever_the_tenants_are(store: JobStore) -> None:
    for number in range(7):
        for tenant in ("shop", "rival"):
            store.note(Note(tenant, KEY, "job.submit", f"{tenant}{number}"))
    seen, cursor = [], None
    while True:
        page = store.audit(["shop", "rival"], AuditQuery(cursor=cursor, limit=3))
        seen += [entry.note.subject for entry in page.items]
        if (cursor := page.cursor) is None:
            break
    assert sorted(seen) == sorted(f"{tenant}{number}" for number in range(7) for tenant in ("shop", "rival"))


def test_the_beginning_of_time_is_a_bound_like_any_other(store: JobStore) -> None:
    store.note(did("job.submit"))
    assert actions(store, since_ms=0, until_ms=0) == []
    assert actions(store, since_ms=0) == ["job.submit"]
    assert actions(store, cursor="0-1.shop") == []
    with pytest.raises(ProblemError, match="cursor"):
        actions(store, cursor="0-0.shop")


def test_what_happens_often_pushes_out_nothing_that_happens_seldom(settings: JobsSettings, store: JobStore) -> None:
    few = JobStore(store.redis, settings.model_copy(update={"audit_entries": 100}))
    few.note(did("key.revoke"))
    for number in range(150):
        few.note(did("job.submit", str(number)))
    for number in range(150):
        few.note(did(f"job.{number}", outcome="refused"))
    assert store.redis.xlen("packshot:audit:shop:work") == 100
    assert actions(store, action="key.revoke") == ["key.revoke"]
    assert store.redis.xlen("packshot:audit:shop:refusals") <= 60, "refusals are bounded by the hour"


def test_what_is_done_over_and_over_pushes_out_no_evidence(settings: JobsSettings, store: JobStore) -> None:
    few = JobStore(store.redis, settings.model_copy(update={"audit_entries": 100}))
    for action in ("key.create", "tenant.export"):
        few.note(did(action, "0123456789abcdef"))
    for number in range(150):
        few.note(did("webhook.change", f"whe_{number}"))
        few.note(did("job.erase", f"job_{number}"))
        few.note(did("tenant.change"))
        few.note(did("key.change", "0123456789abcdef"))
    assert actions(store, action="key.create") == ["key.create"]
    assert actions(store, action="tenant.export") == ["tenant.export"]
    changed = [entry.note.count for entry in store.audit(["shop"], AuditQuery(action="key.change")).items]
    assert changed == [100, *[None] * 10], "ten of an hour, and then how many times it was"
    check = few.check_audit("shop", "lesser")
    assert (check.faults, check.entries, check.trimmed) == ((), 100, 211), "150 + 150 + 11 were noted"
    assert few.check_audit("shop", "changes").trimmed == 0


def test_looking_at_the_same_picture_again_is_noted_once(store: JobStore) -> None:
    assert store.note(did("output.read", "job_1/0"))
    assert store.note(did("output.read", "job_1/0")) is None
    assert store.note(did("output.read", "job_1/1"))
    assert store.note(did("job.cancel", "job_1"))
    assert store.note(did("job.cancel", "job_1"))


def test_entries_past_their_age_go_whether_or_not_anything_happens(store: JobStore) -> None:
    store.redis.xadd("packshot:audit:shop:changes", {"entry": "{}", "before": "", "hash": ""}, id="1000-1")
    store.note(did("job.submit"))
    assert store.redis.xlen("packshot:audit:shop:changes") == 0
    store.redis.xadd("packshot:audit:idle:changes", {"entry": "{}", "before": "", "hash": ""}, id="1000-1")
    store.redis.zadd("packshot:audit-due", {"idle": 1})
    store.reap()
    assert not store.redis.exists("packshot:audit:idle:changes")
    assert store.redis.zscore("packshot:audit-due", "idle") is None


def test_an_entry_holds_what_it_is_given_and_no_more(store: JobStore) -> None:
    entry = store.note(did("job.submit", "job_1", address="192.0.2.1", request_id="r1"))
    assert entry is not None
    assert json.loads(entry.text) == {
        "actor": {"kind": "key", "id": KEY.id},
        "action": "job.submit",
        "subject": "job_1",
        "outcome": "ok",
        "address": "192.0.2.1",
        "request_id": "r1",
    }


@pytest.mark.parametrize("harm", ["changed", "middle", "newest", "all"])
def test_verifying_finds_what_was_tampered_with(store: JobStore, harm: str) -> None:
    entries = [store.note(did("key.create", f"{number}")) for number in range(5)]
    name, ids = "packshot:audit:shop:changes", [entry.id for entry in entries if entry]
    assert store.check_audit("shop", "changes").faults == ()
    if harm == "changed":
        kept = store.redis.xrange(name)
        store.redis.delete(name)
        for entry_id, fields in kept:
            store.redis.xadd(name, fields | {"entry": fields["entry"].replace('"3"', '"9"')}, id=entry_id)
    elif harm == "all":
        store.redis.delete(name)
    else:
        store.redis.xdel(name, ids[-1] if harm == "newest" else ids[2])
    assert len(store.check_audit("shop", "changes").faults) == 1


@pytest.mark.parametrize("meanwhile", ["written", "trimmed", "removed"])
def test_verifying_is_not_misled_by_who_writes_meanwhile(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    entries = [store.note(did("key.create", f"{number}")) for number in range(450)]  # three pages
    name, ids, read = "packshot:audit:shop:changes", [entry.id for entry in entries if entry], store.redis.xrange

    def read_and_write(*order: object, **more: object) -> object:
        found = read(*order, **more)
        monkeypatch.setattr(store.redis, "xrange", read)
        store.note(did("key.revoke"))
        if meanwhile == "trimmed":
            store.redis.xtrim(name, minid=ids[300])
        elif meanwhile == "removed":
            store.redis.xdel(name, ids[300])
        return found

    monkeypatch.setattr(store.redis, "xrange", read_and_write)
    check = store.check_audit("shop", "changes")
    assert len(check.faults) == (1 if meanwhile == "removed" else 0), check.faults
    assert check.newest is not None
    assert check.newest.note.action == "key.revoke"


def test_an_installation_that_keeps_no_log_writes_none(settings: JobsSettings, store: JobStore) -> None:
    silent = JobStore(store.redis, settings.model_copy(update={"audit_days": 0}))
    assert silent.note(did("key.create")) is None
    assert store.redis.keys("packshot:audit*") == []
