"""What an earlier run of the same order has done: told by the manifests beside its pictures. Asks no server.

A photo is done where the manifest of its name tells of the same bytes and the same order, and every file that it lists
is there as it was made.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.doubts import breaks_a_rule
from packshot.errors import MalformedAnswer
from packshot.photos import Task
from packshot.reading import Document, take_optional
from packshot.runs import Order
from packshot.standing import ORDER, read_manifest, sha256_of, stands_whole


@dataclass(frozen=True)
class Earlier:
    """The tasks that are done; of `unfit` of them a file breaks a technical rule of its channel."""

    done: frozenset[Task] = frozenset()
    unfit: int = 0


def mark_of(order: Order) -> str:
    """What every photo of an order is to go through, as a SHA-256: of files that operations use, the bytes count.

    Empty where one of them cannot be read: its upload will say why.
    """
    asked = {"operations": order.operations, "output": order.output, "spec": order.spec}
    try:
        text = json.dumps(asked, sort_keys=True, default=_by_bytes)
    except OSError:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def look_back(tasks: Sequence[Task], order: Order) -> Earlier:
    """Which of the tasks are done, by the order's mark."""
    done = {task: manifest for task in tasks if (manifest := _done(task, order)) is not None}
    return Earlier(frozenset(done), sum(map(breaks_a_rule, done.values())))


def _done(task: Task, order: Order) -> Document | None:
    """The task's manifest where it is done; one that somebody changed by hand tells nothing."""
    manifest = read_manifest(order.folder, task)
    if task.photo is None or not order.mark or manifest.get(ORDER) != order.mark:
        return None
    try:
        told = take_optional(manifest, "input", dict) or {}
        same = told.get("sha256") is not None and told["sha256"] == sha256_of(task.photo)
        breaks_a_rule(manifest)
    except MalformedAnswer:
        return None
    return manifest if same and stands_whole(order.folder, task, manifest) else None


def _by_bytes(value: object) -> str:
    if not isinstance(value, Path):
        raise TypeError(f"{type(value).__name__} is nothing that an operation holds")
    return hashlib.sha256(value.read_bytes()).hexdigest()
