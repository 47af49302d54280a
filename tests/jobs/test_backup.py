"""A backup of an installation at work, brought back: every job in it is whole, and the others go on."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import jobs.backup
from jobs.backup import check, main, restore, save
from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.errors import BackupError
from jobs.records import OutputRecord, UploadRecord
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.states import State
from jobs.store import JobStore
from tests.jobs.conftest import make_spec


class Holding:
    """A store and a folder of blobs under a data folder, with a shop and a worker that use both as ours do."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.redis = EmbeddedRedis(data)
        self.client = connect(self.redis.start())
        self.settings = read_settings(JobsSettings, redis_url=self.redis.url, data_dir=data)
        self.store = JobStore(self.client, self.settings)
        self.blobs = BlobStore.from_url(self.settings.resolved_blob_url)

    def submit(self, text: str) -> str:
        data = text.encode() * 100
        sha256 = hashlib.sha256(data).hexdigest()
        path = f"uploads/shop/{sha256}/n"
        self.blobs.put(path, data)
        self.store.put_upload("shop", sha256, UploadRecord(path, len(data), "jpeg", 1, 1))
        return self.store.submit("shop", make_spec(sha256), idempotency_key=text).job_id

    def work(self) -> str | None:
        claim = self.store.claim("worker")
        if claim is None:
            return None
        data = claim.job_id.encode() * 50
        path = f"results/shop/{claim.job_id}/{claim.token}/0.webp"
        self.blobs.put(path, data)
        output = OutputRecord(0, path, "webp", 1, 1, len(data), hashlib.sha256(data).hexdigest())
        assert self.store.finish(claim.job_id, claim.token, outputs=[output], manifest={})
        return claim.job_id

    def close(self) -> None:
        self.store.close()
        self.client.close()
        self.redis.kill()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Holding]]:
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    started: list[Holding] = []

    def start_one(name: str) -> Holding:
        started.append(Holding(tmp_path / name))
        return started[-1]

    yield start_one
    for one in started:
        one.close()


def work_all(shop: Holding) -> None:
    """End every job: what was at work in the backup as well, as its leases are past."""
    for job_id in shop.client.zrange("packshot:lease", 0, -1):
        shop.client.zadd("packshot:lease", {job_id: 1})
    shop.store.reap()
    while shop.work():
        pass


def keep_busy(shop: Holding, stop: threading.Event) -> list[str]:
    """Submit two and end one, over and over; the ids of what was answered."""
    answered: list[str] = []
    while not stop.is_set():
        answered += [shop.submit(f"photo {len(answered)}"), shop.submit(f"other {len(answered)}")]
        shop.work()
        stop.wait(0.01)
    return answered


def test_a_backup_under_load_is_whole_and_goes_on_elsewhere(start: Callable[[str], Holding], tmp_path: Path):
    shop, stop = start("running"), threading.Event()
    before = [shop.submit(f"early {number}") for number in range(20)]
    ended_before = [shop.work() for _ in range(10)]
    assert shop.store.claim("at work when the backup is taken")
    load = threading.Thread(target=keep_busy, args=(shop, stop))
    load.start()
    try:
        saved = save(shop.client, shop.data, shop.blobs.folder, tmp_path / "backup")
    finally:
        stop.set()
        load.join()
    assert saved >= 30
    restore(tmp_path / "backup", tmp_path / "restored")
    again = start("restored")
    assert check(again.store, again.blobs, erase=False, say=pytest.fail) == 0
    states = {job_id: again.store.get("shop", job_id) for job_id in before}
    assert all(states.values()), "what was accepted before the backup is in it"
    for job_id in ended_before:
        view = states[job_id or ""]
        assert view is not None
        assert view.state is State.SUCCEEDED
        assert hashlib.sha256(again.blobs.get(view.outputs[0].path)).hexdigest() == view.outputs[0].sha256
    assert again.submit("early 3") == before[3], "its idempotency key holds"
    work_all(again)
    assert {view.state for job in before if (view := again.store.get("shop", job))} == {State.SUCCEEDED}


