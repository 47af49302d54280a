"""What the routes about the service itself answer."""

from api.describe import Answer, describes
from api.documents.meta import Health, Models, Operations, Presets, ProblemKind, Readiness
from jobs.problems import PROBLEM_TYPES

OPERATIONS = describes(
    "List operations", tag="catalogue", answers={200: Answer("A JSON Schema for each operation.", Operations)}
)
PRESETS = describes(
    "List channels", tag="catalogue", answers={200: Answer("Each channel's rules, and how files are made.", Presets)}
)
MODELS = describes(
    "List models", tag="catalogue", answers={200: Answer("Every network that a living worker has.", Models)}
)
HEALTHZ = describes(
    "Is the API alive?", tag="service", answers={200: Answer("It is.", Health, example={"status": "ok"})}
)
READYZ = describes("Do jobs get done?", tag="service", answers={200: Answer("They do, or will.", Readiness)})
PROBLEM = describes(
    "Look a type of problem up",
    tag="service",
    answers={
        200: Answer("What it means. Browsers get a page.", ProblemKind, also={"text/html": {"type": "string"}}),
    },
    path={"slug": {"type": "string", "enum": sorted(PROBLEM_TYPES)}},
)
