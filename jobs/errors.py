"""The errors of the jobs room, as one shallow tree.

    JobsError
    ├── ProblemError       (problems.py) something to tell the client, as an RFC 9457 problem
    ├── SettingsError      every mistake in the environment, in one message
    ├── BlobError          the blob store failed
    │   ├── BlobNotFound   no such blob
    │   ├── BlobDamaged    its bytes are not those that were stored
    │   └── BlobStoreFull  no space left, or over quota
    ├── RedisServerError   the embedded Redis is missing or does not start
    ├── RedisTooOld        the Redis given to us is older than 6.2
    ├── RedisIsCluster     the Redis given to us spreads its keys over machines
    ├── BackupError        there is no backup, or no room for one
    ├── NotConfirmed       fewer replicas than wanted have what was written
    └── ErasureLost        somebody else goes on with the erasure, or it has ended

Redis' own faults (``redis.exceptions``) pass through the store as they are; ``connection.is_unavailable`` tells which
of them mean "try again later".
"""


class JobsError(Exception):
    """The root of the room's errors."""


class SettingsError(JobsError):
    """The environment holds values that Packshot does not accept; the message lists all of them."""


class BlobError(JobsError):
    """The blob store refused or failed; the message names the path."""


class BlobNotFound(BlobError):  # noqa: N818 (named after what happened, as in the tree above)
    """There is no blob under the path."""


class BlobDamaged(BlobError):  # noqa: N818
    """What lies under the path has not the SHA-256 that its record has."""


class BlobStoreFull(BlobError):  # noqa: N818
    """The store has no space left for the blob."""


class RedisTooOld(JobsError):  # noqa: N818
    """The server's version is below what our scripts need; the message names both."""


class RedisIsCluster(JobsError):  # noqa: N818
    """The server is part of a cluster, where our scripts cannot run; the message says what to use instead."""


class RedisServerError(JobsError):
    """The embedded Redis was not found, or did not start in time."""


class NotConfirmed(JobsError):  # noqa: N818
    """Too few replicas have what was written, which stands all the same; the message says how many."""


class ErasureLost(JobsError):  # noqa: N818
    """The erasure is no longer its caller's: the lease lapsed, and somebody else has it, or has ended it."""


class BackupError(JobsError):
    """A backup cannot be made or brought back; the message says what stands in the way."""
