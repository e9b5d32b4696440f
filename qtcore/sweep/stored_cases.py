"""Cases in a store: what it keeps of their parameters, and those that a definition does not have."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from qtcore.errors import InputError
from qtcore.store.header import is_vacant, read_header
from qtcore.store.layout import Coordinate
from qtcore.store.locate import Location
from qtcore.store.stated import parameters_stated
from qtcore.sweep.axes import Axis
from qtcore.sweep.cases import NUMBER, Case, chosen_cases
from qtcore.sweep.preset import Preset
from qtcore.sweep.spec import Sweep
from qtcore.sweep.validation import several


def with_stored_cases(
    preset: Preset,
    settings: Mapping[str, Any] | None,
    store: Location,
    others: Iterable[Preset] = (),
) -> dict[str, Any]:
    """Return settings that state by their parameters the cases that a preset does not have.

    A case that was added to a store, or that only another preset of the definition has, is then
    asked for like one of the preset: by its number, as the case that another one is `like`, or by
    its parameters, which find its number. The store goes before other presets.

    Parameters
    ----------
    preset : Preset
        What is changed.
    settings : mapping, optional
        What is asked for, as `Preset.changed` takes it.
    store : str, Path or Place
        The store to go on with, if there is one.
    others : iterable of Preset
        What else the definition has.

    Raises
    ------
    InputError
        If a number is that of no case, or a case is none.
    """
    found = dict(settings or {})
    names = [name for name, axis in preset.axes.items() if axis.cases and name in found]
    stored = _stored_axes(store) if names else {}
    for name in names:
        own = preset.axes[name]
        if isinstance(found[name], str):
            continue
        elsewhere = [other.axes[name] for other in others if name in other.axes]
        elsewhere += [stored[name]] if name in stored else []
        known: dict[int, Case] = {}
        for axis in elsewhere:
            if {*axis.parameters} == {*own.parameters}:
                known |= axis.by_number
        known |= own.by_number
        given = [found[name]] if isinstance(found[name], Mapping) else several(found[name])
        numbers, cases = chosen_cases(name, known, given)
        found[name] = [
            number if number in own.by_number else {NUMBER: number, **case}
            for number, case in zip(numbers, cases, strict=True)
        ]
    return found


def _stored_axes(store: Location) -> dict[str, Axis]:
    """Return the axes of a store by name; none if there is no store, or one that a run refuses."""
    with suppress(InputError, TypeError, KeyError, AttributeError, ValueError):
        if not is_vacant(store):
            return {axis.name: axis for axis in Sweep.from_fields(read_header(store).spec).axes}
    return {}


def setting_words(name: str, values: tuple[Any, ...], stored: Axis, whole: Axis) -> list[str]:
    """Return the words of a command that ask for values of an axis of a store.

    Parameters
    ----------
    name : str
        The axis.
    values : tuple
        What to ask for.
    stored : Axis
        As the store has it; its cases are known by their numbers.
    whole : Axis
        With all values; cases that the store lacks are stated by their parameters.
    """
    unknown = {n: whole.by_number[n] for n in whole.by_number if n not in stored.by_number}
    if not unknown.keys() & {*values}:
        return ["--set", f"{name}={','.join(map(repr, values))}"]
    typed: list[int | Case] = [
        {NUMBER: n, **unknown[n]} if n in unknown else n for n in map(int, values)
    ]
    return ["--set", f"{name}={json.dumps(typed, ensure_ascii=False)}"]


def parameters_of_cases(sweep: Sweep) -> Iterator[Coordinate]:
    """Yield the parameters of cases as a store holds them, each along the axis that counts them."""
    arrays = [*sweep.names, *(axis.name for axis in sweep.dimensions)]
    taken = {name.casefold() for name in (*arrays, *(v.name for v in sweep.outputs))}
    for axis in sweep.axes:
        for name, values in parameters_stated(axis.cases).items():
            # Some disks do not tell upper from lower case; what is left out stands in the sweep.
            if name.casefold() in taken:
                continue
            taken.add(name.casefold())
            dtype = "bool" if isinstance(values[0], bool) else "float64"
            yield Coordinate(name, tuple(values), "", name, dtype, axis.name)
