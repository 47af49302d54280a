"""A whole stack on small photos, Chromium, and a page that watches itself: `make test-browser`, not `make test`."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.client.conftest import RunningUp, processes_of, start_up

from .desk import Damaged, Desk, Shop

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
SMALL_PX = 240
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PATIENCE_MS = 30_000
"""Only ends a test that has failed: everything waits for states."""

expect.set_options(timeout=PATIENCE_MS)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These tests need a browser: they are run when they are named, not whenever all tests are."""
    return None if any("browser" in argument for argument in config.args) else True


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("PACKSHOT_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no chromium on the PATH (Debian: apt install chromium), and PACKSHOT_CHROMIUM names none")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small photos, so that jobs take a fraction of a second."""
    folder = tmp_path_factory.mktemp("photos")
    for sample in SAMPLES.glob("*.jpg"):
        with Image.open(sample) as photo:
            photo.thumbnail((SMALL_PX, SMALL_PX))
            photo.save(folder / sample.name, quality=90)
    return folder


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """Redis, API and a worker of its own, with the models that are shipped; webhooks may go to this machine."""
    running = start_up(tmp_path_factory.mktemp("stack"), PACKSHOT_WEBHOOKS_PRIVATE="true")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def shop(stack: RunningUp, photos: Path) -> Iterator[Shop]:
    """The same stack asked over HTTP, for what a test only needs to be there."""
    with httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {stack.key}"}, timeout=60) as http:
        yield Shop(http, photos)


@pytest.fixture(scope="session")
def listed(shop: Shop) -> dict[str, Any]:
    """A photo made ready for Amazon, whose report and rules can be looked at."""
    spec = {
        "operations": "auto",
        "renditions": ["amazon-main"],
        "external_id": "SHOE-1",
        "metadata": {"file": "shoe.jpg"},
    }
    return shop.done(spec, "shoe.jpg")


@pytest.fixture(scope="session")
def wished(shop: Shop) -> dict[str, Any]:
    """Three small pictures of a wish."""
    wish = {"op": "generate", "text": "navy striped dress", "count": 3, "size_px": 128, "effort": 1.0}
    return shop.done({"operations": [wish], "seed": 7})


@pytest.fixture
def held(stack: RunningUp) -> Iterator[Callable[[], None]]:
    """The worker takes no job, until this is called or the test ends: what waits can be looked at as it waits."""
    workers = [psutil.Process(pid) for pid in processes_of(stack.folder)["worker"]]

    def go_on() -> None:
        for worker in workers:
            worker.resume()

    for worker in workers:
        worker.suspend()
    yield go_on
    go_on()


@pytest.fixture
def damaged(stack: RunningUp, shop: Shop) -> Iterator[Damaged]:
    """A photo that is damaged on the disk, so that its jobs fail, until it is mended."""
    upload = shop.upload("bottle.jpg")
    digest = upload.removeprefix("sha256:")
    stored = [path for path in (stack.folder / "blobs").rglob("*") if path.is_file() and digest in path.as_posix()]
    blob = max(stored, key=lambda path: path.stat().st_mtime_ns)  # one that was damaged before goes in an hour
    photo = Damaged(upload, blob, blob.read_bytes())
    blob.write_bytes(photo.whole[:-1] + b"?")
    yield photo
    photo.mend()


@pytest.fixture
def desk(browser: Browser, stack: RunningUp) -> Iterator[Desk]:
    """Somebody signed in at a wide screen; at the end, nothing may have gone wrong in the page."""
    yield from _desk(browser, stack, {})


@pytest.fixture
def stranger(browser: Browser, stack: RunningUp) -> Iterator[Desk]:
    """Somebody without a key."""
    yield from _desk(browser, stack, {}, signed_in=False)


@pytest.fixture
def phone(browser: Browser, stack: RunningUp) -> Iterator[Desk]:
    """Somebody signed in on a phone, who has fingers."""
    yield from _desk(
        browser, stack, {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
    )


def _desk(browser: Browser, stack: RunningUp, options: dict[str, Any], *, signed_in: bool = True) -> Iterator[Desk]:
    usual = {
        "viewport": {"width": 1440, "height": 900},
        "locale": "en-GB",
        "accept_downloads": True,
        "reduced_motion": "reduce",
    }
    context = browser.new_context(**{**usual, **options})
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)
    page: Page = context.new_page()
    desk = Desk(page, stack.url, stack.key if signed_in else None)
    yield desk
    faults = list(desk.faults)
    context.close()
    assert faults == []
