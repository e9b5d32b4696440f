"""Names in panels that no result has."""

from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from typing import Any

from qtcore.errors import InputError, brief, listed
from qtcore.figures.curves import SUFFIXES
from qtcore.figures.panel import Panel

AXES = ("x", "y")
"""Keys of `labels` that are not names of quantities."""

AnyPanel = Panel | Callable[..., Any]


def refuse_unknown(
    panels: Sequence[AnyPanel], names: Collection[str], dims: Collection[str]
) -> None:
    """Raise InputError if a panel asks for something that a result does not have.

    Parameters
    ----------
    panels : sequence of Panel or function(axes, result)
    names : collection of str
        The quantities.
    dims : collection of str
        Dimensions and coordinates: axes, `length`, bins, constants.

    Raises
    ------
    InputError
        What is no panel, and the first name that is unknown: the message has the panel, the
        names that are known, and the nearest one.
    """
    both = [*names, *(n for n in dims if n not in names)]
    for number, panel in enumerate(panels, 1):
        if not isinstance(panel, Panel):
            if isinstance(panel, type) or not callable(panel):
                raise InputError(
                    f"panel {number} is {brief(panel)}; it must be a Line, Steps, Map or a "
                    "function(axes, result)"
                )
            continue
        for field, asked in panel.uses().items():
            for name in asked:
                base = next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)
                if name not in both and base not in names:
                    _refuse(number, panel, field, name, both, "quantities and dimensions")
        for field, name in panel.coded.items():
            if name not in dims:
                _refuse(number, panel, field, name, dims, "dimensions and coordinates")
        for name in panel.needs:
            if name not in dims:
                _refuse(number, panel, "needs", name, dims, "dimensions and coordinates")
        for name in panel.at:
            if name not in dims:
                _refuse(number, panel, "at", name, dims, "dimensions and coordinates")
        for name in panel.labels:
            if name not in both and name not in AXES:
                _refuse(number, panel, "labels", name, both, "quantities and dimensions")
        if panel.inset is not None:
            refuse_unknown([panel.inset], names, dims)


def _refuse(
    number: int, panel: Panel, field: str, name: str, known: Collection[str], what: str
) -> None:
    near = get_close_matches(name, list(known), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    verb = "names" if field in ("at", "labels", "lines", "needs") else "is"
    raise InputError(
        f"panel {number}, {panel.title.removeprefix('the panel ')}: {field} {verb} {name!r}, which "
        f"is not among the {what} of the result{hint or '.'} There are: {listed(known)}"
    )
