"""``python -m api``: serve the API; ``python -m api keys …``: make and revoke API keys."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from redis.exceptions import RedisError

from api.dev_key import FILE_NAME, ensure_dev_key
from api.keys import SCOPES, SHOP_SCOPES, KeyRing
from api.logs import configure_logging
from api.server import serve
from api.settings import ApiSettings, read_api_settings
from jobs.blobs import make_folder
from jobs.connection import check_version, connect
from jobs.errors import JobsError, SettingsError
from jobs.presets import read_presets

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
    configure_logging(settings.log_level)
    serve(settings)
    return 0


def _prepare(settings: ApiSettings) -> None:
    """In connections of its own, closed before gunicorn forks. Waits a while for a Redis that is just starting."""
    read_presets(settings.presets_dir)
    if settings.resolved_blob_url.startswith("file:"):
        make_folder(settings.resolved_blob_url)
    with closing(connect(settings.redis_url)) as redis:
        _patiently(lambda: check_version(redis))
        key = _patiently(lambda: ensure_dev_key(KeyRing(redis), settings.data_dir))
    if key is not None:
        path = settings.data_dir.expanduser() / FILE_NAME
        print(f"A development key was made, and kept in {path}:\n\n    {key.text}\n", file=sys.stderr, flush=True)


def _create_key(settings: ApiSettings, options: argparse.Namespace) -> int:
    with closing(connect(settings.redis_url)) as redis:
        try:
            key = KeyRing(redis).create(
                options.tenant, scopes=options.scope or SHOP_SCOPES, expires_in_s=options.expires_in_s
            )
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
    print(key.text)
    return 0


def _revoke_key(settings: ApiSettings, options: argparse.Namespace) -> int:
    key_id = options.id.removeprefix("psk_").partition(".")[0]
    with closing(connect(settings.redis_url)) as redis:
        if not KeyRing(redis).revoke(key_id):
            print(f"there is no key {key_id!r}", file=sys.stderr)
            return 2
    return 0


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
    keys = parser.add_subparsers(title="commands").add_parser("keys", help="make and revoke API keys")
    actions = keys.add_subparsers(title="commands", required=True)
    create = actions.add_parser("create", help="make a key and print it, once")
    create.add_argument("--tenant", required=True)
    create.add_argument(
        "--scope", action="append", choices=SCOPES, help="may be repeated; what a shop needs when absent"
    )
    create.add_argument("--expires-in-s", type=int)
    create.set_defaults(action=_create_key)
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id", help="the key's id, the part between psk_ and the dot")
    revoke.set_defaults(action=_revoke_key)
    return parser


if __name__ == "__main__":
    sys.exit(main())
