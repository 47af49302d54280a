"""What the metrics' route answers."""

from api.describe import Answer, describes
from api.queries import NoQuery

METRICS = describes(
    "Read the metrics",
    tag="operator",
    query=NoQuery,
    answers={
        200: Answer(
            "All figures, as Prometheus reads them.",
            also={kind: {"type": "string"} for kind in ("text/plain", "application/openmetrics-text")},
        )
    },
)
