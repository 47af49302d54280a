"""``python -m api``: serve the API; ``python -m api keys …`` and ``links …``: look after API keys and signed links."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from typing import TypeVar

from redis.exceptions import RedisError

from api.audit_commands import add_audit_commands
from api.dev_key import FILE_NAME, ensure_dev_key, widen_dev_key
from api.key_commands import add_key_commands, add_link_commands
from api.key_lists import KeyLists
from api.keys import KeyRing
from api.server import serve
from api.settings import ApiSettings, read_api_settings
from jobs.blobs import BlobStore, make_folder
from jobs.cloud_stores import HASTY_S
from jobs.connection import check_version, connect
from jobs.errors import JobsError, SettingsError
from jobs.logs import log_json_lines
from jobs.presets import read_presets
from jobs.tracing import check_tracing

REDIS_PATIENCE_S = 15.0

T = TypeVar("T")


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 Redis does not answer, 2 a mistake in the settings or arguments, or an unusable folder."""
    options = _parser().parse_args(arguments)
    try:
        settings = read_api_settings(
            os.environ, api_host=options.host, api_port=options.port, api_threads=options.threads
        )
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return int(options.action(settings, options))
    except RedisError as error:
        print(f"Redis does not answer: {error}", file=sys.stderr)
        return 1


def _serve(settings: ApiSettings, _options: argparse.Namespace) -> int:
    try:
        _prepare(settings)
    except (JobsError, OSError, ValueError) as error:  # an unusable folder or development key, an old Redis
        print(f"The API cannot start: {error}", file=sys.stderr)
        return 2
    log_json_lines(settings.log_level)
    serve(settings)
    return 0


def _prepare(settings: ApiSettings) -> None:
    """In connections of its own, closed before gunicorn forks. Waits a while for a Redis that is just starting."""
    read_presets(settings.presets_dir)
    check_tracing(settings)
    if settings.resolved_blob_url.startswith("file:"):
        make_folder(settings.resolved_blob_url)
    else:
        _check_cloud_store(settings.resolved_blob_url)
    with closing(connect(settings.redis_url)) as redis:
        _patiently(lambda: check_version(redis))
        key = _patiently(lambda: ensure_dev_key(KeyRing(redis), settings.data_dir))
        widened = _patiently(lambda: widen_dev_key(KeyRing(redis), settings.data_dir))
        _patiently(lambda: KeyLists(KeyRing(redis)).adopt())
    path = settings.data_dir.expanduser() / FILE_NAME
    if widened:
        told = "has got the scopes that came with this version: webhooks:manage, keys:manage and operator"
        print(f"The development key in {path} {told}.", file=sys.stderr, flush=True)
    if key is not None:  # shown to a person, never to what may be a log
        shown = f":\n\n    {key.text}\n" if sys.stderr.isatty() else "."
        print(f"A development key was made, and kept in {path}{shown}", file=sys.stderr, flush=True)


def _check_cloud_store(url: str) -> None:
    """In a process of its own: obstore (0.12.1) has threads from its first request on, which no fork takes along.

    Whatever asks it before gunicorn forks makes each request of the workers wait for ever. Raises BlobError.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as child:
        child.submit(_ask_cloud_store, url).result()


def _ask_cloud_store(url: str) -> None:
    BlobStore.from_url(url, patience_s=HASTY_S).check()


def _patiently(attempt: Callable[[], T]) -> T:
    until = time.monotonic() + REDIS_PATIENCE_S
    while True:
        try:
            return attempt()
        except RedisError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the Packshot API (settings: PACKSHOT_*).")
    parser.add_argument("--host", help="address to listen on (PACKSHOT_API_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (PACKSHOT_API_PORT)")
    parser.add_argument("--threads", type=int, help="requests served at once (PACKSHOT_API_THREADS)")
    parser.set_defaults(action=_serve)
    commands = parser.add_subparsers(title="commands")
    add_key_commands(commands)
    add_link_commands(commands)
    add_audit_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
