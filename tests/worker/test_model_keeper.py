"""Versions of models as the operator wishes: swapped under load, shared out by the job's id, refused when broken."""

import hashlib
import json
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine import Engine
from engine.settings import EngineSettings
from jobs.model_wishes import ModelWishes, Share, read_wishes
from jobs.states import State
from tests.worker.conftest import TENANT
from worker.model_keeper import ModelKeeper, cards_wished
from worker.tasks import attempt_next_job, problem_of
from worker.workshop import Workshop

WEIGHTS = Path(__file__).parents[2] / "engine" / "weights"


def add_version(weights: Path, version: str, *, broken: bool = False) -> None:
    """A copy of the restorer under another number; a broken one's card promises its bytes, which are no network."""
    (old,) = (folder for folder in WEIGHTS.glob("restore-*"))
    folder = shutil.copytree(old, weights / f"restore-{version}")
    card = json.loads((folder / "card.json").read_text()) | {"version": version}
    if broken:
        (folder / card["onnx"]["file"]).write_bytes(b"no network")
        card["onnx"]["sha256"] = hashlib.sha256(b"no network").hexdigest()
    (folder / "card.json").write_text(json.dumps(card))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Of the committed weights the restorer alone, as version 5."""
    (tmp_path / "weights").mkdir()
    add_version(tmp_path / "weights", "5")
    return tmp_path / "weights"


@pytest.fixture
def swappable(workshop: Workshop, weights: Path):
    with Engine.start(EngineSettings(backend="fake", weights_dir=weights)) as engine:
        shop = replace(workshop, engine=engine)
        yield shop
        shop.models.stop()


def versions_used(client, job_id: str) -> set[str]:
    view = client.view(job_id)
    assert view.state is State.SUCCEEDED, (view.state, view.problem)
    return {facts["version"] for step in view.manifest["operations"] for facts in step["engine"]}


TWICE = ({"op": "restore", "strength": 1.0}, {"op": "restore", "strength": 1.0})


def test_a_version_copied_in_is_taken_once_workers_are_told_to_look(swappable, weights, client, drain):
    swappable.models.follow()
    add_version(weights, "6")
    swappable.models.follow()
    first = client.submit(*TWICE)
    attempt_next_job(swappable, drain)
    swappable.store.look_for_models()
    swappable.models.follow()
    second = client.submit(*TWICE)
    attempt_next_job(swappable, drain)
    assert [versions_used(client, job_id) for job_id in (first, second)] == [{"5"}, {"6"}]
    assert [(model, version, share) for model, version, _, share in swappable.models.served()] == [
        ("restore", "6", 1.0)
    ]
    assert swappable.models.looked == swappable.store.model_wishes().looks == 1
    assert "restore=6" in swappable.abilities().split()
    assert "restore=5" not in swappable.abilities().split()


def test_a_worker_may_look_by_itself(swappable, weights):
    keeper = ModelKeeper(swappable.engine, swappable.store, look_s=0.001)
    keeper.follow()
    add_version(weights, "6")
    time.sleep(0.002)
    keeper.follow()
    assert swappable.engine.models["restore"].version == "6"


def test_an_attempt_ends_on_the_version_it_began_with(swappable, weights, client, drain, monkeypatch):
    """The swap comes between two questions of one job."""
    add_version(weights, "6")
    submit, asked = swappable.engine.submit, []

    def swap_after_the_first(*arguments):
        asked.append(arguments)
        if len(asked) == 2:
            swappable.store.look_for_models()
            swappable.models.follow()
        return submit(*arguments)

    swappable.models._wishes = ModelWishes()
    monkeypatch.setattr(swappable.engine, "submit", swap_after_the_first)
    job_id = client.submit(*TWICE)
    attempt_next_job(swappable, drain)
    assert len(asked) == 2
    assert swappable.engine.models["restore"].version == "6"
    assert versions_used(client, job_id) == {"5"}


def test_a_broken_version_is_refused_aloud_and_the_old_serves_on(swappable, weights, client, drain, caplog):
    add_version(weights, "6", broken=True)
    swappable.store.look_for_models()
    swappable.models.follow()
    assert "is not an ONNX model" in swappable.models.refused["restore-6"]
    assert "restore-6 was refused, what was served before serves on" in caplog.text
    job_id = client.submit(*TWICE)
    attempt_next_job(swappable, drain)
    assert versions_used(client, job_id) == {"5"}
    shutil.rmtree(weights / "restore-6")
    add_version(weights, "6")
    swappable.store.look_for_models()
    swappable.models.follow()
    assert swappable.models.refused == {}
    assert swappable.engine.models["restore"].version == "6"


def test_a_wish_for_what_is_not_there_is_refused_and_a_card_that_is_wrong_told(swappable, weights):
    swappable.store.use_version("restore", "9")
    add_version(weights, "6")
    (weights / "restore-6" / "card.json").write_text("{")
    swappable.models.follow()
    assert set(swappable.models.refused) == {"restore-6", "restore-9"}
    assert swappable.engine.models["restore"].version == "5"


def test_the_operator_goes_back_to_an_older_version_and_a_new_worker_starts_with_it(swappable, weights):
    add_version(weights, "6")
    swappable.store.look_for_models()
    swappable.models.follow()
    wishes = swappable.store.use_version("restore", "5")
    swappable.models.follow()
    assert swappable.engine.models["restore"].version == "5"
    assert cards_wished(weights, wishes)["restore"].version == "5"
    assert cards_wished(weights, ModelWishes(use={"restore": "7"}))["restore"].version == "6"


def test_a_share_is_taken_by_the_same_jobs_on_every_worker_and_by_about_as_many(swappable, weights):
    add_version(weights, "6")
    swappable.store.share_version("restore", Share("6", 0.05), use="5")
    swappable.models.follow()
    other = read_wishes(swappable.store.redis.hgetall("packshot:models"))
    wishes = swappable.models._wishes
    jobs = [f"job_{number:026d}" for number in range(10_000)]
    taken = [job_id for job_id in jobs if wishes.versions_of(job_id, {}) == {"restore": "6"}]
    assert taken == [job_id for job_id in jobs if other.versions_of(job_id, {}) == {"restore": "6"}]
    assert 413 <= len(taken) <= 587  # 500, four standard deviations of the binomial distribution either way
    wider = ModelWishes(shares={"restore": Share("6", 0.5)})
    assert all(wider.versions_of(job_id, {}) for job_id in taken)  # who has it keeps it as the share grows
    assert {(version, share) for _, version, _, share in swappable.models.served()} == {("5", 0.95), ("6", 0.05)}


def test_jobs_of_the_share_are_done_by_that_version_at_each_attempt(swappable, weights, client, drain):
    add_version(weights, "6")
    swappable.store.share_version("restore", Share("6", 0.5), use="5")
    swappable.models.follow()
    jobs = [client.submit(*TWICE) for _ in range(12)]
    while attempt_next_job(swappable, drain):
        pass
    for job_id in jobs:
        expected = swappable.models._wishes.versions_of(job_id, {}).get("restore", "5")
        assert versions_used(client, job_id) == {expected}
    swappable.store.share_version("restore", None)
    swappable.models.follow()
    assert set(swappable.engine.versions_of("restore")) == {"5"}


def test_a_version_with_no_share_is_there_for_jobs_that_ask_for_it(swappable, weights, client, drain):
    add_version(weights, "6")
    swappable.store.share_version("restore", Share("6", 0.0), use="5")
    waiting = client.submit(*TWICE, needs={"models": {"restore": "6"}})
    plain = client.submit(*TWICE)
    assert attempt_next_job(swappable, drain)
    assert not attempt_next_job(swappable, drain)
    swappable.models.follow()
    assert attempt_next_job(swappable, drain)
    assert versions_used(client, plain) == {"5"}
    assert versions_used(client, waiting) == {"6"}


def test_a_version_that_went_between_claim_and_attempt_costs_a_retry_not_the_job(swappable, client):
    client.submit(*TWICE, needs={"models": {"restore": "4"}})
    claim = swappable.store.claim("hand", can="cpu restore=4")
    with pytest.raises(Exception, match="restore 4 was let go of") as gone:
        swappable.models.edition_for(claim)
    problem, again = problem_of(gone.value)
    assert (problem.type, again) == ("unavailable", True)


def over_when(is_done, over: threading.Event, workers: list[threading.Thread]) -> None:
    while not is_done():
        time.sleep(0.01)
    over.set()
    for worker in workers:
        worker.join()


def test_no_job_is_lost_while_versions_change_under_load(swappable, weights, client, drain):
    """Three threads work, a thread submits, and the versions change as an operator would: each job has one of them."""
    jobs: list[str] = []
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            if not attempt_next_job(swappable, drain):
                time.sleep(0.005)

    def done() -> int:
        return sum(client.view(job_id).state.is_terminal for job_id in jobs)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for version in ("6", "7", None):
        jobs += [client.submit(*TWICE) for _ in range(8)]
        while done() < len(jobs) - 4:
            time.sleep(0.01)
        if version is not None:
            add_version(weights, version)
            swappable.store.look_for_models()
            swappable.models.follow()
    over_when(lambda: done() == len(jobs), over, workers)
    used = [versions_used(client, job_id) for job_id in jobs]
    assert all(len(versions) == 1 for versions in used)
    assert used[0] == {"5"}
    assert used[-1] == {"7"}
    assert set(swappable.engine.versions_of("restore")) == {"7"}


def test_finished_work_of_before_a_change_stands_for_no_batch_after_it(swappable, weights, client):
    """Else a catalogue that was sent anew to have the new model's pictures would be given the old one's."""
    assert swappable.store.model_wishes().changed_ms is None
    add_version(weights, "6")
    swappable.store.look_for_models()
    assert swappable.store.model_wishes().changed_ms is None
    swappable.models.follow()
    assert swappable.store.model_wishes().changed_ms is not None
    assert TENANT
