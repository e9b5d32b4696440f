"""From a function of axes and their values to a workflow, by way of the text of a definition.

The text is what somebody would write into a file: the function with all that it uses, a function of a
point that calls it, and `workflow = qt.Workflow(...)`. A sweep is made of it as of any definition, and
a store keeps it, so that every command works without the script or notebook that it came from.
"""

import ast
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from types import FunctionType
from typing import Any

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.sweep.axes import STANDARD, Axis, as_axis
from qtcore.sweep.bindings import Module
from qtcore.sweep.cut import cut_out
from qtcore.sweep.lengths import ladder
from qtcore.sweep.names import OF_PRESETS
from qtcore.sweep.observables import USUAL, Variable
from qtcore.sweep.own_preset import SIZE
from qtcore.sweep.own_text import SOURCE
from qtcore.sweep.preset import Constant, Preset
from qtcore.sweep.validation import Checked, is_many, several
from qtcore.workflow.files import from_source
from qtcore.workflow.parameters import POINT, REALIZATIONS, arguments_of
from qtcore.workflow.taken import (
    LAMBDA,
    Taken,
    names_in,
    taken,
)
from qtcore.workflow.without_readings import without_readings
from qtcore.workflow.without_runs import refuse_what_comes_from_runs, without_runs
from qtcore.workflow.workflow import Workflow

LENGTHS = ladder(16, 4096, 3, through=16)
"""Slices, where a sweep of wires states no lengths: enough beyond 4 ξ for the fit of ξ, where ξ is below 500."""

BINDING = "workflow"
"""The name that every definition binds."""


_BEING_MADE = ContextVar("being_made", default=False)


def refuse_within_itself() -> None:
    """Raise InputError if the text of a function that is swept starts a sweep itself."""
    if _BEING_MADE.get():
        raise InputError(
            "the text of a function that is swept starts a sweep itself: put that sweep behind "
            '`if __name__ == "__main__":`, or into another file'
        )


def preset_of(
    given: Mapping[str, Any], *, lengths: Any, realizations: int, is_of_wires: bool
) -> Preset:
    """Return the preset of axes and constants that are given by name.

    Parameters
    ----------
    given : mapping of str to values
        A sequence of numbers, or an `Axis`, is an axis; anything else a constant. Whole numbers under
        a name that is no standard axis stay whole.
    lengths : sequence of int, optional
        Slices; `LENGTHS` for wires if left out.
    realizations : int
        Of each point.
    is_of_wires : bool
        Whether wires are solved.

    Raises
    ------
    InputError
        If there is no axis, or something in it is not allowed.
    """
    fields = {name: _axis_or_constant(name, value) for name, value in given.items()}
    if lengths is None:
        lengths = LENGTHS if is_of_wires else ()
    preset = Preset(lengths=_plain(lengths), realizations=realizations, **fields)
    if not preset.axes:
        kept = f"only constants: {', '.join(preset.constants)}" if preset.constants else "none"
        raise InputError(
            "a sweep needs an axis, a sequence of values under the name of a parameter, such as "
            f"width=(4, 8) or energy=np.linspace(0.1, 1, 12); got {kept}"
        )
    return preset


def workflow_of(
    function: FunctionType,
    role: str,
    preset: Preset,
    *,
    observables: Sequence[Any] | None = None,
    variables: Sequence[Any] = (),
    dimensions: Mapping[str, Any] | None = None,
    options: Sequence[str] = (),
) -> Workflow:
    """Return the workflow that sweeps a function.

    Parameters
    ----------
    function : function
        Of axes and constants by their names, or of a point alone.
    role : str
        "wire" if it returns a wire or a bar, "solve" if it returns arrays.
    preset : Preset
        Its axes and constants.
    observables, variables, dimensions
        As in `Workflow`; variables may be names.
    options : sequence of str
        Names that the caller takes for itself.

    Raises
    ------
    InputError
        If the function and the axes do not fit, or its text cannot be had or does not suffice.
    """
    title = "a function" if function.__name__ == LAMBDA else function.__name__
    found = taken(function)
    caller = _caller(found, function, role, preset, options)
    try:
        text, from_runs = without_runs(found.text)
        text = without_readings(text)
        cut = cut_out(f"{text}\n\n{caller.text}", [caller.name])
    except SyntaxError as error:
        raise InputError(f"the source of {title} is no Python: {error}") from None
    refuse_what_comes_from_runs(cut, from_runs, title)
    head = Module(cut, is_bare=False).binders
    if BINDING in head:
        raise InputError(
            f"{title} uses something of the name {BINDING}, which the definition of a sweep needs for "
            "itself: give it another name"
        )
    qt = _unused("qt_", {*head})
    fields = [
        f"name={f'sweep of {title}'!r}",
        f"title={f'A sweep of {title}'!r}",
        f"summary={'Made by one call of qtcore.sweep.'!r}",
        f"presets={{{SIZE!r}: {_written_preset(preset, qt)}}}",
        f"{role}={caller.name}",
    ]
    if observables is not None:
        fields.append(f"observables={_written(tuple(observables), qt)}")
    elif role == "wire":
        fields.append(f"observables={_written(tuple(USUAL), qt)}")
    if variables:
        named = [Variable(one) if isinstance(one, str) else one for one in variables]
        fields.append(f"variables={_written(tuple(named), qt)}")
    if dimensions:
        fields.append(f"dimensions={_written(dict(dimensions), qt)}")
    listed = textwrap.indent(",\n".join(fields), "    ")
    text = f"{cut}\n\nimport qtcore as {qt}\n\n{BINDING} = {qt}.Workflow(\n{listed},\n)\n"
    token = _BEING_MADE.set(True)
    try:
        workflow = from_source(text, f"<sweep of {title}>")
    finally:
        _BEING_MADE.reset(token)
    live = _living(
        function,
        caller,
        text,
        f"<sweep of {title}>",
        {qt: sys.modules["qtcore"], BINDING: workflow},
    )
    return replace(workflow, wire=live) if role == "wire" else replace(workflow, solve=live)


