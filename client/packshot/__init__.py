"""SDK and command line for Packshot: send product photos, follow their jobs, fetch the pictures.

with packshot.Client() as client:
    job = client.submit("mug.jpg", ["relight", "restore", "upscale:factor=2"])
    job.wait(on_progress=print).download(to="results/")
    client.generate("navy striped dress", count=8, seed=42).wait().download_all("results/", "dress")
    client.catalog([{"sku": "MUG-1", "photo": "mug.jpg"}], preset="amazon-main").wait().download_archive("mugs.zip")
"""

from packshot import errors
from packshot.batch_models import BatchCounts, BatchItem, CatalogCheck, RowFault
from packshot.batches import Batch
from packshot.checks import ChannelCheck, Proposal, RuleCheck
from packshot.client import Client
from packshot.generation import Anomaly, Generation, MadePicture, Understood
from packshot.jobs import Job
from packshot.locating import Server
from packshot.models import Output, Progress, Upload
from packshot.replaying import Replay, ReplayedOutput
from packshot.retries import RetryPolicy

__all__ = [
    "Anomaly",
    "Batch",
    "BatchCounts",
    "BatchItem",
    "CatalogCheck",
    "ChannelCheck",
    "Client",
    "Generation",
    "Job",
    "MadePicture",
    "Output",
    "Progress",
    "Proposal",
    "Replay",
    "ReplayedOutput",
    "RetryPolicy",
    "RowFault",
    "RuleCheck",
    "Server",
    "Understood",
    "Upload",
    "errors",
]
__version__ = "0.1.0"
