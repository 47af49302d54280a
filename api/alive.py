"""``python -m api.alive``: exit code 0 where the API on this host answers ``/healthz``, else 1.

For a container's health check. It asks what a probe over HTTP would ask, and loads nothing of the API to do so.
"""

import http.client
import os
import sys
from contextlib import closing

_PATIENCE_S = 3.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (where the API listens, not this)


def answers(host: str, port: int) -> bool:
    """Whether the API there says that it lives. OSError and HTTPException where it says nothing, or nonsense."""
    with closing(http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=_PATIENCE_S)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK


def main() -> int:
    """The exit code; why it is 1 is told on stderr."""
    host, port = os.environ.get("PACKSHOT_API_HOST", ""), os.environ.get("PACKSHOT_API_PORT") or "8080"
    try:
        if answers(host, int(port)):
            return 0
        told = "it says that it is not well"
    except (OSError, http.client.HTTPException, ValueError) as error:
        told = type(error).__name__
    print(f"packshot: the API does not answer on port {port}: {told}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
