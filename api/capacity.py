"""How much of everything so many photos a day need: the planner, asked over HTTP. Looks at no job and no Redis."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.access import requires
from api.descriptions import capacity as described
from api.queries import read_query
from jobs.capacity import Demand, plan_capacity
from jobs.problems import ProblemError

capacity = Blueprint("capacity", __name__, url_prefix="/v1/operator")


@capacity.get("/capacity")
@described.CAPACITY
@requires("operator")
def plan() -> ResponseReturnValue:
    """Workers, Redis, storage and money for so many photos a day, each line with its formula and source."""
    demand = read_query(Demand)
    try:
        return plan_capacity(demand).to_json() | {"asked": demand.model_dump()}
    except ValueError as error:
        mistake = {"parameter": "mix", "detail": str(error)}
        raise ProblemError("invalid-parameter", f"mix: {error}", errors=[mistake]) from error
