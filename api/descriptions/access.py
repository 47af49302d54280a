"""What the routes about keys, links and upload tokens take and answer."""

from api.describe import Answer, describes
from api.documents.access import (
    ChangeKeyBody,
    Key,
    KeyPage,
    MadeKey,
    Me,
    NewKeyBody,
    NewTokenBody,
    RotateBody,
    RotatedLinks,
    UploadToken,
)
from api.key_queries import KeyListQuery
from api.queries import NoQuery

_ID = {"key_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"}}
_TOKEN_ID = {"token_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"}}

ME = describes(
    "Who am I",
    tag="access",
    access="key",
    query=NoQuery,
    answers={200: Answer("The key's tenant, scopes and limits.", Me)},
    problems=("forbidden",),  # of an upload token
)
LIST = describes(
    "List keys",
    tag="access",
    query=KeyListQuery,
    answers={200: Answer("A page of keys.", KeyPage)},
)
MAKE = describes(
    "Make a key",
    tag="access",
    query=NoQuery,
    body=NewKeyBody,
    examples={
        "a shop's server": {
            "name": "shop, production",
            "scopes": ["jobs:read", "jobs:write", "uploads:write"],
            "requests_per_minute": 600,
            "jobs_per_day": 5000,
        }
    },
    answers={201: Answer("The key, with its text.", MadeKey)},
)
ROTATE = describes(
    "Rotate a key",
    tag="access",
    query=NoQuery,
    body=RotateBody,
    body_optional=True,
    path=_ID,
    examples={"within the hour": {"overlap_s": 3600}},
    answers={201: Answer("The new key, with its text.", MadeKey)},
    problems=("already-terminal",),
)
CHANGE = describes(
    "Rename or limit a key",
    tag="access",
    query=NoQuery,
    body=ChangeKeyBody,
    path=_ID,
    examples={"fewer": {"requests_per_minute": 60}},
    answers={200: Answer("The key as it is now.", Key)},
)
REVOKE = describes(
    "Revoke a key",
    tag="access",
    query=NoQuery,
    path=_ID,
    answers={204: Answer("It opens nothing any more.")},
)
ROTATE_LINKS = describes(
    "Rotate the secret of signed links",
    tag="operator",
    query=NoQuery,
    answers={200: Answer("Links are signed anew.", RotatedLinks)},
)
MAKE_TOKEN = describes(
    "Make an upload token",
    tag="access",
    query=NoQuery,
    body=NewTokenBody,
    examples={
        "upload alone": {"origins": ["http://localhost"], "max_uploads": 5},
        "upload, and have it on white": {
            "origins": ["http://localhost"],
            "expires_in_s": 600,
            "max_bytes": 500_000,
            "spec": {"operations": [{"op": "background", "color": "#ffffff"}]},
        },
    },
    answers={201: Answer("The token, told this once.", UploadToken)},
    problems=("webhook-url-forbidden", "being-erased"),
)
REVOKE_TOKEN = describes(
    "Revoke an upload token",
    tag="access",
    query=NoQuery,
    path=_TOKEN_ID,
    answers={204: Answer("It opens nothing any more.")},
)
