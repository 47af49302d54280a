"""``python -m api keys …`` and ``python -m api links …``: for who may reach Redis, and so needs no key."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from api.audit_commands import note_command
from api.dev_key import replace_dev_key
from api.key_lists import KeyLists
from api.key_records import SCOPES, SHOP_SCOPES, KeyLimits, KeyRecord
from api.keys import KeyRing, NewKey
from api.settings import ApiSettings
from jobs.audit import INSTALLATION
from jobs.connection import connect
from jobs.links import LinkSigner
from jobs.problems import ProblemError

PAGE = 200
COLUMNS = "{:<16}  {:<20}  {:<24}  {:<8}  {:<16}  {:>9}  {:>9}  {:>10}  {}"
HEADINGS = ("id", "tenant", "name", "state", "last used (UTC)", "req/min", "jobs/day", "jobs today", "scopes")


def add_key_commands(commands: Any) -> None:
    """``keys create | list | rotate | limits | revoke``; their actions take the settings and the options."""
    actions = _group(commands, "keys", "make, list, rotate, limit and revoke API keys")
    create = actions.add_parser("create", help="make a key and print it, once")
    create.add_argument("--tenant", required=True)
    create.add_argument("--name", default="", help="what the key is for")
    create.add_argument(
        "--scope", action="append", choices=SCOPES, help="may be repeated; what a shop needs when absent"
    )
    create.add_argument("--expires-in-s", type=_positive)
    _add_limits(create)
    create.set_defaults(action=_create)
    listing = actions.add_parser("list", help="show the keys, newest first")
    listing.add_argument("--tenant", help="of one tenant alone")
    listing.set_defaults(action=_list)
    rotate = actions.add_parser("rotate", help="make a key in place of another, and print it, once")
    rotate.add_argument(
        "--overlap-s", type=_natural, default=86_400, help="how long the old one goes on; default a day"
    )
    limits = actions.add_parser("limits", help="set a key's own limits; one that is not named becomes the default's")
    _add_limits(limits)
    revoke = actions.add_parser("revoke", help="refuse a key from now on")
    for parser, action in ((rotate, _rotate), (limits, _limit), (revoke, _revoke)):
        parser.add_argument("id", help="the key's id, the part between psk_ and the dot")
        parser.set_defaults(action=action)


def add_link_commands(commands: Any) -> None:
    """``links rotate``."""
    actions = _group(commands, "links", "look after the secret of signed links")
    rotate = actions.add_parser("rotate", help="sign with a new secret; links signed before live until they expire")
    rotate.set_defaults(action=_rotate_links)


def _group(commands: Any, name: str, text: str) -> Any:
    return commands.add_parser(name, help=text).add_subparsers(title="commands", required=True)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    for name in ("requests-per-minute", "jobs-per-day"):
        parser.add_argument(f"--{name}", type=_natural, help="0: none; absent: as the settings say")


def _create(settings: ApiSettings, options: argparse.Namespace) -> int:
    with _keys(settings) as keys:
        try:
            key = keys.create(
                options.tenant,
                scopes=options.scope or SHOP_SCOPES,
                name=options.name,
                expires_in_s=options.expires_in_s,
                limits=_limits(options),
            )
        except ValueError as error:
            return _refuse(str(error))
        note_command(keys.redis, settings, "key.create", options.tenant, key.id)
    print(key.text)
    return 0


def _list(settings: ApiSettings, options: argparse.Namespace) -> int:
    with _keys(settings) as keys:
        lists, cursor, now = KeyLists(keys), None, keys.now()
        lists.adopt()
        print(COLUMNS.format(*HEADINGS))
        while True:
            page = lists.page(options.tenant, cursor, PAGE)
            for record, jobs_today in page.items:
                print(COLUMNS.format(*_row(record, jobs_today, now)))
            if (cursor := page.cursor) is None:
                return 0


def _rotate(settings: ApiSettings, options: argparse.Namespace) -> int:
    with _keys(settings) as keys:
        try:
            key = keys.rotate(_id(options), options.overlap_s)
        except ProblemError as error:
            return _refuse(error.problem.detail)
        _note(keys, settings, "key.rotate", key.id)
    print(key.text)
    return _replace_dev_key(settings, _id(options), key)


def _limit(settings: ApiSettings, options: argparse.Namespace) -> int:
    with _keys(settings) as keys:
        if not keys.change(_id(options), _limits(options)):
            return _refuse(f"there is no key {_id(options)!r}")
        _note(keys, settings, "key.change", _id(options))
    return 0


def _revoke(settings: ApiSettings, options: argparse.Namespace) -> int:
    with _keys(settings) as keys:
        if not keys.revoke(_id(options)):
            return _refuse(f"there is no key {_id(options)!r}")
        _note(keys, settings, "key.revoke", _id(options))
    return _replace_dev_key(settings, _id(options))


def _replace_dev_key(settings: ApiSettings, key_id: str, successor: NewKey | None = None) -> int:
    try:
        replace_dev_key(key_id, settings.data_dir, successor)
    except OSError as error:
        return _refuse(f"it is done, but the development key's file could not be changed ({error}): remove it")
    return 0


def _rotate_links(settings: ApiSettings, _options: argparse.Namespace) -> int:
    with closing(connect(settings.redis_url)) as redis:
        rotation = LinkSigner(redis, settings.link_ttl_s).rotate()
        note_command(redis, settings, "links.rotate", INSTALLATION)
    print(f"Links signed before are good until {_shown(rotation.previous_good_until)} UTC at the latest.")
    return 0


def _note(keys: KeyRing, settings: ApiSettings, action: str, key_id: str) -> None:
    record = keys.get(key_id)
    note_command(keys.redis, settings, action, record.tenant if record else INSTALLATION, key_id)


@contextmanager
def _keys(settings: ApiSettings) -> Iterator[KeyRing]:
    with closing(connect(settings.redis_url)) as redis:
        yield KeyRing(redis, KeyLimits(settings.requests_per_minute, settings.jobs_per_day))


def _limits(options: argparse.Namespace) -> KeyLimits:
    return KeyLimits(options.requests_per_minute, options.jobs_per_day)


def _row(record: KeyRecord, jobs_today: int, now: int) -> tuple[str, ...]:
    state = "revoked" if record.revoked_at else "valid" if record.is_valid(now) else "expired"
    limits = (_number(record.limits.requests_per_minute), _number(record.limits.jobs_per_day))
    used = _shown(record.last_used_at)
    return record.id, record.tenant, record.name, state, used, *limits, str(jobs_today), " ".join(record.scopes)


def _number(limit: int | None) -> str:
    return "default" if limit is None else str(limit) if limit else "none"


def _shown(seconds: int | None) -> str:
    return "never" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _id(options: argparse.Namespace) -> str:
    """The id, also where somebody gives the whole key."""
    return str(options.id).removeprefix("psk_").partition(".")[0]


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


def _natural(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"a whole number from 0 on; got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not _natural(text):
        raise argparse.ArgumentTypeError("a whole number from 1 on; got '0'")
    return _natural(text)
