"""auto: what the photo needs, found out and done by the operations that there are; the manifest tells what and why."""

from jobs.spec import Auto
from worker.operations.context import OperationContext
from worker.operations.diagnosis import mend
from worker.operations.registry import operation
from worker.picture import Picture


@operation("auto", cost=1.1)
def auto(picture: Picture, params: Auto, context: OperationContext) -> Picture:  # noqa: ARG001 (there are none)
    """Mend light and noise where they need it. Grounds and frames are made by the channels' renditions."""
    mended, needs = mend(picture, context)
    context.findings["applied"] = [
        {"op": need.params.op, "because": need.because, "measured": dict(need.measured)} for need in needs
    ]
    grounds = {name: preset.made.ground for name, preset in context.renditions.items() if preset.made.ground != "own"}
    if grounds:
        context.findings["grounds"] = grounds
    return mended
