"""Batches of the makeshift server: rows are done as soon as they are asked for, unless they are held."""

import io
import json
import threading
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, dict[str, Any] | bytes]
STATES = ("total", "waiting", "queued", "running", "succeeded", "failed", "canceled")
PRESETS = ("amazon-main", "ebay", "web-responsive")
ROW_FIELDS = frozenset({"sku", "upload", "url", "preset", "color", "operations", "output", "seed", "check"})


@dataclass
class MakeshiftBatch:
    """A batch: the spec of each row (None for a skipped one), and what became of it."""

    id: str
    name: str | None
    rows: dict[int, dict[str, Any]]
    done: dict[int, dict[str, Any]] = field(default_factory=dict)
    state: str = "running"


class Batches:
    """Mixed into the server, which has `make_job(spec) -> job id` and the ids of its `uploads`.

    `row_problems` has by SKU the problem that a row fails with. `hold_rows_after`: so many rows of all batches succeed,
    then none until it is None again. `held_batch` does not go on.
    """

    def start_batches(self) -> None:
        self.uploads: set[str] = set()
        self.batches: dict[str, MakeshiftBatch] = {}
        self.checks: list[list[dict[str, Any]]] = []
        self.row_problems: dict[str, dict[str, Any]] = {}
        self.review: set[str] = set()
        self.hold_rows_after: int | None = None
        self.held_batch: str | None = None
        self.made_rows = 0
        self._keys: dict[str, str] = {}
        self._batch_lock = threading.RLock()

    def make_job(self, spec: dict[str, Any]) -> str:
        raise NotImplementedError

    def job_outputs(self, job_id: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def answer_batch(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        address = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        words = address.path.strip("/").split("/")[2:]
        with self._batch_lock:
            if method == "POST" and not words:
                return self._posted(json.loads(body), query, headers.get("Idempotency-Key", ""))
            batch = self.batches.get(words[0])
            if batch is None:
                return 404, {"type": "/problems/not-found", "title": "There is no such thing"}
            return self._about(batch, words[1:], query)

    def _about(self, batch: MakeshiftBatch, words: list[str], query: dict[str, str]) -> Reply:
        match words:
            case []:
                time.sleep(0.02 if "wait" in query else 0)
                self._go_on(batch)
                return 200, self._batch_document(batch)
            case ["items"]:
                return 200, self._items(batch, query)
            case ["results"]:
                items = [self._item(batch, row) for row in batch.rows]
                lines = [json.dumps(one) for one in items] if query["format"] == "jsonl" else ["row,sku"]
                return 200, "\n".join(lines).encode()
            case ["archive"]:
                file = io.BytesIO()
                with zipfile.ZipFile(file, "w") as archive:
                    archive.writestr("results.csv", "row,sku\n")
                return 200, file.getvalue()
        return self._told(batch, words[0])

    def _told(self, batch: MakeshiftBatch, verb: str) -> Reply:
        if verb != "retry" and batch.state in ("finished", "canceled"):
            return 409, {"type": "/problems/already-terminal", "title": "The batch has already ended", "status": 409}
        if verb == "retry":
            batch.done = {row: one for row, one in batch.done.items() if one["state"] != "failed"}
        if verb == "cancel":
            for row in batch.rows:
                batch.done.setdefault(row, {"state": "canceled"})
        batch.state = {"pause": "paused", "resume": "running", "cancel": "canceled", "retry": "running"}[verb]
        self._go_on(batch)
        return 200, self._batch_document(batch)

    def _posted(self, body: dict[str, Any], query: dict[str, str], key: str) -> Reply:
        if unknown := set(body.get("defaults", {}).get("renditions", [])) - set(PRESETS):
            fault = {"row": 0, "pointer": "/defaults/renditions/0", "detail": f"there is no channel {min(unknown)!r}"}
            return 422, {"type": "/problems/invalid-parameter", "title": "Not valid", "status": 422, "errors": [fault]}
        faults = self._faults(body)
        broken = {fault["row"] for fault in faults}
        total = len(body["items"])
        if query.get("validate_only") == "true":
            self.checks.append(body["items"])
            estimate = {"seconds": 0.5 * total, "reason": "measured on this server", "parallel": 1, "jobs": total}
            counts = {"total": total, "valid": total - len(broken), "invalid": len(broken)}
            return 200, {**counts, "errors": faults, "estimate": estimate}
        if faults and query.get("skip_invalid") != "true":
            problem = {"type": "/problems/invalid-parameter", "title": "A parameter is not valid", "errors": faults}
            return 422, problem
        if key in self._keys:
            return 202, self._batch_document(self.batches[self._keys[key]])
        shared = body.get("defaults", {})
        rows = {n: {**shared, **row} for n, row in enumerate(body["items"], 1) if n not in broken}
        batch = MakeshiftBatch(f"bat_{len(self.batches) + 1}", body.get("name"), rows)
        self.batches[batch.id] = batch
        self._keys[key] = batch.id
        return 202, {**self._batch_document(batch), "errors": faults}

    def _faults(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        found = []
        shared = body.get("defaults", {})
        for number, row in enumerate(body["items"], 1):
            for name in row.get("preset", []):
                if name not in PRESETS:
                    found.append({"row": number, "pointer": "/preset/0", "detail": f"there is no channel {name!r}"})
            if (upload := row.get("upload")) and upload not in self.uploads:
                detail = f"there is no upload {upload}; upload the photo first"
                found.append({"row": number, "pointer": "/upload", "detail": detail})
            assert row.keys() <= ROW_FIELDS
            assert {**shared, **row}.keys() & {"operations", "preset", "renditions", "color"}
        return found

    def _go_on(self, batch: MakeshiftBatch) -> None:
        """What has room under `hold_rows_after` is done."""
        if batch.state != "running" or batch.id == self.held_batch:
            return
        for number, spec in batch.rows.items():
            if number in batch.done:
                continue
            if self.hold_rows_after is not None and self.made_rows >= self.hold_rows_after:
                return
            problem = self.row_problems.get(spec["sku"])
            self.made_rows += problem is None
            batch.done[number] = (
                {"state": "failed", "problem": problem}
                if problem
                else {"state": "succeeded", "job": self.make_job(spec)}
            )
        batch.state = "finished"

    def _batch_document(self, batch: MakeshiftBatch) -> dict[str, Any]:
        counted = Counter(one["state"] for one in batch.done.values())
        counts = {state: counted.get(state, 0) for state in STATES}
        counts |= {"total": len(batch.rows), "waiting": len(batch.rows) - len(batch.done)}
        return {"id": batch.id, "name": batch.name, "state": batch.state, "counts": counts, "eta_s": None}

    def _items(self, batch: MakeshiftBatch, query: dict[str, str]) -> dict[str, Any]:
        """Two rows a page."""
        items = [self._item(batch, row) for row in batch.rows]
        chosen = [item for item in items if query.get("state") in (None, item["state"])]
        begin = int(query.get("cursor", 0))
        return {"items": chosen[begin : begin + 2], "cursor": str(begin + 2) if len(chosen) > begin + 2 else None}

    def _item(self, batch: MakeshiftBatch, row: int) -> dict[str, Any]:
        sku = batch.rows[row]["sku"]
        item = {"row": row, "sku": sku, "state": "waiting", "job": None, "outputs": [], "problem": None}
        item |= batch.done.get(row, {})
        if item["state"] == "succeeded":
            item |= {"outputs": self.job_outputs(item["job"]), "needs_review": sku in self.review}
        return item
