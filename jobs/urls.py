"""Which URLs may be fetched at all, told from the text alone: nothing here asks a name server or opens a connection.

What a name leads to is known only when it is fetched; the worker then asks ``is_public`` of every address it got.
"""

import ipaddress
import re
from dataclasses import dataclass

from jobs.problems import ProblemError

MAX_URL_CHARS = 2048
PORT = 443

# Of IPv6 only 2000::/3 is handed out as global unicast (RFC 4291), so all else is refused, whatever it may mean later:
# mapped and compatible IPv4 addresses, NAT64, site-local, unique local, link-local and multicast ones among it.
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_DENIED_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # IETF protocols: Teredo, which holds an IPv4 address; benchmarking; ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which holds an IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
# Written out, as ``ipaddress.is_global`` allows some of them, others in other releases of Python (cpython#113171).
_DENIED_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' private space; Alibaba's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's host, on a public address
            "169.254.0.0/16",  # link-local; the clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",  # IETF protocols; Oracle's metadata
            "192.0.2.0/24",  # documentation, as the two below
            "192.31.196.0/24",  # AS112, as the one below with 175
            "192.52.193.0/24",  # relays of multicast
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Whoever asks there is handed a machine's credentials, so it is refused even where private addresses are let in.
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",  # AWS, Azure, GCP, Oracle, DigitalOcean, Hetzner and others
            "169.254.170.2",  # AWS' containers, the two below too
            "169.254.170.23",
            "fd00:ec2::23",
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # GCP
            "169.254.0.23",  # Tencent
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure's host
            "192.0.0.192",  # Oracle
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_INNER_NAMES = ("localhost", "local", "internal", "home.arpa")  # RFC 6761, 6762, 8375; ICANN's for private use

_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^\[\]:]*)(:.*)?")
_SCHEME = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,20}:(?://)?"
)  # all of a URL that may be repeated: the rest may be secret
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


@dataclass(frozen=True)
class FetchableUrl:
    """An https URL whose form is harmless: ``host`` is a name or a public address, without brackets.

    ``path`` begins with "/"; ``query`` is without its "?", and may hold a secret (signed links do).
    """

    host: str
    path: str
    query: str | None

    @property
    def target(self) -> str:
        """What a request asks the host for."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def without_query(self) -> str:
        """The URL as far as it may be kept and shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}{self.path}"


def check_url(url: str, *, switched_on: bool) -> FetchableUrl:
    """Read the URL of a photo, where the operator lets photos be fetched; raises ProblemError ``url-forbidden``."""
    if not switched_on:
        switch = "its operator has not switched that on (PACKSHOT_FETCH_URLS)"
        raise _forbidden(f"this service fetches no photos by URL: {switch}; upload the photo")
    return parse_url(url)


def parse_url(url: str) -> FetchableUrl:
    """Read a URL that may be fetched, strictly: what two programs could read differently is refused.

    Raises ProblemError ``url-forbidden`` for any scheme but https, any port but 443, user names, fragments, characters
    that no URL has, addresses that are not public or oddly written, names of inner networks, and too long a URL.
    """
    if len(url) > MAX_URL_CHARS:
        raise _forbidden(f"the URL has {len(url)} characters; {MAX_URL_CHARS} are allowed")
    scheme, separator, rest = url.partition("://")
    if scheme.lower() != "https" or not separator:
        told = _SCHEME.match(url)
        raise _forbidden(
            f"only URLs that begin with https:// are allowed; {f'got {told[0]}' if told else 'got no scheme'}"
        )
    if unsafe := _UNSAFE.search(url):
        raise _forbidden(f"a URL holds no {unsafe[0]!a}: write it as %XX, or a host's name in its ASCII form (xn--…)")
    if "#" in url:
        raise _forbidden("a fragment (#…) is never sent to a host; leave it out")
    authority, target = _split(rest)
    path, mark, query = target.partition("?")
    return FetchableUrl(_host(authority), path or "/", query if mark else None)


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one that anybody on the Internet may reach; False for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _DENIED_IPV4)
    if ip.scope_id is not None:  # a network of this machine's is named
        return False
    return ip in _GLOBAL_IPV6 and not any(ip in network for network in _DENIED_IPV6)


def is_metadata(address: str) -> bool:
    """Whether an IP address, as text and in any of its forms, is where clouds keep their machines' credentials."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        within = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped or ip.sixtofour
        return ip in _METADATA or within in _METADATA
    return ip in _METADATA


def _split(rest: str) -> tuple[str, str]:
    """The authority, and the path with its query."""
    end = next((at for at, character in enumerate(rest) if character in "/?"), len(rest))
    return rest[:end], rest[end:]


def _host(authority: str) -> str:
    if "@" in authority:
        raise _forbidden("a URL with a user name or password is not allowed")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise _forbidden(f"the URL's host {authority[:60]!r} has brackets, and is no IPv6 address in brackets")
    host, port = parts.groups()
    if port not in {None, f":{PORT}"}:
        raise _forbidden(f"only port {PORT} is allowed; got {port[:20]!r}")
    if host.startswith("["):
        return _public_address(ipaddress.IPv6Address, host[1:-1], "an IPv6 address")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):  # never a name: no top-level domain is a number
        shape = "an IPv4 address (four numbers from 0 to 255, without leading zeros)"
        return _public_address(ipaddress.IPv4Address, host, shape)
    return _public_name(host)


def _public_address(kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address], host: str, shape: str) -> str:
    try:
        kind(host)
    except ValueError as error:
        raise _forbidden(f"the URL's host {host[:60]!r} should be {shape}, and is none") from error
    if not is_public(host):
        raise _forbidden(f"the URL's host {host} is not a public address")
    return host


def _public_name(host: str) -> str:
    name = host.lower()
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _forbidden(f"the URL's host {host[:60]!r} is no host's name")
    if len(labels) < 2 or name.endswith(tuple(f".{inner}" for inner in _INNER_NAMES)):
        raise _forbidden(f"the URL's host {host[:60]!r} is a name of an inner network")
    return name


def _forbidden(detail: str) -> ProblemError:
    return ProblemError("url-forbidden", detail)
