"""How often a key may ask: the refusal when it is too often, and the headers that tell every answer's reader.

The counting is one script for all API processes (``jobs/lua/admit.lua``); this module knows what HTTP says of it.
"""

from dataclasses import replace

from flask import Flask, Response, g

from api.key_records import DAY_S, MINUTE_S, Usage
from api.services import services
from jobs.problems import ProblemError


def tell_limits(app: Flask) -> None:
    """From now on each answer to a limited key carries ``RateLimit-*``."""
    app.after_request(_add_headers)


def count(usage: Usage) -> None:
    """Note what is left after the current request. Raises ProblemError rate-limited where it was one too many."""
    if usage.jobs:
        g.day_s = int(services().clock.now()) % DAY_S
    g.usage = usage
    if usage.refused:
        detail = f"the key may ask {usage.requests} times a minute; try again in {usage.reset_s} s"
        raise ProblemError("rate-limited", detail, retry_after_s=usage.reset_s)


def count_jobs(jobs: int) -> None:
    """Note that the current request has made so many jobs: its answer tells what is left after them."""
    usage = g.get("usage")
    if usage is not None:
        g.usage = replace(usage, jobs_today=usage.jobs_today + jobs)


def _add_headers(response: Response) -> Response:
    usage: Usage | None = g.get("usage")
    if usage is None or not (usage.requests or usage.jobs):
        return response
    policies = []
    if usage.jobs:
        policies = [f"{usage.jobs};w={DAY_S}"]
        told = (usage.jobs, max(0, usage.jobs - usage.jobs_today), DAY_S - g.day_s)
    if usage.requests:
        policies.insert(0, f"{usage.requests};w={MINUTE_S}")
        told = (usage.requests, usage.requests_left, usage.reset_s)
    for name, value in zip(("Limit", "Remaining", "Reset"), told, strict=True):
        response.headers[f"RateLimit-{name}"] = str(value)
    response.headers["RateLimit-Policy"] = ", ".join(policies)
    return response
