"""Whether stages and dimensions of a definition fit what it declares."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qtcore.errors import InputError
from qtcore.results.declare import Bins, Quantity, Stage
from qtcore.results.validate import refuse_returned, refuse_samples_as_quantity
from qtcore.sweep.observables import Variable
from qtcore.workflow.returned import asked_by, returned_by


def refuse_misfit_stages(
    workflow: str,
    quantities: Sequence[Quantity],
    measures: Sequence[Stage],
    expects: Sequence[Stage],
    axes: Collection[str],
    stored: Collection[str],
) -> None:
    """Raise InputError if a stage returns, or asks for, what is not declared like that.

    Parameters
    ----------
    workflow : str
        Its name.
    quantities : sequence of Quantity
        What comes out.
    measures, expects : sequence of Stage
        Stages that measure, and that say what theory expects.
    axes, stored : collection of str
        Names of the axes of any preset, and of what is stored.
    """
    for stage in (*measures, *expects):
        returned, is_theory = returned_by(stage), stage in expects
        refuse_returned(workflow, quantities, stage, returned, axes, is_theory=is_theory)
    names = {quantity.name for quantity in quantities}
    for stage in measures:
        earlier = names - (returned_by(stage) if len(measures) > 1 else names)
        refuse_samples_as_quantity(workflow, stage, asked_by(stage), stored, earlier)


def refuse_misfit_dimensions(
    workflow: str,
    dimensions: Mapping[str, Any],
    variables: Sequence[Variable],
    quantities: Sequence[Quantity],
) -> None:
    """Raise InputError if a dimension belongs to nothing, or is no axis where samples have it."""
    stored = {d for variable in variables for d in variable.dims}
    for d, given in dimensions.items():
        if d in stored and (isinstance(given, Bins) or callable(given)):
            raise InputError(
                f"the dimension {d} of a stored variable takes qt.Axis(…) or a size; bins and "
                "functions are for quantities"
            )
    used = stored | {d for quantity in quantities for d in quantity.dims}
    if unused := [d for d in dimensions if d not in used]:
        raise InputError(
            f"the dimension {unused[0]} of {workflow} belongs to no variable and no quantity"
        )
