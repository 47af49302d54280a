"""The entry point's body: arguments, readable mistakes, and Celery's worker without what Packshot has no use for."""

import argparse
import sys

from engine.errors import SettingsRefused
from engine.settings import EngineSettings
from jobs.errors import SettingsError
from jobs.settings import read_settings
from worker.app import WorkerProcess
from worker.logs import configure_logging
from worker.settings import WorkerSettings

EXIT_MISTAKE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a worker until it is told to stop; returns the process' exit code."""
    options = _parse(arguments)
    mistakes = []
    try:
        settings = read_settings(WorkerSettings, **options)
    except SettingsError as error:
        mistakes.append(str(error))
    try:
        engine_settings = EngineSettings.from_env()
    except SettingsRefused as error:
        mistakes.append(str(error))
    if mistakes:
        print(*mistakes, sep="\n", file=sys.stderr)
        return EXIT_MISTAKE
    configure_logging(settings.log_level)
    return _consume(WorkerProcess(settings, engine_settings), settings)


def _consume(process: WorkerProcess, settings: WorkerSettings) -> int:
    process.celery.conf.update(worker_hijack_root_logger=False, worker_redirect_stdouts=False)
    worker = process.celery.Worker(
        pool="threads",
        concurrency=settings.threads,
        loglevel=settings.log_level.upper(),
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _parse(arguments: list[str] | None) -> dict[str, int]:
    parser = argparse.ArgumentParser(prog="python -m worker", description="Packshot's worker: runs jobs here.")
    parser.add_argument("--concurrency", type=int, help="jobs at once (default: processors + 2)")
    return {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
