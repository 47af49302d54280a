"""Which release of the server this is."""

from functools import cache
from importlib import metadata

_DISTRIBUTION = "packshot-server"


@cache
def version() -> str:
    """The version of the installed server distribution."""
    try:
        return metadata.version(_DISTRIBUTION)
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
