"""A shop's page on another origin, as the guide has it: a photo goes in with a token, and a picture comes out."""

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from api.app import create_app
from api.services import Services, services_of
from api.settings import ApiSettings
from jobs.records import OutputRecord

GUIDE = Path(__file__).parents[2] / "api" / "guide" / "access.md"
SPEC = {"operations": [{"op": "cutout"}, {"op": "background", "color": "#ffffff"}]}


def part_of_the_guide(language: str, having: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    [found] = [block for block in blocks if having in block]
    return str(found)


@dataclass
class Stage:
    """The service, the shop on another origin, and a hand that does the service's jobs."""

    shop_url: str
    services: Services
    photo: Path

    def work(self, stop: threading.Event) -> None:
        store = self.services.store
        while not stop.is_set():
            if (claim := store.claim("a hand")) is None:
                stop.wait(0.05)
                continue
            path = f"results/{claim.tenant}/{claim.job_id}/{claim.token}/0.jpg"
            content = self.photo.read_bytes()
            self.services.blobs.put(path, content)
            output = OutputRecord(0, path, "jpeg", 64, 48, len(content), hashlib.sha256(content).hexdigest())
            assert store.finish(claim.job_id, claim.token, outputs=[output], manifest={})


def served(app: Flask, stack: Any) -> str:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    stack.callback(lambda: (server.shutdown(), thread.join(), server.server_close()))
    return f"http://127.0.0.1:{server.server_port}"


def shop_of(api: dict[str, str], wish: dict[str, Any]) -> Flask:
    """The shop's own server: two files, and the route that asks the service for a token."""
    import httpx

    shop = Flask("shop", static_folder=None)

    @shop.get("/")
    def page() -> str:
        return f"<!doctype html><title>Shop</title>{part_of_the_guide('html', 'product-photo.js')}"

    @shop.get("/product-photo.js")
    def script() -> Response:
        return Response(part_of_the_guide("javascript", "onWhite"), content_type="text/javascript")

    @shop.post("/packshot-token")
    def token() -> Any:
        headers = {"Authorization": f"Bearer {api['key']}"}
        answer = httpx.post(f"{api['url']}/v1/upload-tokens", json=wish, headers=headers, trust_env=False)
        return answer.raise_for_status().json()

    return shop


@pytest.fixture
def stage(redis_url: str, tmp_path: Path, photos: Path) -> Iterator[Stage]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        api: dict[str, str] = {}
        wish: dict[str, Any] = {"spec": SPEC, "max_uploads": 2}
        shop_url = served(shop_of(api, wish), stack)
        wish["origins"] = [shop_url]
        app = create_app(ApiSettings(redis_url=redis_url, data_dir=tmp_path, cors_origins=shop_url))
        api |= {"url": served(app, stack), "key": services_of(app).keys.create("shop").text}
        stage, stop = Stage(shop_url, services_of(app), photos / "shoe.jpg"), threading.Event()
        hand = threading.Thread(target=stage.work, args=(stop,))
        hand.start()
        stack.callback(lambda: (stop.set(), hand.join()))
        yield stage
    services_of(app).hints.close()
    services_of(app).store.close()
    services_of(app).redis.close()


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(stage.shop_url)
    yield page
    context.close()


def test_a_visitors_photo_comes_back_as_a_picture(page: Page, stage: Stage) -> None:
    page.locator("#photo").set_input_files(str(stage.photo))
    expect(page.locator("#said")).to_have_text("Done.")
    expect(page.locator("#result")).to_be_visible()
    assert page.locator("#result").evaluate("picture => picture.naturalWidth") > 0


def test_a_page_reads_why_its_photo_was_refused(page: Page, tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_bytes(b"this is no photo")
    page.locator("#photo").set_input_files(str(tmp_path / "no.jpg"))
    expect(page.locator("#said")).to_contain_text("supported are jpeg")


def test_a_page_reads_headers_and_is_kept_from_other_routes(page: Page, stage: Stage) -> None:
    told = page.evaluate(
        """async () => {
          const made = await (await fetch("/packshot-token", {method: "POST"})).json();
          const headers = {Authorization: `Bearer ${made.token}`, "X-Request-Id": "visit-1"};
          const answer = await fetch(made.jobs_url, {headers});
          const problem = await answer.json();
          const read = (name) => answer.headers.get(name);
          return [answer.status, problem.type, read("X-Request-Id"), read("RateLimit-Limit")];
        }"""
    )
    assert told == [403, "/problems/forbidden", "visit-1", "120"]


def test_a_page_of_another_origin_reads_nothing(browser: Browser, stage: Stage) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(stage.shop_url.replace("127.0.0.1", "localhost"))
    failed = page.evaluate(
        """async () => {
          const made = await (await fetch("/packshot-token", {method: "POST"})).json();
          try { await fetch(made.jobs_url, {headers: {Authorization: `Bearer ${made.token}`}}); return null; }
          catch (error) { return error.name; }
        }"""
    )
    context.close()
    assert failed == "TypeError"
