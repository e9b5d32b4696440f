"""What a workflow shows of itself."""

import math
from typing import Any

from qtcore.errors import counted
from qtcore.shown import Card, Shown


class ShownWorkflow(Shown):
    """What a `Workflow` shows of itself: title, sizes, what it stores and measures."""

    def _card(self) -> Card:
        """Return what is shown of it."""
        return _card(self)


def _card(workflow: Any) -> Card:
    sizes = []
    for name, preset in workflow.presets.items():
        points = math.prod(len(axis.values) for axis in preset.axes.values())
        sizes.append(f"{name} ({counted(points, 'points')})")
    first = next(iter(workflow.presets.values()), None)
    axes = [] if first is None else [f"{axis.name} ({axis.units})" for axis in first.axes.values()]
    measured = [quantity.name for quantity in workflow.quantities]
    rows = [
        ("summary", workflow.summary),
        ("presets", ", ".join(sizes)),
        ("axes", ", ".join(axes)),
        ("stored", ", ".join(spec.name for spec in workflow.outputs)),
        ("measured", ", ".join(measured)),
    ]
    return Card(f"Workflow {workflow.name}: {workflow.title}", rows)
