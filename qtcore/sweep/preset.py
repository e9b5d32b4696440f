"""Presets: what to sweep, at one size."""

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import Field, JsonValue

from qtcore.errors import LONGEST, SHOWN, InputError, brief
from qtcore.shown import Shown
from qtcore.sweep.axes import STANDARD, Axis, as_axis
from qtcore.sweep.counts import Lengths, Realizations
from qtcore.sweep.names import refuse_taken
from qtcore.sweep.ranges import values_of
from qtcore.sweep.validation import Checked, json_value
from qtcore.sweep.words import preset_card

OWN = ("lengths", "realizations", "note")
"""Fields that every preset has."""

OPTIONS = ("realizations", "seed", "store", "cluster", "workers", "part", "precision", "preset")
"""What a run is asked for besides its settings."""

LISTED = 3
"""Values of a sequence that a message writes as cases."""

CLOSE = 0.75
"""Likeness of two names from which on one may be meant by the other (`difflib`)."""


@dataclass(frozen=True)
class Constant:
    """A constant of a preset: a list of numbers that functions get as a whole, or a number with a limit.

    Parameters
    ----------
    value : sequence of numbers, or any other JSON value
        What functions find in their point.
    least : float, optional
        Of a number: the smallest one that may be given in its place.
    """

    value: Any
    least: float | None = None


_UNMARKED = ContextVar("unmarked", default=False)


@contextmanager
def unmarked_lists() -> Iterator[None]:
    """Take lists of numbers as constants without a mark, as definitions of older stores have them."""
    token = _UNMARKED.set(True)
    try:
        yield
    finally:
        _UNMARKED.reset(token)


class _Fields(Checked):
    """What a preset holds, checked."""

    axes: tuple[Axis, ...]
    constants: dict[str, JsonValue] = Field(description="JSON values by name")
    lengths: Lengths = ()
    realizations: Realizations = 1
    note: str = ""


