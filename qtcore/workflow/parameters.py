"""What the parameters of a function are given at a point: axes, parameters of cases and constants."""

from collections.abc import Sequence
from difflib import get_close_matches
from inspect import Parameter, signature
from types import FunctionType

from qtcore.errors import InputError, listed
from qtcore.sweep.preset import CLOSE, Preset

POINT = "point"

REALIZATIONS = "realizations"

OF_POINTS = ("seed", "lengths")
"""What a parameter may ask of a point besides axes and constants."""

OF_ENGINE = ("energy", "tolerance", "resolution", "margin", "vectors")
"""Axes and constants that are for the solver; the function of a wire need not take them."""

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL)


def arguments_of(
    function: FunctionType, role: str, preset: Preset, point: str, options: Sequence[str]
) -> list[str]:
    """Return the arguments with which a function is called at a point, as they are written.

    Parameters
    ----------
    function : function
        Of axes and constants by name; or of `point` alone, as those of a definition are.
    role : str
        "wire" or "solve"; that of `solve` takes `realizations` too.
    preset : Preset
        What there is.
    point : str
        Name of the point where the function is called.
    options : sequence of str
        Names that the caller takes for itself, for a hint where one of them was meant.

    Raises
    ------
    InputError
        If a parameter has no value, or an axis or a constant no parameter.
    """
    parameters = signature(function, follow_wrapped=False).parameters
    given = _given(preset)
    also = (REALIZATIONS,) if role == "solve" else ()
    called = _called(function, role)
    names = [
        name
        for name, one in parameters.items()
        if one.kind not in (*_POSITIONAL, Parameter.VAR_KEYWORD)
    ]
    if names == [POINT, *also] and POINT not in given:
        return [point, *also]
    for name, one in parameters.items():
        if one.kind is Parameter.POSITIONAL_ONLY:
            raise InputError(
                f"{called} takes {name} by its place alone (a `/` stands behind it), and axes are given "
                "by their names: take the `/` out"
            )
    takes_all = any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values())
    needed = [n for n in names if parameters[n].default is Parameter.empty]
    missing = [n for n in needed if n not in (*given, *OF_POINTS, *also)]
    if missing:
        raise InputError(
            f"{called} takes {listed(missing)}, and no axis and no constant has that name: give "
            f"{missing[0]}=(values, …) to sweep it or {missing[0]}=value to keep it. Given are "
            f"{', '.join(given)}"
        )
    known = (*names, *(OF_ENGINE if role == "wire" else ()))
    _refuse_without_parameters(called, preset, known, names, options, takes_all=takes_all)
    own = [name for name in given if takes_all and name not in names and name not in OF_ENGINE]
    arguments = [
        name if name in also else f"{name}={point}.{name}"
        for name in (*names, *own)
        if name in (*given, *OF_POINTS, *also)
    ]
    return [f"{one}={one}" if one in also else one for one in arguments]


def _given(preset: Preset) -> list[str]:
    """Return the names of all that a point of a preset has."""
    cases = [name for axis in preset.axes.values() for name in axis.parameters]
    return [*preset.axes, *cases, *preset.constants]


def _called(function: FunctionType, role: str) -> str:
    return f"the lambda given as {role}" if function.__name__ == "<lambda>" else function.__name__


def _refuse_without_parameters(
    called: str,
    preset: Preset,
    known: Sequence[str],
    names: Sequence[str],
    options: Sequence[str],
    *,
    takes_all: bool,
) -> None:
    if takes_all:
        return
    for name in (*preset.axes, *preset.constants):
        cases = preset.axes[name].parameters if name in preset.axes else ()
        if name in known or (cases and {*cases} <= {*known}):
            continue
        what = "axis" if name in preset.axes else "constant"
        near = get_close_matches(name, [*options, *known], n=1, cutoff=CLOSE)
        hint = f", did you mean {near[0]}?" if near else ""
        takes = f"it takes {', '.join(names)}" if names else "it takes nothing"
        raise InputError(
            f"{called} does not take the {what} {name}{hint} ({takes}). Add a parameter {name} to it, or "
            f"leave {name}= out"
        )
