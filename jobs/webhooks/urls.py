"""Which URLs messages may be sent to, told from the text alone; what a name leads to is asked when it is sent."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from jobs.problems import ProblemError
from jobs.urls import MAX_URL_CHARS, PORT, is_metadata, parse_url

URL_SHAPE = {
    "pattern": r"^https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?"
    r"([/?][A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*)?$"
}
"""What descriptions say of such a URL: all that can pass, save IPv6 addresses in brackets.

Some of these name what no message may reach.
"""

_PLAIN_PORT = 80
_ANY_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*)?"
)


@dataclass(frozen=True)
class WebhookUrl:
    """Where a message goes: ``host`` without brackets, ``target`` is path and query, and may hold a secret."""

    host: str
    target: str
    port: int = PORT
    tls: bool = True


def read_webhook_url(url: str, *, private: bool, pointer: str = "/url") -> WebhookUrl:
    """Read a URL as strictly as a photo's (``jobs.urls``): https, port 443, a public name or address, no user name.

    With ``private`` (PACKSHOT_WEBHOOKS_PRIVATE) http, any port and any host pass too, but no cloud's metadata.
    Raises ProblemError webhook-url-forbidden, which says that the URL stands at ``pointer``.
    """
    if private:
        return _read_any(url, pointer)
    try:
        found = parse_url(url)
    except ProblemError as error:
        raise _forbidden(error.problem.detail + _advice(url), pointer) from error
    return WebhookUrl(found.host, found.target)


def _read_any(url: str, pointer: str) -> WebhookUrl:
    found = _ANY_URL.fullmatch(url) if len(url) <= MAX_URL_CHARS else None
    if found is None or not 0 < int(found["port"] or PORT) < 65536 or not _is_host(found["host"]):
        shape = "http:// or https://, a host, perhaps a port, and a path; no user name and no fragment"
        raise _forbidden(f"a webhook's URL has {shape}, in up to {MAX_URL_CHARS} characters", pointer)
    if is_metadata(found["host"].strip("[]")):
        raise _forbidden(f"at {found['host']} a cloud keeps its machines' credentials; no message goes there", pointer)
    tls = found["scheme"] == "https"
    target = found["target"] or "/"
    return WebhookUrl(
        host=found["host"].strip("[]"),
        target=target if target.startswith("/") else f"/{target}",
        port=int(found["port"] or (PORT if tls else _PLAIN_PORT)),
        tls=tls,
    )


def _advice(url: str) -> str:
    """How a developer's own machine is let in; nothing for what stands elsewhere."""
    found = _ANY_URL.fullmatch(url)
    host = found["host"].strip("[]").lower() if found else ""
    try:
        local = not ip_address(host).is_global
    except ValueError:
        local = bool(host) and ("." not in host or host.split(".")[-1] in {"local", "localhost", "internal"})
    return "; PACKSHOT_WEBHOOKS_PRIVATE=true lets local addresses in, for development" if local else ""


def _is_host(text: str) -> bool:
    """A name, or an address; what stands in brackets is one of IPv6."""
    if not text.startswith("["):
        return True
    try:
        IPv6Address(text.strip("[]"))
    except ValueError:
        return False
    return True


def _forbidden(detail: str, pointer: str) -> ProblemError:
    return ProblemError("webhook-url-forbidden", detail, errors=[{"pointer": pointer, "detail": detail}])
