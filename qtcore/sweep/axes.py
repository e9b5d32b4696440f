"""Axes: what is swept, in which unit, and the standard ones of the field."""

from collections.abc import Mapping, Set
from typing import Any, Self

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from qtcore.errors import InputError, brief
from qtcore.sweep.cases import checked_cases, chosen_cases, refuse_ambiguous
from qtcore.sweep.names import refuse_taken
from qtcore.sweep.ranges import values_of
from qtcore.sweep.validation import (
    Checked,
    InexactError,
    UnorderedError,
    is_many,
    number,
    several,
    whole,
)


class Axis(Checked):
    """Values of one swept parameter, or coordinates of a variable's own dimension.

    Parameters
    ----------
    values : sequence of numbers
        Distinct, finite, and stored exactly as they come or not at all; a single number stands for
        an axis with one value. A text may have ranges: `"-1.8:1.8:25"`, `"4:32:x2"`.
    units : str
        Unit, "" for a pure number.
    long_name : str
        What it is, in words.
    whole : bool
        Whether the values are whole numbers.
    least : float, optional
        Smallest value that is allowed.
    name : str
        Of the dimension; given by the name under which a preset or a workflow holds the axis.
    cases : tuple of dict
        What each value stands for, if the axis counts cases; see `Cases`.
    labels : tuple of str
        Texts that stand for the values of a variable's own dimension, such as the names of leads:
        the coordinate of an opened dataset. Without values they are numbered from 0.

    Raises
    ------
    InputError
        Naming what is wrong, with what is allowed and what came.
    """

    values: tuple[int | float, ...]
    units: str = ""
    long_name: str = ""
    whole: bool = False
    least: float | None = None
    name: str = ""
    cases: tuple[dict[str, JsonValue], ...] = ()
    labels: tuple[str, ...] = Field(default=(), description="distinct texts, one for each value")

    def __init__(self, values: Any = (), **fields: Any) -> None:
        if (
            "labels" in fields
            and not isinstance(fields["labels"], str)
            and is_many(fields["labels"])
        ):
            fields["labels"] = tuple(fields["labels"])
            if not len(several(values)):
                values, fields["whole"] = range(len(fields["labels"])), True
        if isinstance(values, str):
            named = str(fields.get("name") or "an axis")
            values = values_of(values, named, whole=bool(fields.get("whole")))
        super().__init__(values=several(values), **fields)

    @model_validator(mode="before")
    @classmethod
    def _numbers(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """Turn each value into a float or an int, and say which one is not allowed."""
        reading = whole if fields.get("whole") else number
        least = fields.get("least")
        allowed = _allowed(bool(fields.get("whole")), least, _described(fields))
        takes = f"{fields.get('name') or 'an axis'} takes {allowed}"
        if not len(fields["values"]):
            raise ValueError(f"{takes}, got no value")
        found: dict[float, None] = {}  # in order, and quick to look up
        for value in fields["values"]:
            try:
                read = reading(value)
            except InexactError as error:
                raise ValueError(f"{takes}, got {brief(value)}, {error}") from None
            except UnorderedError as error:
                raise ValueError(f"{takes}, got {brief(value)}; {error}") from None
            except ValueError:
                raise ValueError(f"{takes}, got {brief(value)}") from None
            if least is not None and read < least:
                raise ValueError(f"{takes}, got {brief(value)}")
            if read in found:
                raise ValueError(f"{takes}: the same value came twice, {brief(value)}")
            found[read] = None
        return {**fields, "values": tuple(found)}

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        """Refuse labels that do not tell every value from the others."""
        count = len(self.values)
        if self.labels and (len(self.labels) != count or len({*self.labels}) != count):
            raise ValueError(
                f"labels takes distinct texts, one for each of the {count} values, got "
                f"{brief(self.labels)}"
            )
        return self

    @property
    def takes(self) -> str:
        """What values are allowed, in words."""
        return _allowed(
            self.whole, self.least, _described(self.model_dump(include={"units", "long_name"}))
        )

    @property
    def dtype(self) -> str:
        """NumPy type of the stored coordinate."""
        return "int64" if self.whole else "float64"

    @model_serializer(mode="wrap")
    def _without_what_is_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out cases and labels where there are none: sweeps of before keep their identity."""
        fields: dict[str, Any] = serialize(self)
        for name in ("cases", "labels"):
            if not getattr(self, name):
                fields.pop(name, None)
        return fields

    @property
    def by_number(self) -> dict[int, dict[str, JsonValue]]:
        """The cases by number; none if the axis counts none."""
        return {int(n): case for n, case in zip(self.values, self.cases, strict=False)}

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of cases."""
        return tuple(self.cases[0]) if self.cases else ()

    def with_values(self, values: Any) -> "Axis":
        """Return the axis with other values, checked alike.

        Values of an axis that counts cases are numbers of its cases, or dicts of parameters.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        if self.cases:
            asked = [values] if isinstance(values, Mapping) else several(values)
            values, fields["cases"] = chosen_cases(self.name, self.by_number, asked)
        return Axis(**{**fields, "values": values})

    def joined(self, other: "Axis") -> "Axis":
        """Return the axis with the values of another one behind its own.

        Raises
        ------
        InputError
            If a number stands for one case here and for another one there.
        """
        values = tuple(dict.fromkeys((*self.values, *other.values)))
        if not self.cases:
            return other.with_values(values)
        cases = {**other.by_number, **self.by_number}
        for n in {*self.by_number} & {*other.by_number}:
            if self.by_number[n] != other.by_number[n]:
                raise InputError(
                    f"case {n} of {self.name} is {self.by_number[n]}, not {other.by_number[n]}: give the new one a number of its own, "
                    f'{{"number": {max(cases) + 1}, …}}'
                )
        return other.model_copy(
            update={"values": values, "cases": tuple(cases[int(n)] for n in values)}
        )

    def named(self, name: str) -> "Axis":
        """Return the axis under a name.

        Raises
        ------
        InputError
            If the name is no identifier, or means something else in a point, preset or dataset.
        """
        refuse_taken((name,), "an axis")
        if self.labels:
            raise InputError(
                f"{name} has labels, which are for dimensions of stored variables; values of an axis "
                "are numbers, and qt.Cases gives names to what they stand for"
            )
        fields = {field: getattr(self, field) for field in Axis.model_fields}
        return Axis(**{**fields, "name": name})


class Cases(Axis):
    """An axis that counts cases: sets of parameters that are swept together.

    Functions find the parameters in their point by name. Cases can be selected by their numbers,
    and new ones added: `--set sample=0,3`, `--set sample='{"like": 3, "width": 20}'`, in Python
    `settings={"sample": [0, 3, {"like": 3, "width": 20}]}`.

    Parameters
    ----------
    cases : sequence of dict or NamedTuple
        Each with the same parameters: numbers, texts, true or false. They are counted from 0; new
        ones go to the end, so that a number keeps its meaning.
    long_name : str
        What a case is, in words.

    Raises
    ------
    InputError
        If the cases do not have the same parameters, two of them are equal, or a parameter has a
        name that is taken.
    """

    def __init__(self, cases: Any = (), *, long_name: str = "number of the case") -> None:
        if isinstance(cases, Set):
            raise InputError(
                f"cases are a list of dicts of parameters, got {brief(cases)}; {UnorderedError()}"
            )
        rows = [one._asdict() if hasattr(one, "_asdict") else one for one in cases]
        if not rows:
            raise InputError("cases are a list of dicts of parameters, got none")
        numbers = range(len(rows))
        checked = checked_cases(rows, numbers)
        refuse_ambiguous(checked)
        super().__init__(numbers, long_name=long_name, whole=True, least=0, cases=checked)


def _allowed(is_whole: bool, least: float | None, described: str) -> str:
    kind = "whole numbers" if is_whole else "finite numbers" if least is None else "numbers"
    bound = "" if least is None else f" >= {least:g}"
    return f"{kind}{bound}{described}"


def _described(fields: dict[str, Any]) -> str:
    units = fields.get("units")
    words = [fields.get("long_name"), f"units of {units}" if units == "t" else units]
    return f" ({', '.join(filter(None, words))})" if any(words) else ""


def _standard(
    name: str, units: str, long_name: str, *, whole: bool = False, least: float | None = None
) -> dict[str, Any]:
    return {"name": name, "units": units, "long_name": long_name, "whole": whole, "least": least}


STANDARD: dict[str, dict[str, Any]] = {
    fields["name"]: fields
    for fields in (
        _standard("disorder", "t", "full width W of the box", least=0),
        _standard("width", "sites", "sites across", whole=True, least=1),
        _standard("height", "sites", "sites across, along z", whole=True, least=1),
        _standard("flux", "h/e per plaquette", "magnetic flux"),
        _standard("energy", "t", "Fermi energy"),
        _standard("gate", "t", "gate potential"),
        _standard("rashba", "t", "Rashba spin-orbit coupling"),
        _standard("ando", "t", "Ando spin-orbit coupling"),
        _standard("zeeman", "t", "Zeeman energy"),
        _standard("mass", "t", "mass term"),
        _standard("lead_shift", "t", "on-site energy of the leads"),
        _standard("correlation_length", "sites", "correlation length of the disorder", least=0),
        _standard("concentration", "", "concentration of impurities", least=0),
    )
}
"""The field's usual axes; a preset gives their values alone."""


def as_axis(name: str, given: Any) -> Axis | None:
    """Return the axis that a preset's field stands for, or None for a constant.

    Parameters
    ----------
    name : str
        Name of the field.
    given : Axis, sequence of numbers or anything else
        An `Axis` is one under any name, a sequence under a standard name.
    """
    if isinstance(given, Axis):
        return given.named(name)
    is_several = hasattr(given, "__len__") and getattr(given, "ndim", 1) > 0
    if name in STANDARD and is_several:
        return Axis(given, **STANDARD[name])
    return None
