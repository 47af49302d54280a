"""A catalogue of 1,000 rows, 50 of them broken, on a whole service whose worker is killed twice on the way.

Shown: every row ends, the broken ones explained; work that is the same is done once, and nothing is done twice.
"""

import io
import json
import random
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.service import Service

ROWS, BROKEN, TWINS = 1000, 50, 50
KILLS_AT = (0.3, 0.65)
"""At which shares of the rows the worker is killed."""

_LEASE = {"PACKSHOT_LEASE_MS": "4000", "PACKSHOT_HEARTBEAT_MS": "1000"}
_OPERATIONS = "resize:width=48"
_PATIENCE_S = 900.0
_SEED = 6


@dataclass(frozen=True)
class _Shop:
    """A merchant with a key, over plain HTTP."""

    url: str
    key: str

    def call(self, method: str, path: str, data: bytes | None = None, content_type: str = "application/json") -> Any:
        """The answer's JSON. Raises urllib.error.HTTPError for what the server refuses."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": content_type}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)

    def upload(self, photo: bytes) -> str:
        """The photo's id."""
        return str(self.call("POST", "/v1/uploads", photo, "application/octet-stream")["id"])

    def items(self, batch_id: str) -> list[dict[str, Any]]:
        """Every row of the batch."""
        found: list[dict[str, Any]] = []
        cursor: str | None = "0"
        while cursor is not None:
            page = self.call("GET", f"/v1/batches/{batch_id}/items?limit=500&cursor={cursor}")
            found += page["items"]
            cursor = page["cursor"]
        return found


def measure(folder: Path) -> list[dict[str, float]]:
    """One row of the report: what became of the rows, how many jobs that took, and how long."""
    with Service(folder, settings=_LEASE) as service:
        address = json.loads((service.folder / "data" / "stack.json").read_text())["url"]
        shop = _Shop(address, (service.folder / "data" / "dev-key").read_text().strip())
        body = json.dumps({"name": "1,000 rows", "items": _rows(shop)}).encode()
        begun = time.perf_counter()
        check = shop.call("POST", "/v1/batches?validate_only=true", body)
        checked_s = time.perf_counter() - begun
        batch = shop.call("POST", "/v1/batches?skip_invalid=true", body)
        kills = _follow(service, shop, batch["id"])
        took_s = time.perf_counter() - begun
        return [_report(shop, batch["id"], check) | {"kills": kills, "check_s": checked_s, "took_s": took_s}]


def _follow(service: Service, shop: _Shop, batch_id: str) -> int:
    """Wait for the end; kill the worker when its time has come. Returns how often that was."""
    killed, give_up_at = 0, time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up_at:
        batch = shop.call("GET", f"/v1/batches/{batch_id}")
        if batch["state"] == "finished":
            return killed
        due = killed < len(KILLS_AT) and batch["counts"]["succeeded"] > KILLS_AT[killed] * ROWS
        if due and _kill_at_work(service, shop, batch_id):
            killed += 1
            print(f"killed the worker: {batch['counts']}, {batch['eta_s']} s to go", flush=True)
        time.sleep(0.02)
    raise RuntimeError(f"the batch did not end in {_PATIENCE_S:g} s: {batch['counts']}")


def _kill_at_work(service: Service, shop: _Shop, batch_id: str) -> bool:
    """Kill the worker amid its jobs, if it has any: it stands still while that is looked at. Returns whether it had."""
    workers = service.processes("worker")
    for process in workers:
        process.suspend()
    running = shop.call("GET", f"/v1/batches/{batch_id}")["counts"]["running"]
    for process in workers:
        (process.kill if running else process.resume)()
    return bool(workers and running)


def _report(shop: _Shop, batch_id: str, check: dict[str, Any]) -> dict[str, float]:
    items = shop.items(batch_id)
    failed = [item for item in items if item["state"] == "failed"]
    explained = Counter(item["problem"]["detail"][:40] for item in failed if item["problem"]["detail"])
    print("\n".join(f"{number:4d} × {detail}…" for detail, number in sorted(explained.items())), flush=True)
    jobs = {item["job"] for item in items if item["job"]}
    views = [shop.call("GET", f"/v1/jobs/{job_id}") for job_id in sorted(jobs)]
    done = Counter(_work(view) for view in views if view["state"] == "succeeded")
    return {
        "rows": len(items),
        "told_before": check["invalid"],
        "succeeded": sum(item["state"] == "succeeded" and bool(item["outputs"]) for item in items),
        "explained": sum(explained.values()),
        "jobs": len(jobs),
        "jobs_per_row": len(jobs) / sum(item["job"] is not None for item in items),
        "run_again_after_a_kill": sum(view["attempt"] > 1 for view in views),
        "done_twice": sum(times - 1 for times in done.values()),
    }


def _work(view: dict[str, Any]) -> str:
    spec = view["spec"]
    return json.dumps([spec["input"], spec["operations"]], sort_keys=True)


def _rows(shop: _Shop) -> list[dict[str, Any]]:
    """950 good rows, 50 of which ask for what others ask for, and 50 broken ones among them."""
    luck = random.Random(_SEED)
    good = ROWS - BROKEN
    photos = [_photo(luck) for _ in range(good - TWINS)]
    corrupt = [photo[: len(photo) * 2 // 3] for photo in (_jpeg(luck) for _ in range(10))]
    with ThreadPoolExecutor(8) as pool:
        uploads = list(pool.map(shop.upload, photos))
        damaged = list(pool.map(shop.upload, corrupt))
    uploads += luck.sample(uploads, TWINS)
    rows = [{"sku": f"SKU-{at}", "upload": upload, "operations": _OPERATIONS} for at, upload in enumerate(uploads)]
    for at, row in enumerate(_broken_rows(uploads, damaged)):
        rows.insert((at + 1) * ROWS // (BROKEN + 1), row)
    return rows


def _broken_rows(uploads: Sequence[str], damaged: Sequence[str]) -> list[dict[str, Any]]:
    """Ten each: a misspelt channel, an unknown photo, a damaged one, an impossible colour; and ten of other kinds."""
    rows: list[dict[str, Any]] = []
    for at in range(10):
        rows += [
            {"upload": uploads[at], "preset": "amazon-mian"},
            {"upload": f"sha256:{at:064x}", "operations": _OPERATIONS},
            {"upload": damaged[at], "operations": _OPERATIONS},
            {"upload": uploads[at], "color": "#12"},
            (
                {"sku": f"SKU-{at}", "upload": uploads[at], "operations": _OPERATIONS},
                {"operations": _OPERATIONS},
                {"upload": uploads[at], "operations": "resize:width=wide"},
            )[at % 3],
        ]
    return [{"sku": f"BROKEN-{at}"} | row for at, row in enumerate(rows)]


def _photo(luck: random.Random) -> bytes:
    """A small photo of its own, as PNG."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (8, 6), luck.randbytes(8 * 6 * 3)).resize((96, 72)).save(buffer, "PNG")
    return buffer.getvalue()


def _jpeg(luck: random.Random) -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("RGB", (96, 72), luck.randbytes(96 * 72 * 3)).save(buffer, "JPEG")
    return buffer.getvalue()
