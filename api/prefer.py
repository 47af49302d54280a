"""How long a client wants its answer held: the query's ``wait``, or the preference of that name (RFC 7240)."""

import re
from dataclasses import dataclass

from flask import Response, request

from api.queries import MAX_WAIT_S, PollQuery

MAX_CHARACTERS = 1000
"""A longer header is none: preferences that mean anything here take a few words."""

# A quote that is never closed reaches to the end, so that no character is looked at twice, whatever is sent.
_PREFERENCES = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*(?:"|\\?$))+', re.DOTALL)
_WAIT = re.compile(r'\s*wait\s*=\s*("?)(\d{1,9})\1\s*(?:;.*)?', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class WaitWish:
    """For how many seconds to hold the answer at most; ``preferred`` where the header says so, not the query."""

    seconds: float
    preferred: bool = False

    def told(self, answer: Response, *, honoured: bool) -> Response:
        """The answer; a preference that was honoured is told, as the standard has it."""
        if self.preferred and honoured:
            answer.headers["Preference-Applied"] = f"wait={self.seconds:.0f}"
            answer.vary.add("Prefer")
        return answer


def wait_wish(query: PollQuery) -> WaitWish:
    """What the current request wishes. The query wins; a preference that makes no sense is none."""
    if "wait" in query.model_fields_set:
        return WaitWish(query.wait)
    told = ",".join(request.headers.getlist("Prefer"))
    if len(told) > MAX_CHARACTERS:
        return WaitWish(0)
    found = (_WAIT.fullmatch(preference) for preference in _PREFERENCES.findall(told))
    first = next((match for match in found if match), None)
    return WaitWish(min(int(first[2]), MAX_WAIT_S), preferred=True) if first else WaitWish(0)
