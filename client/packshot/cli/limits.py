"""What the generator that answers cannot do, in the words of its own card: whoever trained it wrote them."""

from rich.console import Console

from packshot.client import Client
from packshot.errors import MalformedAnswer, PackshotError
from packshot.locating import Server
from packshot.reading import Document, take, take_optional
from packshot.retries import RetryPolicy

GENERATOR = "generator"


def limits_of(models: Document) -> str:
    """The card's limits, on one line; empty where there is no generator, or the server does not tell."""
    try:
        generator = take_optional(take(models, "models", dict), GENERATOR, dict) or {}
        return " ".join((take_optional(generator, "limits", str) or "").split())
    except MalformedAnswer:
        return ""


def ask_limits(server: Server) -> str:
    """The limits that a server tells of its generator; empty where it does not answer, which is no reason to fail."""
    try:
        with Client(server.url, server.api_key, retries=RetryPolicy(first_answer_s=1.0)) as client:
            return limits_of(client.models())
    except PackshotError:
        return ""


def tell_limits(console: Console, limits: str) -> None:
    """`This generator: It makes what its catalogue holds and nothing else …`."""
    if limits:
        console.print(f"This generator: {limits}", style="dim", markup=False, highlight=False)
