"""A page for each type of problem, and the list of all: from ``problems.toml`` and what the code knows of each type."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from api.openapi.problems import example_of
from api.problems import STATUSES
from jobs.problems import PROBLEM_TYPES, ProblemType

_TABLE = Path(__file__).with_name("problems.toml")

_INTRODUCTION = """\
# Errors

Whatever goes wrong is answered as a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)),
`application/problem+json`. Tell problems apart by `type`, never by their texts; `detail` names what was received and
what is allowed. A job that failed carries the same document as its `problem`.

```json
{example}
```

Send a request again only where the table says that it can help, after the seconds in the header `Retry-After` where
there is one, and with the same `Idempotency-Key`: what was done already is then not done twice.
The `request_id` (also the header `X-Request-Id`) finds the request in the operator's log.
"""

_MEANT_FOR = {
    "access": "Keys and links",
    "life": "The job's life",
    "request": "The request",
    "photo": "The photo",
    "address": "Addresses that you gave",
    "service": "The service",
}


@dataclass(frozen=True)
class Explained:
    """What a person wants to know of a problem: the parts of its page, in Markdown."""

    group: str
    means: str
    why: str
    do: str
    retry: str = ""
    detail: str = ""


@cache
def explanations() -> Mapping[str, Explained]:
    """The whole table, by slug."""
    with _TABLE.open("rb") as file:
        return {slug: Explained(**entry) for slug, entry in tomllib.load(file).items()}


def problem_page(slug: str, kind: ProblemType) -> str:
    """The page of one type, as Markdown."""
    told = explanations()[slug]
    retry = told.retry or (
        "Yes: the same request may succeed later." if kind.retryable else "No: it would end the same."
    )
    parts = {
        "Why it happens": told.why,
        "What to do": told.do,
        "Does sending it again help?": retry,
        "What it looks like": f"```json\n{_example(slug)}\n```",
    }
    head = f"# {kind.title}\n\n`{slug}` · status {int(STATUSES[slug])} · [all errors](/docs/errors)\n\n{told.means}\n\n"
    return head + "\n\n".join(f"## {title}\n\n{text}" for title, text in parts.items())


def errors_page() -> str:
    """The list of all, as Markdown."""
    parts = [_INTRODUCTION.replace("{example}", _example("invalid-parameter"))]
    for group, title in _MEANT_FOR.items():
        rows = [
            f"| [`{slug}`](/problems/{slug}) | {int(STATUSES[slug])} | {PROBLEM_TYPES[slug].title} "
            f"| {'yes' if PROBLEM_TYPES[slug].retryable else 'no'} |"
            for slug, told in explanations().items()
            if told.group == group and slug in PROBLEM_TYPES
        ]
        parts.append(f"## {title}\n\n| type | status | what | send again? |\n|---|---|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts)


def _example(slug: str) -> str:
    document = example_of(slug)
    document["detail"] = explanations()[slug].detail or document["detail"]
    return json.dumps(document, indent=2, ensure_ascii=False)
