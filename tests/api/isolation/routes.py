"""What another tenant may try at each route. A route that is not here fails a test: add it, and how it is asked.

``NAMES_A_THING``: the answer must be the same for another tenant's thing as for one that never was.
``NAMES_NOTHING``: the answer is about one's own, and must hold nothing of another's. ``OPERATORS``: for them alone.
``OPEN``: no key is needed, and nothing of any tenant can be told.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Ask:
    """A request; in path, body and headers {job}, {batch} … stand for another's things, {own_…} for the asker's."""

    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    types: str = "application/json"

    @property
    def name(self) -> str:
        """For the test's own name."""
        more = " ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.path} {'' if self.body is None else str(self.body)[:90]} {more}".strip()


WORK = [{"op": "restore"}]
SPEC = {"input": {"upload": "{upload}"}, "operations": WORK}
KNOWN = {"If-None-Match": "{etag}"}
ANY = {"If-None-Match": "*"}
SEEN = {"Last-Event-ID": "{event}"}


def _rows(**row: Any) -> dict[str, Any]:
    return {"defaults": {"operations": WORK}, "items": [{"sku": "row", **row}]}


NAMES_A_THING: dict[str, tuple[Ask, ...]] = {
    "GET /v1/jobs/<job_id>": (
        Ask("/v1/jobs/{job}"),
        Ask("/v1/jobs/{job}?wait=5"),
        Ask("/v1/jobs/{job}", headers=KNOWN),
        Ask("/v1/jobs/{job}", headers=ANY),
        Ask("/v1/jobs/{job}", headers={"X-Tenant": "zebra", "X-Forwarded-User": "zebra"}),
    ),
    "DELETE /v1/jobs/<id:job_id>": (Ask("/v1/jobs/{job}"), Ask("/v1/jobs/{job}", headers={"If-Match": "{etag}"})),
    "POST /v1/jobs/<job_id>/cancel": (Ask("/v1/jobs/{job}/cancel"),),
    "GET /v1/jobs/<job_id>/events": (Ask("/v1/jobs/{job}/events"), Ask("/v1/jobs/{job}/events", headers=SEEN)),
    "GET /v1/jobs/<job_id>/manifest": (Ask("/v1/jobs/{job}/manifest"),),
    "GET /v1/jobs/<job_id>/outputs/<index>": (
        Ask("/v1/jobs/{job}/outputs/0"),
        Ask("/v1/jobs/{job}/outputs/7"),
        Ask("/v1/jobs/{job}/outputs/0", headers={"Range": "bytes=0-9"}),
        Ask("/v1/jobs/{job}/outputs/0", headers=ANY),
        Ask("/v1/jobs/{job}/outputs/0?tenant=zebra&expires=99999999999&kid=0&signature=00"),
    ),
    "POST /v1/jobs/<job_id>/outputs/<index>/decision": (
        Ask("/v1/jobs/{job}/outputs/0/decision", {"verdict": "rejected"}),
        Ask("/v1/jobs/{job}/outputs/0/decision", {"verdict": "of no kind"}),
    ),
    "GET /v1/jobs/archive": (Ask("/v1/jobs/archive?id={job}"), Ask("/v1/jobs/archive?id={own_job}&id={job}")),
    "POST /v1/jobs/archive": (
        Ask("/v1/jobs/archive", {"ids": ["{job}"]}),
        Ask("/v1/jobs/archive", {"ids": ["{own_job}", "{job}"], "verdict": "approved"}),
    ),
    "POST /v1/jobs": (
        Ask("/v1/jobs", SPEC),
        Ask("/v1/jobs?validate_only=true", SPEC),
        Ask("/v1/jobs", {"input": {"upload": "{own_upload}"}, "operations": WORK, "parent": {"job": "{job}"}}),
        Ask(
            "/v1/jobs",
            {"input": {"upload": "{own_upload}"}, "operations": WORK, "parent": {"job": "{job}", "output": 0}},
        ),
        Ask("/v1/jobs", {"input": {"upload": "{own_upload}"}, "operations": [{"op": "inpaint", "mask": "{upload}"}]}),
        Ask("/v1/jobs", {"operations": [{"op": "generate", "like": ["{upload}"]}]}),
    ),
    "GET /v1/jobs": (
        Ask("/v1/jobs?parent={job}"),
        Ask("/v1/jobs?external_id={external}"),
        Ask("/v1/jobs?metadata=note:{external}"),
    ),
    "POST /v1/batches": (
        Ask("/v1/batches", _rows(upload="{upload}")),
        Ask("/v1/batches?validate_only=true", _rows(upload="{upload}")),
    ),
    "GET /v1/batches/<batch_id>": (Ask("/v1/batches/{batch}"), Ask("/v1/batches/{batch}?wait=5", headers=ANY)),
    "DELETE /v1/batches/<batch_id>": (Ask("/v1/batches/{batch}"),),
    "GET /v1/batches/<batch_id>/items": (Ask("/v1/batches/{batch}/items"), Ask("/v1/batches/{batch}/items?cursor=1")),
    "GET /v1/batches/<batch_id>/results": (
        Ask("/v1/batches/{batch}/results?format=csv"),
        Ask("/v1/batches/{batch}/results"),
    ),
    "GET /v1/batches/<batch_id>/archive": (Ask("/v1/batches/{batch}/archive"),),
    "GET /v1/batches/<batch_id>/events": (
        Ask("/v1/batches/{batch}/events"),
        Ask("/v1/batches/{batch}/events", headers=SEEN),
    ),
    "POST /v1/batches/<batch_id>/<any(cancel, pause, resume, retry):wish>": tuple(
        Ask(f"/v1/batches/{{batch}}/{wish}") for wish in ("cancel", "pause", "resume", "retry")
    ),
    "GET /v1/uploads/<upload_id>": (Ask("/v1/uploads/{upload}"),),
    "GET /v1/uploads/<upload_id>/content": (
        Ask("/v1/uploads/{upload}/content"),
        Ask("/v1/uploads/{upload}/content", headers=ANY),
    ),
    "DELETE /v1/uploads/<upload_id>": (Ask("/v1/uploads/{upload}"),),
    "GET /v1/webhooks/<endpoint_id>": (Ask("/v1/webhooks/{endpoint}"),),
    "PATCH /v1/webhooks/<endpoint_id>": (
        Ask("/v1/webhooks/{endpoint}", {"state": "disabled"}),
        Ask("/v1/webhooks/{endpoint}", {"url": "https://rival.example/hook"}),
    ),
    "DELETE /v1/webhooks/<endpoint_id>": (Ask("/v1/webhooks/{endpoint}"),),
    "GET /v1/webhooks/<endpoint_id>/secret": (Ask("/v1/webhooks/{endpoint}/secret"),),
    "POST /v1/webhooks/<endpoint_id>/rotate": (Ask("/v1/webhooks/{endpoint}/rotate"),),
    "POST /v1/webhooks/<endpoint_id>/test": (Ask("/v1/webhooks/{endpoint}/test"),),
    "GET /v1/webhooks/<endpoint_id>/deliveries": (
        Ask("/v1/webhooks/{endpoint}/deliveries"),
        Ask("/v1/webhooks/{endpoint}/deliveries?cursor=1"),
    ),
    "POST /v1/webhooks/<endpoint_id>/deliveries/<message_id>/redeliver": (
        Ask("/v1/webhooks/{endpoint}/deliveries/{message}/redeliver"),
        Ask("/v1/webhooks/{own_endpoint}/deliveries/{message}/redeliver"),
    ),
    "PATCH /v1/keys/<key_id>": (
        Ask("/v1/keys/{key}", {"name": "mine"}),
        Ask("/v1/keys/{key}", {"requests_per_minute": 1}),
    ),
    "DELETE /v1/keys/<key_id>": (Ask("/v1/keys/{key}"),),
    "POST /v1/keys/<key_id>/rotate": (Ask("/v1/keys/{key}/rotate"), Ask("/v1/keys/{key}/rotate", {"overlap_s": 0})),
    "GET /v1/tenant/erasure/<erasure_id>": (Ask("/v1/tenant/erasure/{erasure}"),),
    "DELETE /v1/upload-tokens/<token_id>": (Ask("/v1/upload-tokens/{token}"),),
}

