"""What a photo needs, measured: the operations that would mend it, with the reason for each. Runs none for good.

The networks themselves are asked, since they see best what they would change; a photo that they would hardly change
needs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.spec import Relight, Restore
from worker.operations.context import OperationContext
from worker.operations.registry import OPERATIONS
from worker.picture import Picture

DIM = 2.0
"""Mean change in code values by `relight` from which a photo's light is worth mending.

Of 60 validation photos three quarters are left alone, at 0.0, and nine in ten change by 5.3 or less; with half of their
light none changes by less than 19, and with a third of their blue gone half of them by 7 or more.
"""


@dataclass(frozen=True)
class Need:
    """One operation that a photo needs: its part of a spec, why, and what was measured."""

    params: Relight | Restore
    because: str
    measured: Mapping[str, Any]


def mend(picture: Picture, context: OperationContext) -> tuple[Picture, list[Need]]:
    """Return the picture with its light and noise mended where that is needed, and what was. Asks the engine twice."""
    needs = []
    for params, judge in ((Relight(op="relight"), _of_light), (Restore(op="restore"), _of_noise)):
        before = dict(context.findings)
        context.findings.clear()
        mended = OPERATIONS[params.op].run(picture, params, context)
        measured = dict(context.findings)
        context.findings.clear()
        context.findings.update(before)
        because = judge(measured)
        if because:
            assert isinstance(mended, Picture)
            picture = mended
            needs.append(Need(params, because, measured))
    return picture, needs


def _of_light(measured: Mapping[str, Any]) -> str:
    change = measured.get("mean_change", 0.0)
    return f"its light or colours are off, by {change:.0f} of 255 in the mean" if change >= DIM else ""


def _of_noise(measured: Mapping[str, Any]) -> str:
    strength = measured.get("strength", 0.0)
    return f"it is noisy or compressed, to be restored at strength {strength:g}" if strength else ""
