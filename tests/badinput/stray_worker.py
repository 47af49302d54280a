"""A worker whose names lead to a host of photos on this machine: the network alone is a stand-in, all else is real."""

import json
import os
import socket
import sys
from typing import Any

if __name__ == "__main__":
    names: dict[str, list[list[str]]] = json.loads(os.environ["BADINPUT_NAMES"])
    host = json.loads(os.environ["BADINPUT_HOST"])
    resolved, connected = socket.getaddrinfo, socket.create_connection

    def getaddrinfo(name: Any, *arguments: Any, **options: Any) -> Any:
        """The addresses of our names; of all others, whatever the machine says."""
        if name not in names:
            return resolved(name, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in names[name][0]]

    def create_connection(address: Any, *arguments: Any, **options: Any) -> Any:
        """To port 443, wherever that is, leads to the host."""
        return connected(tuple(host) if address[1] == 443 else address, *arguments, **options)

    socket.getaddrinfo = getaddrinfo
    socket.create_connection = create_connection

    from worker.start import main

    sys.exit(main())