NAMES_NOTHING: dict[str, tuple[Ask, ...]] = {
    "GET /v1/jobs": (
        Ask("/v1/jobs"),
        Ask("/v1/jobs?state=succeeded"),
        Ask("/v1/jobs?cursor=9999999999999999&limit=200"),
    ),
    "GET /v1/batches": (Ask("/v1/batches"), Ask("/v1/batches?cursor=9999999999999999")),
    "GET /v1/events": (Ask("/v1/events"), Ask("/v1/events", headers={"Last-Event-ID": "1"})),
    "GET /v1/keys": (Ask("/v1/keys"), Ask("/v1/keys?cursor=9999999999999999"), Ask("/v1/keys?tenant={own_tenant}")),
    "POST /v1/keys": (Ask("/v1/keys", {"scopes": ["jobs:read"]}),),
    "GET /v1/me": (Ask("/v1/me"),),
    "GET /v1/webhooks": (Ask("/v1/webhooks"), Ask("/v1/webhooks?cursor=9999999999999999")),
    "POST /v1/webhooks": (Ask("/v1/webhooks", {"url": "https://rival.example/other"}),),
    "POST /v1/upload-tokens": (Ask("/v1/upload-tokens", {"origins": ["http://localhost"]}),),
    "POST /v1/uploads": (Ask("/v1/uploads", b"no photo", types="application/octet-stream"),),
    "GET /v1/audit": (Ask("/v1/audit"), Ask("/v1/audit?limit=200")),
    "GET /v1/tenant": (Ask("/v1/tenant"),),
    "PATCH /v1/tenant": (Ask("/v1/tenant", {"retention_s": 86400}),),
    "GET /v1/tenant/export": (Ask("/v1/tenant/export"),),
    "POST /v1/tenant/erasure": (Ask("/v1/tenant/erasure", {"confirm": "zebra"}),),
    "GET /v1/operations": (Ask("/v1/operations"),),
    "GET /v1/presets": (Ask("/v1/presets"),),
    "GET /v1/models": (Ask("/v1/models"),),
}

