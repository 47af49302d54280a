"""Is the server installed beside this client?"""

from importlib import metadata

from packshot.stack.errors import StackError

SERVER_DISTRIBUTION = "packshot-server"


def require_server() -> None:
    """Raises StackError, which says how to install it, if this Python has the client alone."""
    try:
        metadata.distribution(SERVER_DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        raise StackError(
            f"running a server needs the distribution {SERVER_DISTRIBUTION}, which this Python does not have; in a "
            "checkout of Packshot: `pip install . ./client`. To use a server elsewhere, set PACKSHOT_URL"
        ) from error
