"""Whether the declarations of a definition fit together, before anything is computed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief, listed, setting
from qtcore.results.declare import Quantity, Stage


def refuse_misfits(
    workflow: str,
    quantities: Sequence[Quantity],
    stages: Iterable[Stage],
    axes: Sequence[Collection[str]],
    constants: Collection[str],
    dimensions: Collection[str],
) -> None:
    """Raise InputError, with the name, if declarations do not fit together.

    Parameters
    ----------
    workflow : str
        Its name.
    quantities : sequence of Quantity
        What comes out.
    stages : iterable of Stage
        All stages.
    axes : sequence of collections of str
        Names of the axes, of each preset.
    constants : collection of str
        Names of the constants of any preset.
    dimensions : collection of str
        What else a quantity may have as a dimension.
    """
    swept = set().union(*axes)
    seen: set[str] = set()
    for quantity in quantities:
        if not isinstance(quantity, Quantity):
            raise InputError(f"quantities of {workflow} are qtcore.Quantity, got {brief(quantity)}")
        name = quantity.name
        if name in seen:
            raise InputError(f"{workflow} declares the quantity {name} twice")
        seen.add(name)
        if name in swept or name in constants or name in dimensions:
            kind = (
                "an axis" if name in swept else "a constant" if name in constants else "a dimension"
            )
            raise InputError(
                f"{name} is {kind} of {workflow}, so that a quantity needs another name"
            )
        for words, given in (
            ("dimension", quantity.dims),
            ("dimension in across", quantity.across),
        ):
            for d in given:
                if d not in swept and d not in dimensions:
                    raise InputError(
                        f"the quantity {name} of {workflow} has the {words} {d!r}{near(d, swept)}; "
                        f"known are {listed(sorted({*swept, *dimensions}))}; a dimension of results "
                        f"alone is declared as dimensions={{{d!r}: qt.Axis(…)}} or qt.Bins(…)"
                    )
    _refuse_intervals(workflow, quantities)
    for stage in stages:
        for axis in (*(stage.held or ()), *stage.fixed):
            if lacking := [own for own in axes if axis not in own]:
                raise InputError(
                    f"the stage {stage.name} of {workflow} holds the axis {axis!r}"
                    f"{near(axis, lacking[0])}, but a preset has the axes {listed(sorted(lacking[0]))}"
                )
        for axis, value in stage.fixed.items():
            if isinstance(value, str) and value not in constants:
                raise InputError(
                    f"the stage {stage.name} of {workflow} asks for {axis} at the constant {value!r}"
                    f"{near(value, constants)}; the constants are {listed(sorted(constants))}"
                )


def _refuse_intervals(workflow: str, quantities: Sequence[Quantity]) -> None:
    """Raise InputError unless each quantity that names its interval has one, of two ends."""
    known = {quantity.name: quantity for quantity in quantities}
    for quantity in (one for one in quantities if one.interval):
        ends, name = known.get(quantity.interval), quantity.name
        if ends is None:
            raise InputError(
                f"the quantity {name} of {workflow} has the interval {quantity.interval!r}"
                f"{near(quantity.interval, known)}, which is no quantity; declare it, "
                f"qt.Quantity({quantity.interval!r}, …), or leave `interval` out"
            )
        if ends.dims[:-1] != quantity.dims or not ends.dims:
            raise InputError(
                f"the interval {ends.name} of the quantity {name} of {workflow} has the dimensions "
                f"{listed(ends.dims)}; it needs those of {name} and then one of two entries: "
                f"dims={(*quantity.dims, 'end')} with dimensions={{'end': 2}}"
            )


def refuse_returned(
    workflow: str,
    quantities: Sequence[Quantity],
    stage: Stage,
    names: Collection[str],
    axes: Collection[str],
    *,
    is_theory: bool,
) -> None:
    """Raise InputError if a stage returns what its quantity does not allow.

    Parameters
    ----------
    workflow : str
        Its name.
    quantities : sequence of Quantity
        What comes out.
    stage : Stage
        Measures, or says what is expected.
    names : collection of str
        Quantities that it is known to return.
    axes : collection of str
        Names of the axes of any preset.
    is_theory : bool
        Whether it says what is expected.
    """
    for quantity in (one for one in quantities if one.name in names):
        name = quantity.name
        if is_theory and not quantity.source:
            raise InputError(f"in {workflow}, {without_source(stage, name)}")
        seen = () if stage.held is None else ({*axes} - {*stage.held}) - {*stage.fixed}
        # A theory has the dimensions of what was measured.
        if not is_theory and (one := [d for d in quantity.dims if d in seen]):
            raise InputError(f"in {workflow}, {one_at_a_time(stage, name, one[0])}")


def refuse_samples_as_quantity(
    workflow: str,
    stage: Stage,
    asked: Collection[str],
    stored: Collection[str],
    earlier: Collection[str],
) -> None:
    """Raise InputError if a stage that measures asks for samples as if they were an earlier quantity.

    Parameters
    ----------
    workflow : str
        Its name.
    stage : Stage
        Measures.
    asked : collection of str
        What it is known to ask for, `at["NAME"]`.
    stored : collection of str
        Names of what is stored.
    earlier : collection of str
        Quantities that another stage may have measured.
    """
    for name in asked:
        if name in stored and name not in earlier:
            raise InputError(f"in {workflow}, {samples_are(stage.name, name)}")


def samples_are(stage: str, name: str) -> str:
    """Return how a stage asks for samples instead of for an earlier quantity."""
    return (
        f"{stage} asks for at[{name!r}], which is an earlier quantity, and no stage before it measures one "
        f"of that name; the stored samples are at.{name}"
    )


def without_source(stage: Stage, name: str) -> str:
    """Return what to do where nobody can tell where a theory comes from."""
    return (
        f"{stage.name} says what {name} should be, but nobody can tell from where: declare "
        f"qt.Quantity({name!r}, source=…)"
    )


def one_at_a_time(stage: Stage, name: str, dimension: str) -> str:
    """Return what to do where a quantity has a dimension that its stage does not hold."""
    return (
        f"{name} has the dimension {dimension}, but {stage.name} sees one {dimension} at a "
        f"time: mark the stage with qt.together({dimension!r}), or leave the dimension out"
    )


def refuse_requirements(
    workflow: str, requires: Mapping[str, Any], axes: Sequence[Collection[str]]
) -> None:
    """Raise InputError if what a definition requires of its axes makes no sense."""
    if not isinstance(requires, Mapping):
        raise InputError(
            f"requires of {workflow} is a dict such as {{'flux': (0.0,), 'width': 2}}, "
            f"got {brief(requires)}"
        )
    for axis, needed in requires.items():
        if any(axis not in own for own in axes):
            raise InputError(
                f"requires of {workflow} names {axis!r}{near(axis, axes[0])}, which is no axis of all "
                f"its presets; they have {listed(sorted(axes[0]))}"
            )
        is_count = isinstance(needed, int) and not isinstance(needed, bool) and needed > 0
        is_values = isinstance(needed, tuple | list) and needed
        if not is_count and not is_values:
            raise InputError(
                f"requires of {workflow} gives {axis} a tuple of values or how many values it needs, "
                f"got {brief(needed)}"
            )


def refuse_unless_met(
    workflow: str,
    requires: Mapping[str, Any],
    fewest: int,
    values: Mapping[str, Sequence[float]],
    constants: Mapping[str, Any],
    realizations: int,
) -> None:
    """Raise InputError, with the way on, if a sweep lacks what its analysis needs.

    Parameters
    ----------
    workflow : str
        Its name.
    requires : mapping of str
        Values that an axis must have (numbers or names of constants), or how many.
    fewest : int
        Realizations that a point needs to be measured.
    values : mapping of str to sequence of float
        The axes.
    constants : mapping of str
        The constants.
    realizations : int
        Of the point that has most.
    """
    if realizations < fewest:
        raise InputError(
            f"{workflow} needs at least {fewest} realizations for its errors, got {realizations}: "
            f"ask for --realizations {fewest} or more"
        )
    for axis, needed in requires.items():
        have = np.asarray(values[axis], dtype=np.float64)
        if isinstance(needed, int):
            if len(have) < needed:
                raise InputError(
                    f"{workflow} needs at least {needed} values of {axis}, got {listed(values[axis])}: "
                    f"add some with --set {axis}="
                )
            continue
        wanted = np.array([float(constants[n] if isinstance(n, str) else n) for n in needed])
        for one, value in zip(needed, wanted, strict=True):
            if not _has(have, value):
                added = setting(axis, (value, *have))
                added = f"add it, {added}" if added else f"add it to the values of --set {axis}="
                # A constant that the axis begins with takes the axis along.
                moved = have - have.min() + value
                may_move = isinstance(one, str) and all(_has(moved, other) for other in wanted)
                words = setting(axis, moved) if may_move else ""
                instead = f"; or move the whole axis, {words}" if words else ""
                raise InputError(
                    f"{workflow} needs {axis} = {value:g} for its analysis, got "
                    f"{listed(values[axis])}: {added}{instead}"
                )


def near(name: str, known: Collection[str]) -> str:
    """Return a hint at the name that may be meant."""
    found = get_close_matches(name, list(known), n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def _has(values: NDArray[np.float64], value: float) -> bool:
    return bool(np.isclose(values, value, rtol=1e-9, atol=1e-12).any())
