"""Whom the current request counts for, where only so many of one tenant, token or address may do a thing at once."""

from dataclasses import dataclass

from flask import g

from api.key_records import Principal
from jobs.problems import ProblemError

PER_UPLOAD_TOKEN = 8  # each of them in a browser, which follows or sends a few photos at most
TRY_AGAIN_S = 10


@dataclass(frozen=True)
class Share:
    """Those of one tenant, with one upload token or from one address, of whom at most so many ``do`` it at once."""

    whose: str
    of: str
    most: int
    do: str = "wait"

    def refusal(self) -> ProblemError:
        """What the one too many is told."""
        detail = f"{self.most} clients of the {self.whose} {self.do} already, the most at once"
        return ProblemError("rate-limited", detail, retry_after_s=TRY_AGAIN_S)


def shares_of_request(per_tenant: int, do: str = "wait") -> list[Share]:
    """Those the current request counts for, the narrowest first; none where it shows no key and no link."""
    found: Principal | None = g.get("principal")
    if found is None:
        if "tenant" in g:  # by a signed link
            return [Share("tenant", str(g.tenant), per_tenant, do)]
        return []
    shares = [Share("tenant", found.tenant, per_tenant, do)]
    if found.upload_token is not None:
        shares.insert(0, Share("upload token", found.upload_token.id, PER_UPLOAD_TOKEN, do))
    return shares
