"""The body of a batch: JSON, JSON lines or CSV, alone or as the part ``manifest`` of a form."""

import hashlib
from dataclasses import replace
from pathlib import PurePath
from typing import Any, NamedTuple

from flask import request

from api.batch_queries import BatchQuery
from api.bodies import FORM_OVERHEAD_BYTES, MAX_SPEC_BYTES, read_chunks
from api.forms import Part, read_parts
from api.services import services
from jobs.batches.cells import split_names
from jobs.batches.manifests import Kind, Manifest, read_defaults, read_manifest
from jobs.problems import ProblemError
from jobs.spec.parsing import validated
from jobs.spec.webhook import BatchWebhook
from jobs.strict_json import parse_json
from jobs.webhooks.urls import read_webhook_url

KINDS: dict[str, Kind] = {
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/x-jsonlines": "jsonl",
    "text/csv": "csv",
}
SUFFIXES: dict[str, Kind] = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}


class BatchBody(NamedTuple):
    """The manifest's bytes and kind, and the defaults' where a form carried them."""

    manifest: bytes
    kind: Kind
    defaults: bytes | None

    def digest(self, query: BatchQuery) -> str:
        """SHA-256 (hex) of all that the request asks for, whatever boundary its form had."""
        hashed = hashlib.sha256(f"{self.kind}\n{query.model_dump_json()}\n{len(self.manifest)}\n".encode())
        hashed.update(self.manifest)
        hashed.update(self.defaults or b"")
        return hashed.hexdigest()

    def read(self, query: BatchQuery) -> Manifest:
        """The rows, and what they have in common: the form's part, JSON's own member, the query's preset.

        Raises ProblemError: malformed-json, malformed-body, invalid-parameter.
        """
        manifest = read_manifest(self.manifest, self.kind, services().settings.max_batch_rows)
        defaults = manifest.defaults
        if self.defaults is not None:
            defaults = defaults | read_defaults(parse_json(self.defaults))
        if query.preset is not None:
            defaults = {name: value for name, value in defaults.items() if name != "renditions"}
            defaults["preset"] = split_names(query.preset)
        return replace(
            manifest,
            name=query.name or manifest.name,
            defaults=defaults,
            webhook=_webhook_of(query) or manifest.webhook,
        )


def read_batch_body() -> BatchBody:
    """The current request's. Raises ProblemError: unsupported-media-type, body-too-large, and those of forms."""
    limit = services().settings.max_batch_bytes
    if request.mimetype != "multipart/form-data":
        return BatchBody(b"".join(read_chunks(limit)), _kind(request.mimetype, ""), None)
    chunks = read_chunks(limit + MAX_SPEC_BYTES + FORM_OVERHEAD_BYTES)
    parts = read_parts(chunks, request.mimetype_params.get("boundary"), {"manifest": limit, "defaults": MAX_SPEC_BYTES})
    if "manifest" not in parts:
        raise ProblemError("malformed-body", "the form has no part 'manifest'; send the rows in it")
    return BatchBody(bytes(parts["manifest"].data), _part_kind(parts["manifest"]), _data(parts.get("defaults")))


def read_batch_webhook(manifest: Manifest) -> BatchWebhook | None:
    """Whom the batch tells of its end. Raises ProblemError: invalid-parameter, webhook-url-forbidden."""
    if manifest.webhook is None:
        return None
    try:
        webhook = validated(BatchWebhook, manifest.webhook, "webhook")
    except ProblemError as error:
        told = [{**item, "pointer": f"/webhook{item['pointer']}"} for item in error.problem.extra["errors"]]
        raise ProblemError(error.problem.type, error.problem.detail, errors=told) from error
    read_webhook_url(webhook.url, private=services().settings.webhooks_private, pointer="/webhook/url")
    return webhook


def _webhook_of(query: BatchQuery) -> dict[str, Any] | None:
    if query.webhook is None:
        if query.webhook_events is not None:
            detail = "webhook_events says of what, and webhook to whom; give the address as well"
            raise ProblemError("invalid-parameter", detail, errors=[{"parameter": "webhook_events", "detail": detail}])
        return None
    events = {} if query.webhook_events is None else {"events": split_names(query.webhook_events)}
    return {"url": query.webhook, **events}


def _part_kind(part: Part) -> Kind:
    return _kind(part.content_type, PurePath(part.file_name).suffix.lower())


def _kind(content_type: str, suffix: str) -> Kind:
    kind = KINDS.get(content_type) or SUFFIXES.get(suffix)
    if kind is None:
        shown = content_type[:100] or "absent"
        raise ProblemError(
            "unsupported-media-type", f"the manifest's Content-Type is {shown}; expected {', '.join(KINDS)}"
        )
    return kind


def _data(part: Part | None) -> bytes | None:
    return None if part is None else bytes(part.data)
