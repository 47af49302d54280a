"""SDK and command line for Packshot: send product photos, follow their jobs, fetch the pictures.

with packshot.Client() as client:
    job = client.submit("mug.jpg", ["relight", "restore", "upscale:factor=2"])
    job.wait(on_progress=print).download(to="results/")
"""

from packshot import errors
from packshot.client import Client
from packshot.jobs import Job
from packshot.locating import Server
from packshot.models import Output, Progress, Upload
from packshot.retries import RetryPolicy

__all__ = ["Client", "Job", "Output", "Progress", "RetryPolicy", "Server", "Upload", "errors"]
__version__ = "0.1.0"
