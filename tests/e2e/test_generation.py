"""New pictures from a whole service: by a tiny generator, whose worker dies in the middle, and by the committed one."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from benchmarks.photos import merchant_photos
from benchmarks.service import Service
from packshot import Client, Job
from tests.worker.tiny_generator import write_weights

_SHORT_LEASES = {"PACKSHOT_LEASE_MS": "3000", "PACKSHOT_HEARTBEAT_MS": "1000", "PACKSHOT_MAX_ATTEMPTS": "20"}
"""Short ones may lapse as well where a busy machine gives a worker no time to beat; no job gives up for that."""
_PNG = {"format": "png"}


@pytest.mark.timeout(300)
def test_a_wish_whose_worker_is_killed_is_granted_by_the_next_one_to_the_byte(tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights")
    settings = {**_SHORT_LEASES, "PACKSHOT_WEIGHTS_DIR": str(weights)}
    with Service(tmp_path, settings=settings) as service, service.client() as client:
        wish = {"op": "generate", "text": "navy dress", "count": 6, "size_px": 400}
        worker, job = _stopped_in_the_middle(
            service, lambda: client.submit(None, [wish, {"op": "resize", "width": 300}], output=_PNG)
        )
        worker.kill()
        job.wait(timeout_s=200)
        assert job.document["attempt"] > 1
        assert [output.index for output in job.outputs] == list(range(6))
        again = client.submit(None, [wish, {"op": "resize", "width": 300}], output=_PNG, seed=_seed(job))
        again.wait(timeout_s=200)
        assert _digests(again) == _digests(job)
        assert len(set(_digests(job))) == 6
        assert client.job(job.id).document["manifest"]["operations"][0]["findings"]["candidates"] >= 6


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service with the committed weights."""
    with Service(tmp_path_factory.mktemp("generator")) as service, service.client() as client:
        yield client


@pytest.mark.timeout(300)
def test_a_wish_becomes_products_on_white(committed: Client, tmp_path: Path) -> None:
    wish = {"op": "generate", "text": "red", "count": 4, "size_px": 256}
    pictures = _pictures(committed.submit(None, [wish], output=_PNG, seed=7), tmp_path)
    assert len(pictures) == 4
    for picture in pictures:
        assert picture.shape == (256, 256, 3)
        assert (picture[[0, -1]] == 255).mean() > 0.95
        assert 0.03 < (picture < 250).any(axis=-1).mean() < 0.9


@pytest.mark.timeout(300)
def test_a_photo_has_variations_of_one_kind(committed: Client, tmp_path: Path) -> None:
    asked = {"op": "variations", "strength": 0.2, "count": 2, "size_px": 128}
    job = committed.submit(merchant_photos()[0], [asked], output=_PNG)
    assert [picture.shape for picture in _pictures(job, tmp_path)] == [(128, 128, 3)] * 2
    findings = job.document["manifest"]["operations"][0]["findings"]
    assert 0 <= findings["anomaly"]["quantile"] <= 1
    assert len({output["asked"]["category"] for output in findings["outputs"]}) == 1


def _stopped_in_the_middle(service: Service, order: Callable[[], Job]) -> tuple[psutil.Process, Job]:
    """The worker, which stands still with a job half done; where one was done before that, another is ordered."""
    (worker,) = service.processes("worker")
    job, give_up_at = order(), time.monotonic() + 100
    while True:
        worker.suspend()
        if job.refresh().state == "running" and job.progress.fraction > 0:
            return worker, job
        worker.resume()
        assert time.monotonic() < give_up_at, "every job was done before its worker could be stopped"
        if job.ended:
            job = order()
        time.sleep(0.02)


def _seed(job: Job) -> int:
    return int(job.document["manifest"]["seed"])


def _digests(job: Job) -> list[str]:
    return [output["sha256"] for output in job.document["outputs"]]


def _pictures(job: Job, folder: Path) -> list[np.ndarray]:
    job.wait(timeout_s=200)
    return [np.asarray(Image.open(path).convert("RGB")) for path in job.download_all(folder)]
