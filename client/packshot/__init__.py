"""SDK and command line for Packshot: send product photos, follow their jobs, fetch the pictures.

with packshot.Client() as client:
    job = client.submit("mug.jpg", ["relight", "restore", "upscale:factor=2"])
    job.wait(on_progress=print).download(to="results/")
    client.generate("navy striped dress", count=8, seed=42).wait().download_all("results/", "dress")
    client.catalog([{"sku": "MUG-1", "photo": "mug.jpg"}], preset="amazon-main").wait().download_archive("mugs.zip")

`AsyncClient` has the same calls, awaited; `webhooks.verify` reads what the server posts to a shop.
"""

from packshot import errors, webhooks
from packshot.account import Account, Key, KeyLimits, NewKey, UploadToken
from packshot.aio.batches import AsyncBatch
from packshot.aio.client import AsyncClient
from packshot.aio.jobs import AsyncJob
from packshot.batch_models import BatchCounts, BatchItem, CatalogCheck, RowFault
from packshot.batches import Batch
from packshot.checks import ChannelCheck, Proposal, RuleCheck
from packshot.client import Client
from packshot.generation import Anomaly, Generation, MadePicture, Understood
from packshot.job_events import BatchEvent, JobEvent
from packshot.jobs import Job
from packshot.locating import Server
from packshot.models import Decision, OperationProgress, Output, Progress, Upload
from packshot.operator_models import Failure, Overview, Worker
from packshot.privacy_models import AuditEntry, Erasure, TenantData
from packshot.replaying import Replay, ReplayedOutput
from packshot.retries import RetryPolicy
from packshot.validation import Validation
from packshot.webhook_models import Delivery, Endpoint, NewEndpoint, RotatedSecret

__all__ = [
    "Account",
    "Anomaly",
    "AsyncBatch",
    "AsyncClient",
    "AsyncJob",
    "AuditEntry",
    "Batch",
    "BatchCounts",
    "BatchEvent",
    "BatchItem",
    "CatalogCheck",
    "ChannelCheck",
    "Client",
    "Decision",
    "Delivery",
    "Endpoint",
    "Erasure",
    "Failure",
    "Generation",
    "Job",
    "JobEvent",
    "Key",
    "KeyLimits",
    "MadePicture",
    "NewEndpoint",
    "NewKey",
    "OperationProgress",
    "Output",
    "Overview",
    "Progress",
    "Proposal",
    "Replay",
    "ReplayedOutput",
    "RetryPolicy",
    "RotatedSecret",
    "RowFault",
    "RuleCheck",
    "Server",
    "TenantData",
    "Understood",
    "Upload",
    "UploadToken",
    "Validation",
    "Worker",
    "errors",
    "webhooks",
]
__version__ = "0.1.0"