OPERATORS: dict[str, Ask] = {
    "GET /v1/operator/overview": Ask("/v1/operator/overview"),
    "GET /v1/operator/workers": Ask("/v1/operator/workers"),
    "GET /v1/operator/tenants": Ask("/v1/operator/tenants"),
    "GET /metrics": Ask("/metrics"),
    "GET /v1/operator/capacity": Ask("/v1/operator/capacity?photos_per_day=1000"),
    "GET /v1/operator/models": Ask("/v1/operator/models"),
    "POST /v1/operator/models": Ask("/v1/operator/models"),
    "PATCH /v1/operator/models/<model>": Ask("/v1/operator/models/restore", {"use": "newest"}),
    "GET /v1/operator/jobs": Ask("/v1/operator/jobs?tenant=zebra"),
    "GET /v1/operator/failures": Ask("/v1/operator/failures"),
    "GET /v1/operator/audit": Ask("/v1/operator/audit?tenant=zebra"),
    "GET /v1/operator/dead": Ask("/v1/operator/dead"),
    "POST /v1/operator/dead/<job_id>/requeue": Ask("/v1/operator/dead/{job}/requeue"),
    "POST /v1/operator/dead/requeue": Ask("/v1/operator/dead/requeue"),
    "DELETE /v1/operator/dead/<id:job_id>": Ask("/v1/operator/dead/{job}"),
    "POST /v1/links/rotate": Ask("/v1/links/rotate"),
}

OPEN: dict[str, str] = {
    "GET /": "/",
    "GET /console": "/console",
    "GET /console/": "/console/",
    "GET /console/<path:name>": "/console/app.js",
    "GET /docs": "/docs",
    "GET /docs/": "/docs/",
    "GET /docs/<name>": "/docs/jobs",
    "GET /docs/api": "/docs/api",
    "GET /docs/api/<name>": "/docs/api/swagger-ui.css",
    "GET /docs/assets/<name>": "/docs/assets/docs.css",
    "GET /docs/images/<name>": "/docs/images/auto.webp",
    "GET /healthz": "/healthz",
    "GET /openapi.json": "/openapi.json",
    "GET /problems/<slug>": "/problems/not-found",
    "GET /readyz": "/readyz",
}
