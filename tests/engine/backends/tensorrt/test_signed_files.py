import fcntl
import json
import multiprocessing
import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from engine.backends.tensorrt.signed_files import Refused, SignedFolder
from engine.errors import BackendUnavailable

PURPOSE = {"gpu": "one", "batch_sizes": [1, 2]}


@pytest.fixture
def folder(tmp_path):
    folder = SignedFolder(tmp_path / "plans", machine_id=tmp_path / "machine-id")
    folder.write("a.plan", b"native code", PURPOSE)
    return folder


def test_what_was_written_is_read_again_by_the_next_process(folder, tmp_path):
    again = SignedFolder(folder.folder, machine_id=tmp_path / "machine-id")
    assert again.read("a.plan", PURPOSE) == b"native code"
    assert folder.read("b.plan", PURPOSE) is None


def test_folder_and_files_are_their_owners_alone_and_no_draft_is_left(folder):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.folder.iterdir()}
    assert modes == {"secret": 0o600, "a.plan": 0o600, "a.plan.json": 0o600}
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700


def test_an_altered_file_is_refused(folder):
    (folder.folder / "a.plan").write_bytes(b"native c0de")
    with pytest.raises(Refused, match=r"its manifest promises SHA-256 [0-9a-f]{64}; received [0-9a-f]{64}"):
        folder.read("a.plan", PURPOSE)


def test_an_altered_file_with_its_digest_put_right_is_refused(folder):
    manifest = folder.folder / "a.plan.json"
    facts = json.loads(manifest.read_text())
    facts["signed"]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(facts))
    with pytest.raises(Refused, match="does not bear this machine's signature"):
        folder.read("a.plan", PURPOSE)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"signed": 3, "hmac": "x"}', '{"signed": {"purpose": {}}, "hmac": 1}']
)
def test_a_manifest_that_is_none_is_refused(folder, text):
    (folder.folder / "a.plan.json").write_text(text)
    with pytest.raises(Refused, match="its manifest cannot be read"):
        folder.read("a.plan", PURPOSE)


def test_a_file_without_a_manifest_is_refused(folder):
    (folder.folder / "a.plan.json").unlink()
    with pytest.raises(Refused, match="it has no manifest"):
        folder.read("a.plan", PURPOSE)


def test_a_file_that_cannot_be_read_is_refused(folder):
    (folder.folder / "b.plan").mkdir()
    with pytest.raises(Refused, match="it cannot be read: "):
        folder.read("b.plan", PURPOSE)


def test_a_signed_file_renamed_to_serve_another_purpose_is_refused(folder):
    for ending in ("", ".json"):
        (folder.folder / f"a.plan{ending}").rename(folder.folder / f"b.plan{ending}")
    with pytest.raises(Refused, match="made for something else: gpu 'one', wanted 'two'"):
        folder.read("b.plan", {**PURPOSE, "gpu": "two"})


def test_a_folder_copied_to_another_machine_is_refused(folder, tmp_path):
    other = tmp_path / "other-id"
    other.write_text("another machine")
    with pytest.raises(Refused, match="this machine's signature"):
        SignedFolder(folder.folder, machine_id=other).read("a.plan", PURPOSE)


def test_files_are_refused_once_their_secret_is_gone(folder, tmp_path):
    (folder.folder / "secret").unlink()
    with pytest.raises(Refused, match="this machine's signature"):
        SignedFolder(folder.folder, machine_id=tmp_path / "machine-id").read("a.plan", PURPOSE)


def test_a_secret_that_others_may_read_stops_the_start(folder):
    (folder.folder / "secret").chmod(0o644)
    with pytest.raises(BackendUnavailable, match=r"mode 0600 .* received mode -rw-r--r--"):
        SignedFolder(folder.folder)


def test_a_secret_that_is_a_link_or_too_short_stops_the_start(folder, tmp_path):
    secret = folder.folder / "secret"
    secret.write_bytes(b"short")
    with pytest.raises(BackendUnavailable, match="at least 32 bytes; received 5"):
        SignedFolder(folder.folder)
    secret.rename(tmp_path / "elsewhere")
    secret.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackendUnavailable, match="received mode l"):
        SignedFolder(folder.folder)


