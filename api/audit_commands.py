"""``python -m api audit …``: the audit log checked, and what commands at the server do, noted in it."""

import argparse
from contextlib import closing
from typing import Any

import redis

from api.settings import ApiSettings
from jobs.audit import Actor, Note
from jobs.connection import connect
from jobs.store.auditing import STREAMS, AuditingStore

COMMAND_LINE = Actor("operator", "command line")


def add_audit_commands(commands: Any) -> None:
    """``audit verify``."""
    actions = commands.add_parser("audit", help="look after the audit log").add_subparsers(
        title="commands", required=True
    )
    verify = actions.add_parser("verify", help="check that no entry was changed or taken out; exit 1 where one was")
    verify.add_argument("--tenant", help="of one tenant alone; * is the installation's own")
    verify.set_defaults(action=_verify)


def note_command(redis: redis.Redis, settings: ApiSettings, action: str, tenant: str, subject: str = "") -> None:
    """Note what somebody did at the server, who needed no key for it."""
    AuditingStore(redis, settings).note(Note(tenant, COMMAND_LINE, action, subject))


def _verify(settings: ApiSettings, options: argparse.Namespace) -> int:
    """Each stream's newest hash is told: noted elsewhere, it proves later what came before it."""
    found = 0
    with closing(connect(settings.redis_url)) as redis:
        store = AuditingStore(redis, settings)
        for tenant in [options.tenant] if options.tenant else store.audited_tenants():
            for stream in STREAMS:
                check = store.check_audit(tenant, stream)
                found += len(check.faults)
                for fault in check.faults:
                    print(f"{tenant} {stream}: {fault}")
                if check.newest and not check.faults:
                    newest = f"{check.newest.id} {check.newest.hash}"
                    print(f"{tenant} {stream}: {check.entries} entries, whole; the newest is {newest}")
                if check.trimmed:
                    print(f"{tenant} {stream}: {check.trimmed} older ones have made room for newer before their age")
    return 1 if found else 0
