"""The sample shop, started by its one command: a merchant's photo becomes the product's picture by webhook."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "docs" / "samples" / "mug.jpg"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[httpx.Client]:
    command = [sys.executable, "docs/examples/storefront/run.py", "--port", "0", "--folder", str(tmp_path / "shop")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
    environment["PACKSHOT_DATA_DIR"] = str(tmp_path / "data")
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        with httpx.Client(base_url=_address(process), timeout=60) as client:
            yield client
        assert list((tmp_path / "data").glob("private-*/dev-key"))
        process.send_signal(signal.SIGTERM)  # it ends by the way of Ctrl-C, which Python makes of SIGINT
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    assert list((tmp_path / "data").iterdir()) == []


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("the shop:"):
            return line.split()[-1]
    raise AssertionError("".join(said))


def small_photo() -> bytes:
    with Image.open(PHOTO) as image:
        image.thumbnail((400, 400))
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG")
    return file.getvalue()


def sent_by_the_browser(shop: httpx.Client, photo: bytes, **headers: str) -> httpx.Response:
    """As ``static/upload.js`` does it."""
    given = shop.post("/merchant/token").raise_for_status().json()
    own = {"Authorization": f"Bearer {given['token']}", "Origin": str(shop.base_url).rstrip("/"), **headers}
    told = {"Content-Type": "application/octet-stream", **own}
    return httpx.post(given["upload_url"], content=photo, headers=told, timeout=60)


@pytest.mark.timeout(180)
def test_a_merchants_photo_becomes_the_products_picture(shop: httpx.Client) -> None:
    assert "No picture yet" in shop.get("/products/MUG-1").text
    upload = sent_by_the_browser(shop, small_photo())
    assert upload.status_code == 201, upload.text
    assert upload.headers["Access-Control-Allow-Origin"] == str(shop.base_url).rstrip("/")
    assert shop.post("/merchant/MUG-1/photo", json={"upload": upload.json()["id"]}).status_code == 202
    state = _ended(shop)
    assert (state["state"], state["problem"]) == ("done", None)
    assert f"/pictures/{state['picture']}" in shop.get("/products/MUG-1").text
    with Image.open(io.BytesIO(shop.get(f"/pictures/{state['picture']}").content)) as picture:
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)

    elsewhere = sent_by_the_browser(shop, small_photo(), Origin="https://elsewhere.example")
    assert elsewhere.status_code == 403
    forged = shop.post("/hooks/packshot", json={"type": "job.succeeded", "data": {"id": "job_1"}})
    assert forged.status_code == 400
    unknown = shop.post("/merchant/MUG-1/photo", json={"upload": "sha256:" + "0" * 64})
    assert unknown.status_code == 502
    assert shop.get("/merchant/MUG-1/state").json()["state"] == "failed"
    assert f"/pictures/{state['picture']}" in shop.get("/products/MUG-1").text  # the picture stays what it was


def _ended(shop: httpx.Client) -> dict[str, str | None]:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        state: dict[str, str | None] = shop.get("/merchant/MUG-1/state").json()
        if state["state"] in {"done", "failed"}:
            return state
        time.sleep(0.1)
    raise AssertionError("the webhook never came")