class Preset(Shown):
    """Axes, constants, lengths and realizations of a sweep.

    Parameters
    ----------
    lengths : tuple of int
        Lengths (slices); empty lets the workflow choose them.
    realizations : int or tuple of int
        Disorder realizations of each point; a point without randomness gets one.
    note : str
        What this size is good for, and how long it takes.
    **fields
        A sequence under the name of a standard axis (disorder, width, flux, energy, gate, ...) or
        an `Axis` under any name is an axis; anything else is a constant, a JSON value that
        functions find in a point by its name. A list of numbers under any other name might be
        meant as either, and is refused: `Axis` sweeps it, `Constant` keeps it whole. A list of
        texts is refused too: `Cases` sweeps it, `Constant` keeps it whole. The order is
        that of the dataset's dimensions. Names that a point, a preset or a dataset uses itself are
        refused, with their list.

    Raises
    ------
    InputError
        Naming each wrong field, what is allowed and what came.
    """

    def __init__(
        self, /, *, lengths: Any = (), realizations: Any = 1, note: str = "", **fields: Any
    ) -> None:
        axes = {name: as_axis(name, value) for name, value in fields.items()}
        constants = {name: fields[name] for name, axis in axes.items() if axis is None}
        limited = {name: one for name, one in constants.items() if isinstance(one, Constant)}
        self._least = {name: one.least for name, one in limited.items() if one.least is not None}
        self._fields = _Fields(
            axes=tuple(axis for axis in axes.values() if axis is not None),
            constants={name: _checked_constant(name, one) for name, one in constants.items()},
            lengths=lengths,
            realizations=realizations,
            note=note,
        )

    _card = preset_card

    @property
    def axes(self) -> dict[str, Axis]:
        """The axes by name, in order."""
        return {axis.name: axis for axis in self._fields.axes}

    @property
    def constants(self) -> dict[str, JsonValue]:
        """The constants by name."""
        return self._fields.constants

    def limits_of(self, name: str) -> str:
        """Return what a constant may be, in words; nothing if anything goes."""
        return f">= {self._least[name]:g}" if name in self._least else ""

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths (slices), or nothing."""
        return self._fields.lengths

    @property
    def realizations(self) -> int | tuple[int, ...]:
        """Realizations of each point."""
        return self._fields.realizations

    @property
    def note(self) -> str:
        """What this size is good for."""
        return self._fields.note

    def __getattr__(self, name: str) -> Any:
        """Return the values of an axis, those of a parameter of its cases, or a constant."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.axes:
            return self.axes[name].values
        if name in self.constants:
            return self.constants[name]
        for axis in self.axes.values():
            if name in axis.parameters:
                return tuple(case[name] for case in axis.cases)
        known = ", ".join((*OWN, *self.axes, *self.constants))
        raise AttributeError(f"this preset has no {name}; it has {known}")

    def __eq__(self, other: object) -> bool:
        """Whether all fields are equal."""
        # As texts: Python calls True, 1 and 1.0 equal.
        return isinstance(other, Preset) and self._as_text() == other._as_text()

    def __hash__(self) -> int:
        """Return a hash of the axes."""
        return hash(self._fields.axes)

    def _as_text(self) -> str:
        return self._fields.model_dump_json()

    @property
    def settable(self) -> Iterator[str]:
        """Names that `changed` takes."""
        yield from self.axes
        yield from (name for name, value in self.constants.items() if _is_number(value))
        yield "lengths"

    def changed(
        self,
        settings: Mapping[str, Any] | None = None,
        realizations: int | tuple[int, ...] | None = None,
    ) -> "Preset":
        """Return the preset with other values of its axes, or other realizations.

        Values are numbers or a text such as `"4,8"`, `"-1.8:1.8:25"`, `"4:32:x2"`
        (`qtcore.sweep.ranges`), cases also JSON such as `'{"like": 0, "width": 20}'`.

        Raises
        ------
        InputError
            If a setting is unknown, or its values are not allowed.
        """
        fields: dict[str, Any] = {**self.axes}
        fields |= {name: Constant(v, self._least.get(name)) for name, v in self.constants.items()}
        own = {name: getattr(self, name) for name in OWN}
        for name, given in (settings or {}).items():
            self.refuse_unless_settable(name)
            if isinstance(given, str):
                given = _typed(self, name, given)
            if name in self.axes:
                fields[name] = self.axes[name].with_values(given)
            elif name in self.constants:
                is_whole, least = isinstance(self.constants[name], int), self._least.get(name)
                found = _constant(name, given, is_whole=is_whole, least=least)
                fields[name] = Constant(found, least)
            else:
                own[name] = given
        if realizations is not None:
            own["realizations"] = realizations
        elif settings and isinstance(own["realizations"], tuple):
            raise InputError(
                "this preset states the realizations of each point; with other axes give one "
                "number for all (--realizations)"
            )
        return Preset(**own, **fields)

    def refuse_unless_settable(self, name: str) -> None:
        """Raise InputError, with the allowed names, if `changed` does not take this one."""
        if name not in self.settable:
            hint = " (a standard axis, but not of this workflow)" if name in STANDARD else ""
            if name in self.constants:
                hint = " (a constant that is no number: change it in the definition)"
            if name in OPTIONS:
                hint = f": it is an option of its own, --{name}, and in Python {name}="
            elif near := get_close_matches(name, [*self.settable], n=1, cutoff=CLOSE):
                hint += f", did you mean {near[0]}"
            elif near := get_close_matches(name, OPTIONS, n=1, cutoff=CLOSE):
                hint = f", did you mean the option --{near[0]}"
            raise InputError(
                f"unknown parameter {name!r}{hint}; allowed are {', '.join(self.settable)}"
            )

    def as_json(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        fields = self._fields.model_dump(mode="json")
        axes = {axis.pop("name"): axis for axis in fields.pop("axes")}
        return {"axes": axes, **fields}


def _checked_constant(name: str, given: Any) -> JsonValue:
    """Return a constant as a JSON value, exactly what came."""
    refuse_taken((name,), "a constant")
    is_marked = isinstance(given, Constant) or _UNMARKED.get()
    given = given.value if isinstance(given, Constant) else given
    try:
        value: JsonValue = json_value(given)
    except ValueError as error:
        raise InputError(
            f"{name} is no axis, so it takes a JSON value: a finite number, a whole one of at most "
            f"64 bits, a text, true, false, null, or lists and dicts of them; got {brief(given)} "
            f"({error})"
        ) from None
    if not is_marked and isinstance(value, list) and value:
        _refuse_what_might_be_an_axis(name, value, brief(given))
    return value


def _refuse_what_might_be_an_axis(name: str, value: list[JsonValue], got: str) -> None:
    """Refuse a list of plain values that has no mark; lists of lists and of dicts can be no axis."""
    if any(isinstance(one, list | dict) for one in value):
        return
    shown = f"({brief(value)})" if len(value) > SHOWN else brief(tuple(value))
    if all(map(_is_number, value)):
        raise InputError(
            f"{name} is no standard axis ({', '.join(STANDARD)}), so that a list of numbers might "
            f"be an axis or one constant, got {got}: write {name}=qt.Axis({shown}) to "
            f"sweep it, or {name}=qt.Constant({shown}) if functions get all of it at every point"
        )
    cases = ", ".join(f"{{{name!r}: {one!r}}}" for one in value[:LISTED])
    more = ", …" if len(value) > LISTED else ""
    raise InputError(
        f"{name} is a sequence of what is no number, {got}, which is no axis. To sweep it, count its "
        f"values as cases: sample=qt.Cases([{cases}{more}]). To give all of it to the functions at "
        f"every point: {name}=qt.Constant({shown})"
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _constant(name: str, given: Any, *, is_whole: bool, least: float | None) -> float | int:
    """Return a number for a constant, which takes one."""
    values = list(given) if isinstance(given, list | tuple) else [given]
    if len(values) != 1:
        raise InputError(
            f"{name} is no axis of this workflow: it takes one number, got {brief(given)}"
        )
    fields = STANDARD.get(name, {"name": name, "whole": is_whole})
    axis = Axis(values, **(fields if least is None else {**fields, "least": least}))
    found = axis.values[0]
    # Axes have no negative zero; a constant is exactly what came.
    return math.copysign(found, values[0]) if found == 0 and isinstance(found, float) else found


def parse_settings(
    assignments: Sequence[str], preset: Preset, option: str = "--set"
) -> dict[str, tuple[Any, ...]]:
    """Turn texts such as `name=1,2,3` or `name=-1:1:21` into settings for `Preset.changed`.

    Raises
    ------
    InputError
        If a text is no assignment, names an unknown parameter, or a value is no number.
    """
    settings: dict[str, tuple[Any, ...]] = {}
    for text in assignments:
        name, equals, values = text.partition("=")
        name = unicodedata.normalize("NFKC", name.strip())  # as Python reads names
        if not equals or not name:
            raise InputError(
                f"{option} {_short(text)}: expected NAME=VALUE,VALUE,… such as width=4,8,16"
            )
        try:
            preset.refuse_unless_settable(name)
        except InputError as error:
            raise InputError(f"{option} {_short(text)}: {error}") from None
        if name in settings:
            raise InputError(
                f"{option} {_short(text)}: {name} was set twice; give all values at once"
            )
        try:
            settings[name] = _typed(preset, name, values)
        except InputError as error:
            raise InputError(f"{option} {_short(text)}: {error}") from None
    return settings


def _typed(preset: Preset, name: str, text: str) -> tuple[Any, ...]:
    """Return the values of a text, cases as JSON."""
    is_json = text.lstrip()[:1] in ("{", "[")
    if is_json and name in preset.axes and preset.axes[name].cases:
        return _cases_typed(text)
    return values_of(text, name, whole=_takes_whole(preset, name))


def _cases_typed(text: str) -> tuple[Any, ...]:
    """Return cases that are given as JSON: one dict, or a list of dicts and numbers."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(
            f'a case is typed as JSON, such as \'{{"like": 0, "width": 20}}\' in quotes: {error}'
        ) from None
    return tuple(found) if isinstance(found, list) else (found,)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _takes_whole(preset: Preset, name: str) -> bool:
    if name in preset.axes:
        return preset.axes[name].whole
    return name == "lengths" or isinstance(preset.constants.get(name), int)
