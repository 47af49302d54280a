"""Why a job does not move, in words: nobody who could do it, or a worker that is not heard of."""

from collections.abc import Mapping

from packshot.client import Client
from packshot.errors import PackshotError, Unavailable
from packshot.jobs import Job
from packshot.reading import Document, take_optional

_DEVICES = {"gpu": "on a GPU", "cpu": "on a CPU"}


def why_waiting(client: Client, found: Job) -> str:
    """A sentence about a job that waits for more than its turn; empty of any other. Asks the server at most once."""
    silence = take_optional(found.document, "worker_silence", dict)
    if silence is not None:
        return _of_silence(silence)
    needed = take_optional(found.document, "waiting_for", dict)
    if needed is not None:
        return f"{_needed(needed)}; none is there now, and the job starts by itself when one comes"
    if found.state == "queued" and nobody_works(client):
        return "a worker; none is there now, and the job starts by itself when one comes"
    if found.progress.again:
        return f"another attempt: number {found.progress.attempt} came to no end, and the next begins by itself"
    return ""


def _of_silence(silence: Document) -> str:
    for_s, kept_s = (take_optional(silence, name, float) or 0.0 for name in ("for_s", "job_kept_s"))
    when = f"in {kept_s:.0f} s" if kept_s >= 0.5 else "any moment"  # 0.4 would be shown as 0
    then = f"{when} it is queued again, for another"
    return f"its worker, which has not been heard of for {for_s:.0f} s; {then}, unless it speaks up"


def _needed(needed: Document) -> str:
    """`a worker on a GPU that serves restore 6 and knows upscale of version 2`."""
    place = _DEVICES.get(take_optional(needed, "device", str) or "", "")
    models = _listed(take_optional(needed, "models", dict) or {}, "{} {}")
    operations = _listed(take_optional(needed, "operations", dict) or {}, "{} of version {}")
    abilities = [f"{verb} {what}" for verb, what in (("serves", models), ("knows", operations)) if what]
    return " ".join(
        part for part in ("a worker", place, *(["that", " and ".join(abilities)] if abilities else [])) if part
    )


def _listed(wanted: Mapping[str, object], form: str) -> str:
    return ", ".join(form.format(name, version) for name, version in sorted(wanted.items()))


def nobody_works(client: Client) -> bool:
    """Whether the server says that no worker lives; not where it cannot tell."""
    try:
        client.ready()
    except Unavailable as error:
        return error.problem.extra.get("workers") == 0
    except PackshotError:
        return False
    return False
