"""Writes a registry as Prometheus reads it: its text format, or OpenMetrics where the scraper asks for that."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

MAX_ACCEPT = 1000  # characters of the header Accept; who sends more gets the text format


def expose(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """All figures as they are now, and their Content-Type."""
    encode, content_type = choose_encoder(accept if len(accept) <= MAX_ACCEPT else "")
    return encode(registry), content_type
