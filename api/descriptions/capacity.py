"""What the planner's route takes and answers."""

from api.describe import Answer, describes
from api.documents.capacity import CapacityDocument
from jobs.capacity import Demand

CAPACITY = describes(
    "Plan how much so many photos a day need",
    tag="operator",
    query=Demand,
    answers={200: Answer("Workers, Redis, storage and money, by measured costs.", CapacityDocument)},
)