def test_what_was_erased_while_blobs_were_copied_is_erased_again(
    start: Callable[[str], Holding], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shop = start("running")
    kept, erased = shop.submit("kept"), shop.submit("erased")
    assert [shop.work(), shop.work()] == [kept, erased]
    copy_tree = jobs.backup._copy_tree

    def erase_first(source: Path, to: Path) -> int:
        for path in shop.store.delete("shop", erased):
            shop.blobs.delete_prefix(path) if path.endswith("/") else shop.blobs.delete(path)
        return copy_tree(source, to)

    monkeypatch.setattr("jobs.backup._copy_tree", erase_first)
    save(shop.client, shop.data, shop.blobs.folder, tmp_path / "backup")
    monkeypatch.undo()
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    restore(tmp_path / "backup", tmp_path / "restored")
    again, said = start("restored"), []
    assert check(again.store, again.blobs, erase=True, say=said.append) == 1, said
    assert any(line.startswith(f"job {erased} of shop: results/shop/{erased}/") for line in said)
    assert check(again.store, again.blobs, erase=False, say=pytest.fail) == 0
    assert again.store.get("shop", erased) is None
    assert again.store.get("shop", kept) is not None


def test_a_result_cut_short_is_found(start: Callable[[str], Holding]):
    shop = start("running")
    job_id = shop.submit("photo")
    shop.work()
    [path] = shop.blobs.list("results")
    shop.blobs.put(path, b"")
    said: list[str] = []
    assert check(shop.store, shop.blobs, erase=False, say=said.append) == 1
    assert said[0].startswith(f"job {job_id} of shop: {path} has 0 bytes of")


def test_a_backup_leaves_no_copy_beside_the_journal(start: Callable[[str], Holding], tmp_path: Path):
    shop = start("running")
    shop.submit("photo")
    save(shop.client, shop.data, shop.blobs.folder, tmp_path / "backup")
    assert not list((shop.data / "redis").rglob("*.rdb")), "what is erased later would stay in it"
    shop.client.config_set("save", "3600 1")
    save(shop.client, shop.data, shop.blobs.folder, tmp_path / "another")
    assert list((shop.data / "redis").rglob("*.rdb")), "a Redis that takes snapshots of its own keeps them"


def test_nothing_that_is_there_is_written_over(start: Callable[[str], Holding], tmp_path: Path):
    shop = start("running")
    save(shop.client, shop.data, shop.blobs.folder, tmp_path / "backup")
    with pytest.raises(BackupError, match="is not empty"):
        save(shop.client, shop.data, shop.blobs.folder, tmp_path / "backup")
    with pytest.raises(BackupError, match="is there already"):
        restore(tmp_path / "backup", shop.data)
    with pytest.raises(BackupError, match="holds no backup"):
        restore(tmp_path / "running", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_command_saves_restores_and_checks(
    start: Callable[[str], Holding],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    shop = start("running")
    shop.submit("photo")
    shop.work()
    monkeypatch.setenv("PACKSHOT_REDIS_URL", shop.redis.url)
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(shop.data))

    def run(*words: str) -> tuple[object, str]:
        monkeypatch.setattr("sys.argv", ["backup", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out

    assert run("save", str(tmp_path / "backup")) == (0, f"record and 2 blobs saved in {tmp_path / 'backup'}\n")
    assert run("restore", str(tmp_path / "backup"), "--data", str(tmp_path / "new"))[0] == 0
    assert run("check") == (0, "0 broken\n")
    [path] = shop.blobs.list("results")
    shop.blobs.delete(path)
    code, told = run("check")
    assert (code, told.splitlines()[-1]) == (1, "1 broken")
    assert run("check", "--erase")[0] == 0
    code, _ = run("restore", str(tmp_path / "nothing"), "--data", str(tmp_path / "other"))
    assert "holds no backup" in str(code)
