"""`make storefront`: a Packshot of its own, and the shop beside it, until Ctrl-C.

In production the two run on machines of their own: the shop needs PACKSHOT_URL, a key with the scopes jobs:read,
jobs:write, uploads:write and webhooks:manage, and an https address that Packshot can reach.
"""

import argparse
import signal
from pathlib import Path

from shop import Shop, create_app
from stock import Stock
from werkzeug.serving import make_server

from packshot import Client
from packshot.stack.private import PrivateStack

HOST = "127.0.0.1"


def main() -> None:
    """Serve until Ctrl-C, or until a service manager says so: Packshot's folder, with its key, goes in either case."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of the shop; 0 takes any free one")
    parser.add_argument("--folder", type=Path, default=Path("results/storefront"), help="the shop's pictures and table")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    # The shop's address must be known before Packshot starts, which lets that page alone send photos.
    listener = make_server(HOST, options.port, lambda _environ, _start: [], threaded=True)
    origin = f"http://{HOST}:{listener.server_port}"
    # This shop answers on http, on this machine.
    settings = {"PACKSHOT_CORS_ORIGINS": origin, "PACKSHOT_WEBHOOKS_PRIVATE": "true"}
    print("starting Packshot …", flush=True)
    with PrivateStack(settings) as stack, Client(*_address(stack)) as client:
        endpoint = client.webhooks.create(f"{origin}/hooks/packshot", events=["job.*"], description="sample shop")
        folder = options.folder.resolve()
        listener.app = create_app(Shop(Stock(folder), folder / "pictures", client, origin, endpoint.secret))
        print(f"the shop:     {origin}\nthe merchant: {origin}/merchant/MUG-1\nCtrl-C stops both", flush=True)
        try:
            listener.serve_forever()
        except KeyboardInterrupt:
            print("stopping …", flush=True)


def _address(stack: PrivateStack) -> tuple[str, str | None]:
    server = stack.server()
    return server.url, server.api_key


if __name__ == "__main__":
    main()