class _Caller:
    """The function of a point that calls the user's function."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text


def _caller(
    found: Taken, function: FunctionType, role: str, preset: Preset, options: Sequence[str]
) -> _Caller:
    around = {*Module(found.text, is_bare=True).binders, *names_in(found.inner), found.name}
    name, point = _unused("at_point", around), _unused(POINT, around)
    arguments = ", ".join(arguments_of(function, role, preset, point, options))
    also = f", {REALIZATIONS}" if role == "solve" else ""
    body = [*found.inner, *ast.parse(f"return {found.name}({arguments})", mode="exec").body]
    inner = textwrap.indent(ast.unparse(ast.fix_missing_locations(ast.Module(body, []))), "    ")
    return _Caller(name, f"def {name}({point}{also}):\n{inner}\n")


def _living(
    function: FunctionType, caller: _Caller, text: str, origin: str, own: Mapping[str, Any]
) -> FunctionType:
    """Return the caller as it is in this process, with all that stands around the user's function.

    A rehearsal compares it, and what it finds around it, with what the text makes, which has names of
    its `own` besides.
    """
    around = {**function.__globals__, SOURCE: text, **own}
    around.pop("__file__", None)
    exec(compile(caller.text, origin, "exec"), around)
    made = around[caller.name]
    assert isinstance(made, FunctionType)
    return made


def _axis_or_constant(name: str, value: Any) -> Any:
    """Return an axis for a sequence of numbers, and anything else as it is."""
    if isinstance(value, Constant | Axis | str | Mapping) or not is_many(value):
        return _plain(value)
    values = _plain(value)
    if name in STANDARD or not values or not all(map(_is_number, values)):
        return values  # a preset says which of them it takes
    return Axis(values, whole=bool(values) and all(type(one) is int for one in values))


def _plain(value: Any) -> Any:
    """Return arrays, ranges and numbers of NumPy as tuples and numbers of Python."""
    if is_many(value):
        return tuple(_plain(one) for one in several(value))
    return value.item() if isinstance(value, np.number | np.bool_) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written_preset(preset: Preset, qt: str) -> str:
    fields = {}
    for name, axis in preset.axes.items():
        usual = as_axis(name, axis.values)
        fields[name] = _written(axis.values, qt) if usual == axis else _written(axis, qt)
    for name, value in preset.constants.items():
        is_list = isinstance(value, list)
        fields[name] = f"{qt}.Constant({value!r})" if is_list else repr(value)
    if preset.lengths:
        fields["lengths"] = repr(preset.lengths)
    fields["realizations"] = repr(preset.realizations)
    listed = ", ".join(f"{name}={value}" for name, value in fields.items())
    return f"{qt}.Preset({listed})"


def _written(value: Any, qt: str) -> str:
    """Return a value as one types it: numbers, texts, containers of them, and declarations of qtcore."""
    if isinstance(value, Checked):
        kind = "Axis" if isinstance(value, Axis) else type(value).__name__
        fields = [
            f"{name}={_written(getattr(value, name), qt)}"
            for name, field in type(value).model_fields.items()
            if name not in ("name", "kind") and getattr(value, name) != field.default
        ]
        first = [] if isinstance(value, Axis) else [repr(getattr(value, "name", ""))]
        return f"{qt}.{kind}({', '.join([*first, *fields])})"
    if isinstance(value, tuple | list):
        listed = ", ".join(_written(one, qt) for one in value)
        return f"[{listed}]" if isinstance(value, list) else f"({listed}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k!r}: {_written(v, qt)}' for k, v in value.items())}}}"
    if value is None or isinstance(value, str | bool | int | float):
        return repr(value)
    raise InputError(
        f"the definition of a sweep takes numbers, texts and declarations such as qtcore.Variable, got "
        f"{brief(value)}"
    )


def _unused(name: str, names: set[str]) -> str:
    while name in names or name in OF_PRESETS:
        name += "_"
    return name
