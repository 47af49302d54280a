"""Redis behind Sentinel: an address that names the sentinels and the master, and connections that follow the master.

    redis+sentinel://[user:password@]host[:26379][,host[:26379]…]/master[/database][?options]

``rediss+sentinel`` speaks TLS to both. User and password are the master's; the sentinels' own go into the options
``sentinel_username`` and ``sentinel_password``, beside what redis-py takes of a ``rediss://`` address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, quote, unquote, urlencode

import redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool, SentinelManagedConnection

from jobs.silence import Heeding

SCHEMES = ("redis+sentinel", "rediss+sentinel")
PORT = 26379
ASKING_S = 0.5  # for one sentinel, which is asked once: the next is asked then
_OWN = ("sentinel_username", "sentinel_password")
# not by urlsplit, which refuses an IPv6 host behind another in Pythons that check for brackets, such as Debian's 3.11.2
_PARTS = re.compile(r"(?P<scheme>[^:/]*)://(?P<place>[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?(#.*)?", re.DOTALL)
_MASTER = re.compile(r"[A-Za-z0-9._-]+")
_FORM = "redis+sentinel://[user:password@]host[:port][,host[:port]...]/master[/database]"


@dataclass(frozen=True)
class SentinelAddress:
    """What such an address says. ``options`` are redis-py's, as of a ``redis://`` address with the same query."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    asking: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def first_url(self) -> str:
        """As if the first sentinel were Redis: for what wants an address to show, and its account."""
        account = (
            "" if self.password is None else f"{quote(self.username or '', safe='')}:{quote(self.password, safe='')}@"
        )
        host, port = self.hosts[0]
        return f"redis{'s' if self.tls else ''}://{account}{host}:{port}/{self.database}"


class FollowingConnection(SentinelManagedConnection):
    """Leaves a server that has become a replica, also where a script was the first to meet that."""

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """As redis-py's; inside a script READONLY is a plain ResponseError (Redis 6.2), which redis-py lets pass."""
        try:
            return super().read_response(*arguments, **options)
        except redis.ResponseError as error:
            if "READONLY" in str(error):
                self.disconnect()  # type: ignore[no-untyped-call]
                raise redis.ConnectionError("the server that was the master is a replica now") from error
            raise


class FollowingTlsConnection(FollowingConnection, redis.SSLConnection):
    """Over TLS."""


class _SilentSentinelsError(MasterNotFoundError):
    """None named the master, and one of them at least did not answer in time."""


class _Sentinels(Sentinel):
    """Asks one after the other, as redis-py's, and says in words what each of them answered."""

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """The master's address, the sentinel that knew it asked first from now on. Raises MasterNotFoundError."""
        told, silent = [], False
        for sentinel in self.sentinels:
            at = "{host}:{port}".format_map(sentinel.connection_pool.connection_kwargs)
            try:
                masters = cast("dict[str, dict[str, Any]]", sentinel.sentinel_masters())
            except redis.TimeoutError:
                silent = True
                told.append(f"{at} did not answer within {ASKING_S:g} s")
            except redis.ConnectionError as error:
                told.append(f"{at} cannot be asked ({str(error).rstrip('.').rpartition('. ')[2]})")
            except redis.ResponseError as error:
                told.append(f"{at} is no sentinel, or does not let us ask ({error})")
            else:
                state = masters.get(service_name)
                if state and self.check_master_state(state, service_name):  # type: ignore[no-untyped-call]
                    self.sentinels = [sentinel, *(other for other in self.sentinels if other is not sentinel)]
                    return str(state["ip"]), int(state["port"])
                told.append(f"{at} {_of_no_use(service_name, masters)}")
        kind = _SilentSentinelsError if silent else MasterNotFoundError
        raise kind(f"no sentinel of PACKSHOT_REDIS_URL tells where the master {service_name!r} is: {'; '.join(told)}")


def _of_no_use(master: str, masters: Mapping[str, Any]) -> str:
    if master in masters:
        return "says that it is down"
    return f"watches no master of that name, but {', '.join(sorted(masters)) or 'none at all'}"


class _HeedingDiscovery(Heeding):
    """Sentinels that do not answer are a silence too: who comes later does not ask each of them in turn."""

    def _connect_retry(self) -> None:
        self._silence.check()
        self._has_leave = True
        try:
            super()._connect_retry()  # type: ignore[misc]
        except _SilentSentinelsError:
            self._silence.grow()
            raise
        finally:
            self._has_leave = False


class HeedingFollowingConnection(_HeedingDiscovery, FollowingConnection):
    """One that heeds the silence of all (``jobs.silence``)."""


class HeedingFollowingTlsConnection(_HeedingDiscovery, FollowingTlsConnection):
    """The same over TLS."""


def is_sentinel(url: str) -> bool:
    """Whether an address is of the form above."""
    return url.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def read_sentinel_url(url: str) -> SentinelAddress:
    """Raises ValueError with the form that is allowed; the message never holds the address, which has a password."""
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise ValueError(f"the form is {_FORM}")
    account, _, hosts = parts["place"].rpartition("@")
    path = [unquote(each) for each in parts["path"].strip("/").split("/")]
    query = dict(parse_qsl(parts["query"] or ""))
    if not 1 <= len(path) <= 2 or not _MASTER.fullmatch(path[0]) or not (path[1:] or ["0"])[0].isdecimal():
        raise ValueError(f"the form is {_FORM}: the name of the master that the sentinels watch is missing or odd")
    tls = parts["scheme"] == SCHEMES[1]
    rest = urlencode({name: value for name, value in query.items() if name not in _OWN})
    options: dict[str, Any] = parse_url(  # type: ignore[no-untyped-call]
        f"{'rediss' if tls else 'redis'}://none/0?{rest}"
    )
    for name in ("host", "port", "db", "connection_class"):
        options.pop(name, None)
    user, _, password = account.partition(":")
    return SentinelAddress(
        hosts=tuple(_host(each) for each in hosts.split(",")),
        master=path[0],
        database=int((path[1:] or ["0"])[0]),
        tls=tls,
        username=unquote(user) or None,
        password=unquote(password) or None,
        asking={name.removeprefix("sentinel_"): query[name] for name in _OWN if name in query},
        options=options,
    )


def sentinel_pool(address: SentinelAddress, *, heeding: bool = False, **options: Any) -> SentinelConnectionPool:
    """Connections to whichever server is the master when they connect. ``options`` are redis-py's for each of them."""
    tls = {name: value for name, value in address.options.items() if name.startswith("ssl_")}
    asking: dict[str, Any] = {"socket_timeout": ASKING_S, "socket_connect_timeout": ASKING_S, **address.asking, **tls}
    asking["retry"] = Retry(NoBackoff(), 0)  # redis-py's own asks a frozen one for 15 s
    asking |= {"ssl": True} if address.tls else {}
    sentinels = _Sentinels(address.hosts, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    plain = HeedingFollowingConnection if heeding else FollowingConnection
    over_tls = HeedingFollowingTlsConnection if heeding else FollowingTlsConnection
    return SentinelConnectionPool(  # type: ignore[no-untyped-call]
        address.master,
        sentinels,
        **{
            "connection_class": over_tls if address.tls else plain,
            "db": address.database,
            "username": address.username,
            "password": address.password,
            **address.options,
            **options,
        },
    )


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host, port = (host, port) if colon else (text, str(PORT))
    if not host.strip("[]") or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"the form is {_FORM}: a sentinel is host or host:port")
    return host.strip("[]"), int(port)