def test_a_secret_exchanged_after_it_was_looked_at_is_not_taken(folder, monkeypatch):
    look = Path.lstat

    def exchange(path):
        facts = look(path)
        path.unlink()
        path.write_bytes(b"known to someone else, and long enough")
        return facts

    monkeypatch.setattr(Path, "lstat", exchange)
    with pytest.raises(BackendUnavailable, match=r"mode 0600 .* received mode -rw-r--r--"):
        SignedFolder(folder.folder)


def test_threads_that_open_a_new_folder_at_once_agree_on_one_secret(tmp_path):
    folders = []
    threads = [threading.Thread(target=lambda: folders.append(SignedFolder(tmp_path / "plans"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    folders[0].write("a.plan", b"x", PURPOSE)
    assert [folder.read("a.plan", PURPOSE) for folder in folders] == [b"x"] * 8
    assert {path.name for path in (tmp_path / "plans").iterdir()} == {"secret", "a.plan", "a.plan.json"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BackendUnavailable, match=r"the folder for plans cannot be used: .*file"):
        SignedFolder(tmp_path / "file" / "plans")


def fail_with(*error):
    def fail(descriptor):
        raise OSError(*error)

    return fail


def test_a_full_disk_is_told_with_the_room_needed_and_leaves_the_old_file(folder, monkeypatch):
    monkeypatch.setattr(os, "fsync", fail_with(28, "No space left on device"))
    with pytest.raises(BackendUnavailable, match=r"no room for 9 bytes \([\d,]+ free\): No space left on device"):
        folder.write("a.plan", b"new plan!", PURPOSE)
    assert folder.read("a.plan", PURPOSE) == b"native code"
    assert not list(folder.folder.glob(".*"))


def test_drafts_that_a_killed_process_left_are_removed_by_the_next_write(folder):
    for name in (".a.plan.00ff", ".a.plan.json.00ff", ".b.plan.00ff"):
        (folder.folder / name).write_bytes(b"half a plan")
    folder.write("a.plan", b"whole", PURPOSE)
    assert [path.name for path in folder.folder.glob(".*")] == [".b.plan.00ff"]


def test_a_crash_between_plan_and_manifest_leaves_a_plan_that_is_refused(folder, monkeypatch):
    real = Path.replace

    def crash_before_the_manifest(draft, target):
        if target.name.endswith(".json"):
            raise KeyboardInterrupt
        return real(draft, target)

    monkeypatch.setattr(Path, "replace", crash_before_the_manifest)
    with pytest.raises(KeyboardInterrupt):
        folder.write("a.plan", b"new", PURPOSE)
    with pytest.raises(Refused, match="its manifest promises"):
        folder.read("a.plan", PURPOSE)


def test_any_other_write_error_is_told_as_it_is(folder, monkeypatch):
    monkeypatch.setattr(os, "fsync", fail_with(5, "Input/output error"))
    with pytest.raises(BackendUnavailable, match=r"a\.plan: cannot be written: .*Input/output error"):
        folder.write("a.plan", b"new", PURPOSE)


def hold(path, held):
    with SignedFolder(path).lock("a.plan"):
        held.set()
        signal.pause()


def test_the_lock_of_a_killed_process_is_free_again(folder):
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    holder = context.Process(target=hold, args=(folder.folder, held))
    holder.start()
    assert held.wait(60)
    waited = threading.Event()

    def take():
        with folder.lock("a.plan", waited.set):
            pass

    taker = threading.Thread(target=take)
    taker.start()
    assert waited.wait(60)
    assert taker.is_alive()
    holder.kill()
    taker.join(60)
    assert not taker.is_alive()
    holder.join()
    holder.close()


def test_a_folder_that_cannot_be_locked_is_told(folder, monkeypatch):
    def refuse(file, operation):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(BackendUnavailable, match=r"a\.plan\.lock: cannot be locked: .*No locks available"),
        folder.lock("a.plan"),
    ):
        pass


def test_an_error_under_the_lock_comes_out_as_it_is(folder):
    with pytest.raises(OSError, match="of the build"), folder.lock("a.plan"):
        raise OSError("of the build")
