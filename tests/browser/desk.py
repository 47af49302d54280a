"""Somebody at the console: goes to pages, reads words, and notices whatever goes wrong in the page meanwhile."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

RESULTS = Path(__file__).parents[2] / "results" / "browser"
GRAVE = ("serious", "critical")
ENDED = ("succeeded", "failed", "canceled", "expired")
DRY_RUN = "/v1/jobs"
"""A spec that is tried and refused with 422 while it is typed is no fault, though Chromium logs it."""

_WATCH = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""
_SIGNED_IN = "sessionStorage.getItem('packshot.key') ?? sessionStorage.setItem('packshot.key', %s)"
_END_TRANSITIONS = "() => document.getAnimations().forEach((one) => one instanceof CSSTransition && one.finish())"
NEXT_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_DROP = """([selector, files]) => {
  const transfer = new DataTransfer();
  for (const {name, type, text} of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, {type}));
  }
  const place = document.querySelector(selector);
  for (const kind of ["dragenter", "dragover", "drop"])
    place.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


@dataclass(frozen=True)
class Shop:
    """The stack over HTTP, and the folder of photos."""

    http: httpx.Client
    photos: Path

    def upload(self, name: str) -> str:
        """The upload's id of a photo of the folder."""
        data = (self.photos / name).read_bytes()
        return str(
            self.http.post("/v1/uploads", content=data, headers={"Content-Type": "image/jpeg"})
            .raise_for_status()
            .json()["id"]
        )

    def submit(self, spec: dict[str, Any], photo: str | None = None) -> str:
        """The id of a job that was sent."""
        whole = spec if photo is None else {"input": {"upload": self.upload(photo)}, **spec}
        return str(self.http.post("/v1/jobs", json=whole).raise_for_status().json()["id"])

    def job(self, job_id: str, *, wait: int = 0) -> dict[str, Any]:
        """The job's document."""
        found: dict[str, Any] = (
            self.http.get(f"/v1/jobs/{job_id}", params={"wait": wait} if wait else None).raise_for_status().json()
        )
        return found

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job's document as soon as it ended."""
        while True:
            found = self.job(job_id, wait=20)
            if found["state"] in ENDED:
                return found

    def done(self, spec: dict[str, Any], photo: str | None = None) -> dict[str, Any]:
        """Send a job and wait; its document."""
        found = self.ended(self.submit(spec, photo))
        assert found["state"] == "succeeded", found["problem"]
        return found


@dataclass(frozen=True)
class Damaged:
    """An upload whose blob was changed on the disk; ``whole`` is what it was."""

    upload: str
    blob: Path
    whole: bytes

    def mend(self) -> None:
        """Put the photo back."""
        self.blob.write_bytes(self.whole)


@dataclass
class Desk:
    """One browser tab on the console; ``faults`` are errors of its scripts, its console and its CSP."""

    page: Page
    url: str
    key: str | None
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_WATCH)
        if self.key:
            self.page.add_init_script(_SIGNED_IN % json.dumps(self.key))
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))

    def go(self, hash_: str = "#/") -> None:
        """Open a page of the console, by its hash."""
        if self.page.url.startswith(f"{self.url}/console"):
            self.page.evaluate("(hash) => { location.hash = hash }", hash_)
        else:
            self.page.goto(f"{self.url}/console{hash_}")
        expect(self.page.locator("main")).to_be_visible()

    def t(self, key: str, **values: Any) -> str:
        """The console's own words, in the language that it shows."""
        told = self.page.evaluate(
            "async ([key, values]) => (await import('/console/i18n.js')).t(key, values)", [key, values]
        )
        assert told != key, f"no words for {key}"
        return str(told)

    def button(self, key: str, within: Locator | None = None, **values: Any) -> Locator:
        """The button of these words."""
        return (within or self.page).get_by_role("button", name=self.t(key, **values), exact=True)

    def drop(self, selector: str, files: Iterable[Path]) -> None:
        """Drop files onto an element, as from the desktop."""
        told = [
            {"name": file.name, "type": "image/jpeg", "text": base64.b64encode(file.read_bytes()).decode()}
            for file in files
        ]
        self.page.evaluate(_DROP, [selector, told])

    def choose(self, *files: Path) -> None:
        """Put photos on the studio's table by the file dialog's input, and wait until they are sent."""
        self.page.set_input_files("#photo-files", files)
        expect(self.page.locator("li.photo.ready")).to_have_count(len(files))

    def add_step(self, op: str) -> None:
        """Add an operation to the chain, by its button."""
        adder, add = self.page.locator(".adder"), self.button("chain.add")
        expect(adder.or_(add)).to_be_visible()
        if add.is_visible():
            add.click()
        adder.locator(".op-choice", has=self.page.get_by_text(self.t(f"op.{op}"), exact=True)).click()

    def job_id(self) -> str:
        """The job whose page is shown, as soon as one is."""
        self.page.wait_for_function("() => location.hash.startsWith('#/job/')")
        return str(self.page.evaluate("() => location.hash.split('/')[2].split('?')[0]"))

    def has_no_grave_fault(self, name: str) -> None:
        """axe-core finds nothing serious or critical on the page as it is now."""
        self.page.evaluate(_END_TRANSITIONS)  # colours on their way to another theme have no contrast yet
        before = list(self.faults)
        found = Axe().run(self.page, options={"preload": False}).response["violations"]
        self.faults[:] = before  # it writes styles of its own into the page, which the CSP refuses
        grave = [
            (each["id"], [node["html"][:160] for node in each["nodes"]][:4])
            for each in found
            if each["impact"] in GRAVE
        ]
        assert not grave, f"{name}: {grave}"

    def does_not_scroll_sideways(self, name: str) -> None:
        """The page is not wider than the window, as soon as it is laid out for it."""
        self.page.evaluate(NEXT_FRAMES)
        wide, room = self.page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room, f"{name}: {wide} px of content in {room} px"

    def shoot(self, name: str) -> None:
        """A picture of the whole page for people, in results/browser."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size
        assert size is not None
        self.page.screenshot(path=RESULTS / f"{name}-{size['width']}.png", full_page=True)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        where = message.location.get("url", "")
        if "status of 422" in message.text and DRY_RUN in where:
            return
        self.faults.append(f"{message.text} ({where})")
