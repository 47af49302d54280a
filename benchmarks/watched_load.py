"""Traffic for looking at a dashboard: clicks and catalogues, bad photos, bad specs, and webhooks that fail.

`python -m benchmarks.watched_load --url … --data … --photos FOLDER --minutes 12`: nothing is measured here. What is
drawn of it is `benchmarks.dashboard_picture`'s; docs/observability.md says how the two go together.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

SHOPS = ("north", "coast", "hill")
OPERATIONS: tuple[list[dict[str, Any]], ...] = (
    [{"op": "relight"}],
    [{"op": "restore"}],
    [{"op": "cutout"}, {"op": "background", "color": "#ffffff", "shadow": "contact"}],
    [{"op": "upscale", "factor": 2}],
    [{"op": "relight"}, {"op": "cutout"}],
)
PATIENCE_S = 30.0
CATALOGUE_ROWS = 60
BUSIEST = 4
"""How many shoppers of a shop are at it in the busiest minute of the wave; one always is."""


class Sink(BaseHTTPRequestHandler):
    """Takes webhooks; every seventh it refuses."""

    taken = 0

    def do_POST(self) -> None:
        """Answer, and keep nothing."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Sink.taken += 1
        self.send_response(503 if Sink.taken % 7 == 0 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@dataclass
class Shop:
    """One tenant's traffic: shoppers who click, poll and come again, and now and then a catalogue."""

    url: str
    key: str
    photos: list[bytes]
    webhook: str
    ends_at: float
    luck: random.Random

    def shopper(self, number: int) -> None:
        """Work until the end; only as many shoppers are awake as the wave of the traffic has."""
        with self._client() as client:
            while time.monotonic() < self.ends_at:
                if number > self._awake():
                    time.sleep(1.0)
                    continue
                try:
                    self._click(client)
                except httpx.HTTPError:
                    time.sleep(2.0)

    def catalogue(self, rows: int, pause_s: float) -> None:
        """Send a catalogue after a pause."""
        time.sleep(pause_s)
        with self._client() as client:
            items = [{"external_id": f"row-{row}", **self._spec(client, "bulk", "restore")} for row in range(rows)]
            answer = client.post("/v1/batches", json={"items": items})
            print(f"a catalogue of {rows}: {answer.status_code} {answer.text[:120]}", flush=True)

    def _awake(self) -> int:
        left_s = self.ends_at - time.monotonic()
        return 1 + round((BUSIEST - 1) * (0.5 + 0.5 * math.sin(left_s / 45.0)))

    def _click(self, client: httpx.Client) -> None:
        fate = self.luck.random()
        if fate < 0.03:
            client.get(f"/v1/nothing/{self.luck.random()}")
        elif fate < 0.07:
            client.post("/v1/jobs", json={"input": {"upload": "sha256:" + "0" * 64}, "operations": [{"op": "enchant"}]})
        else:
            answer = client.post("/v1/jobs", json=self._spec(client, "interactive", damaged=fate < 0.12))
            if answer.status_code == httpx.codes.ACCEPTED:
                self._follow(client, answer.json()["id"], give_up=fate > 0.95)
        time.sleep(self.luck.uniform(0.1, 1.5))

    def _follow(self, client: httpx.Client, job_id: str, *, give_up: bool) -> None:
        if give_up:
            client.post(f"/v1/jobs/{job_id}/cancel")
            return
        for _ in range(6):
            if client.get(f"/v1/jobs/{job_id}?wait=20").json().get("state") not in {"queued", "running"}:
                return

    def _spec(self, client: httpx.Client, priority: str, op: str = "", *, damaged: bool = False) -> dict[str, Any]:
        photo = self.luck.choice(self.photos)
        photo = photo[: len(photo) * 2 // 3] if damaged else photo
        told = client.post("/v1/uploads", content=photo, headers={"Content-Type": "application/octet-stream"}).json()
        operations = [{"op": op}] if op else self.luck.choice(OPERATIONS)
        hook = {"webhook": {"url": self.webhook}} if self.luck.random() < 0.4 and not op else {}
        return {"input": {"upload": told.get("id", "")}, "operations": operations, "priority": priority, **hook} | {
            "seed": self.luck.getrandbits(31)
        }

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S, trust_env=False)


def main() -> None:
    """Run until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="the API's address")
    parser.add_argument("--data", required=True, type=Path, help="its data folder, for keys")
    parser.add_argument("--photos", required=True, type=Path, help="a folder of JPEGs, looked through with its folders")
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    photos = [path.read_bytes() for path in sorted(options.photos.rglob("*.jpg"))[::3][:150]]
    sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    webhook, ends_at = f"http://127.0.0.1:{sink.server_port}/done", time.monotonic() + 60 * options.minutes
    for thread in list(_threads(options, photos, webhook, ends_at)):
        thread.join()


def _threads(
    options: argparse.Namespace, photos: list[bytes], webhook: str, ends_at: float
) -> Iterator[threading.Thread]:
    for place, name in enumerate(SHOPS):
        shop = Shop(options.url, _key(options.data, name), photos, webhook, ends_at, random.Random(place))
        todo = [threading.Thread(target=shop.shopper, args=(number + 1,)) for number in range(BUSIEST)]
        catalogue_after_s = 60 * options.minutes * (0.15 + 0.25 * place)
        todo.append(threading.Thread(target=shop.catalogue, args=(CATALOGUE_ROWS, catalogue_after_s)))
        for thread in todo:
            thread.start()
            yield thread


def _key(data: Path, tenant: str) -> str:
    redis_url = (data / "redis" / "url").read_text().strip()
    environment = {**os.environ, "PACKSHOT_DATA_DIR": str(data), "PACKSHOT_REDIS_URL": redis_url}
    command = [sys.executable, "-m", "api", "keys", "create", "--tenant", tenant]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()[-1]


if __name__ == "__main__":
    main()
