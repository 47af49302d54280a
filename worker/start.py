"""The entry point's body: arguments, readable mistakes, and Celery's worker without what Packshot has no use for."""

import argparse
import sys
from typing import Any

from engine.cuda.devices import list_gpus
from jobs.errors import SettingsError
from worker import pool
from worker.app import WorkerProcess
from worker.errors import GpusRefused
from worker.logs import configure_logging
from worker.per_gpu import run_per_gpu
from worker.settings import WorkerSettings, read_all_settings

EXIT_MISTAKE = 2
_SETTINGS = """\
settings, by the environment; the API must have the same of the first four:
  PACKSHOT_REDIS_URL      the record: redis://, rediss:// or sentinels; of a `packshot up` it stands in
                          DATA/redis/url
  PACKSHOT_BLOB_URL       photos and results: file:///…, s3://bucket/prefix  [the folder blobs in the data folder]
  PACKSHOT_DATA_DIR       the data folder  [~/.local/share/packshot]
  PACKSHOT_HINT_BROKER    where hints travel, if not through Redis: amqp://, sqs://
  PACKSHOT_CONCURRENCY    jobs at once  [processors + 2]
  PACKSHOT_WEIGHTS_DIR    the networks  [those that come with it]
  PACKSHOT_BACKEND        onnxruntime, openvino, tensorrt, torch  [auto]
  PACKSHOT_METRICS_PORT   where Prometheus reads its figures  [none]
All of them: docs/settings.md. One more worker beside a stack, step by step: docs/fleet.md, "One more worker by hand".
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a worker until it is told to stop; returns the process' exit code."""
    options = _parse(arguments)
    gpus = options.pop("gpus", None)
    try:
        settings, engine_settings = read_all_settings(**options)
        configure_logging(settings.log_level)
        if gpus is not None:
            return run_per_gpu(gpus, len(list_gpus().gpus), settings)
    except (SettingsError, GpusRefused) as error:
        print(error, file=sys.stderr)
        return EXIT_MISTAKE
    return _consume(WorkerProcess(settings, engine_settings), settings)


def _consume(process: WorkerProcess, settings: WorkerSettings) -> int:
    process.celery.conf.update(worker_hijack_root_logger=False, worker_redirect_stdouts=False)
    worker = process.celery.Worker(
        pool=pool.NAME,
        concurrency=settings.threads,
        loglevel=settings.log_level.upper(),
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _parse(arguments: list[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(
        prog="packshot worker",
        description="Packshot's worker: runs jobs here, until Ctrl-C or SIGTERM drains it.",
        epilog=_SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--concurrency", type=int, help="jobs at once (default: processors + 2)")
    parser.add_argument("--gpus", help="'all', or numbers joined by commas: a worker process for each of these GPUs")
    return {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
