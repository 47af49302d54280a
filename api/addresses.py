"""Where a request comes from, as far as it can be believed: what wrong keys are counted by."""

import ipaddress

from flask import request

from api.services import services

_NETWORK_BITS = 64  # of an IPv6 address: one client has all addresses of such a network


def client_address() -> str:
    """The client's address, of IPv6 its network.

    Behind ``trusted_proxies`` it is what the outermost of them saw and wrote into X-Forwarded-For; what stands before
    that there is the client's own word, and is not read.
    """
    proxies = services().settings.trusted_proxies
    told = request.remote_addr or ""
    if proxies:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(forwarded) >= proxies:
            told = forwarded[-proxies]
    return _network(told)


def _network(told: str) -> str:
    try:
        address = ipaddress.ip_address(told.strip("[]"))
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False).network_address)
    return str(address)
