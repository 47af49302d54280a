"""The Flask app: the services it works with, its routes, and what wraps every answer."""

from flask import Flask

from api.addresses import client_address
from api.archives import archives
from api.auditing import audit_requests
from api.batches import batches
from api.capacity import capacity
from api.confirming import confirm_writes
from api.console_pages import console_pages
from api.cors import share_across_origins
from api.counting import ApiMetrics
from api.damage import Damage
from api.decisions import decisions
from api.docs_page import guide, swagger
from api.envelope import wrap_answers
from api.events import events
from api.jobs import jobs
from api.key_records import KeyLimits
from api.key_routes import keys
from api.keys import KeyRing
from api.limits import tell_limits
from api.long_polls import LongPolls
from api.meta import meta
from api.metrics import count_answers, metrics
from api.model_routes import models
from api.openapi import openapi
from api.operator import operator
from api.outputs import outputs
from api.places import Places
from api.presence import ParallelJobs
from api.privacy import privacy
from api.problems import answer_with_problems
from api.routing import ignore_upgrades, know_ids
from api.services import Services
from api.settings import ApiSettings
from api.slow_clients import SlowClients
from api.tracing import trace_requests
from api.upload_token_routes import upload_tokens
from api.upload_tokens import UploadTokens
from api.uploads import uploads
from api.webhooks import webhooks
from jobs.blobs import BlobStore
from jobs.checked_blobs import CheckedBlobs
from jobs.clock import RedisClock
from jobs.cloud_stores import HASTY_S
from jobs.connection import connect
from jobs.links import LinkSigner
from jobs.metrics.families import WAITING_CLIENTS
from jobs.presets import read_presets
from jobs.queue import HintQueue, make_celery
from jobs.store import JobStore
from jobs.tracing import open_tracing

ROUTES = (
    uploads,
    archives,
    jobs,
    events,
    decisions,
    batches,
    outputs,
    meta,
    keys,
    upload_tokens,
    console_pages,
    openapi,
    guide,
    swagger,
    webhooks,
    operator,
    models,
    capacity,
    metrics,
    privacy,
)
REDIS_TIMEOUT_S = 1.3  # with the one retry: a client hears within 5 s that a frozen Redis does not answer


def create_app(settings: ApiSettings) -> Flask:
    """A WSGI app of its own connections; nothing is asked of Redis before the first request."""
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    know_ids(app)
    ignore_upgrades(app)
    _services(settings).attach(app)
    count_answers(app)  # before the others: it counts what they refuse, too
    audit_requests(app)
    wrap_answers(app)
    trace_requests(app)
    share_across_origins(app)
    tell_limits(app)
    confirm_writes(app)  # after the others: so it comes before them, and they see what is answered in the end
    answer_with_problems(app)
    for routes in ROUTES:
        app.register_blueprint(routes)
    return app


def _services(settings: ApiSettings) -> Services:
    redis = connect(settings.redis_url, socket_timeout_s=REDIS_TIMEOUT_S, heed_silence=True)
    presets = read_presets(settings.presets_dir)
    places = Places(settings.api_threads)
    store = JobStore(redis, settings, presets)
    long_polls = LongPolls(settings.api_waiting, settings.api_waiting_per_tenant, places)
    counted = ApiMetrics(store)
    counted.follow(WAITING_CLIENTS, lambda: long_polls.waiting_now)
    blobs = BlobStore.from_url(settings.resolved_blob_url, synced=settings.synced_blobs, patience_s=HASTY_S)
    key_ring = KeyRing(redis, KeyLimits(settings.requests_per_minute, settings.jobs_per_day))
    return Services(
        settings=settings,
        redis=redis,
        store=store,
        blobs=blobs,
        checked_blobs=CheckedBlobs(blobs, Damage(store, counted)),
        hints=HintQueue(make_celery(settings), settings),
        keys=key_ring,
        upload_tokens=UploadTokens(redis, key_ring),
        links=LinkSigner(redis, settings.link_ttl_s),
        places=places,
        long_polls=long_polls,
        slow_clients=SlowClients(settings.api_slow, client_address),
        parallel=ParallelJobs(redis),
        clock=RedisClock(redis),
        presets=presets,
        metrics=counted,
        tracing=open_tracing(settings, "packshot-api"),
    )
