"""Cases: an irregular sweep as a list of parameter sets along one axis.

A grid of axes computes every combination. Where only some make sense, such as rectangles of chosen
shapes, each with the disorder and the energy that suit it, an axis counts *cases*: each value is the
number of a set of parameters. Functions find the parameters in their point by name, as if they were
axes; in datasets they are coordinates along the axis.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from qtcore.errors import InputError, brief, listed
from qtcore.sweep.names import TAKEN, refuse_taken
from qtcore.sweep.validation import json_value

Case = dict[str, JsonValue]

LIKE, NUMBER = "like", "number"
"""Keys of a new case that are none of its parameters: whose parameters it takes over, and its own
number."""


def checked_cases(given: Sequence[Any], numbers: Sequence[int]) -> tuple[Case, ...]:
    """Return cases as JSON values, all with the same parameters.

    Raises
    ------
    InputError
        If they are no mappings, or do not have the same parameters; with the first that differs.
    """
    if len(given) != len(numbers):
        raise InputError(f"{len(numbers)} numbers of cases need as many cases, got {len(given)}")
    found: list[Case] = []
    for number, one in zip(numbers, given, strict=True):
        if not isinstance(one, Mapping) or not one:
            raise InputError(f"case {number} is a dict of parameters, got {brief(one)}")
        refuse_taken(map(str, one), "a parameter of cases")
        try:
            found.append({str(name): json_value(value) for name, value in one.items()})
        except ValueError as error:
            raise InputError(f"case {number}: {error}") from None
        _refuse_unless_plain(number, found[-1])
        if {*found[-1]} == {*found[0]}:
            _refuse_other_kinds(numbers[0], found[0], number, found[-1])
        else:
            raise InputError(
                f"all cases have the same parameters: case {numbers[0]} has {listed(list(found[0]))}, "
                f"case {number} has {listed(list(found[-1]))}"
            )
    return tuple({name: one[name] for name in found[0]} for one in found)


def refuse_ambiguous(cases: Sequence[Case]) -> None:
    """Refuse cases of a definition that a request could not tell apart, or not name.

    Raises
    ------
    InputError
        If two are equal, or a parameter is called `like`.
    """
    refuse_taken(cases[0], "a parameter of cases", (*TAKEN, LIKE, NUMBER))
    for number, case in enumerate(cases):
        first = cases.index(case)
        if first < number:
            raise InputError(
                f"case {number} has the parameters of case {first}, {brief(case)}; cases differ from "
                "each other in their parameters (1 and 1.0 are one value)"
            )


def _refuse_unless_plain(number: int, case: Case) -> None:
    for name, value in case.items():
        if not isinstance(value, bool | int | float | str):
            raise InputError(
                f"{name} of case {number} is a number, a text, true or false, got {brief(value)}"
            )


def kind_of(value: JsonValue) -> str:
    """Return what kind of value a parameter has, in words."""
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"


def _refuse_other_kinds(first: int, known: Case, number: int, case: Case) -> None:
    """Refuse a parameter that is a number in one case and a text in another: a store has one array."""
    for name, value in case.items():
        if kind_of(value) != kind_of(known[name]):
            raise InputError(
                f"{name} of case {number} is {kind_of(value)}, {brief(value)}, and that of case {first} "
                f"is {kind_of(known[name])}, {brief(known[name])}; a parameter has one kind of values"
            )


def chosen_cases(
    name: str, known: Mapping[int, Case], asked: Sequence[Any]
) -> tuple[tuple[int, ...], tuple[Case, ...]]:
    """Return numbers and parameters of cases that are asked for.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    known : mapping of int to dict
        The cases that there are, by number.
    asked : sequence
        Numbers of known cases, and dicts of parameters. A dict with the parameters of a known case
        is that case. Another one is a new case: it gets the next free number unless it states its
        `number`, and takes over what it does not state from the case `like`.

    Raises
    ------
    InputError
        If a number is unknown or taken, or a dict has other parameters.
    """
    cases = dict(known)
    numbers: list[int] = []
    for one in asked:
        if not isinstance(one, Mapping):
            if isinstance(one, bool) or one not in cases:
                raise InputError(
                    f"{name} has no case {brief(one)}; its cases are {listed(sorted(cases))}, and a new "
                    f"one is given by its parameters, such as {_example(known)}"
                )
            numbers.append(int(one))
            continue
        number, case = _new_case(name, cases, dict(one))
        cases[number] = case
        numbers.append(number)
    return tuple(numbers), tuple(cases[number] for number in numbers)


def _new_case(name: str, cases: Mapping[int, Case], given: dict[str, Any]) -> tuple[int, Case]:
    like, number = given.pop(LIKE, None), given.pop(NUMBER, None)
    if like is not None:
        if like not in cases:
            raise InputError(f"{name} has no case {brief(like)}; known are {listed(sorted(cases))}")
        given = {**cases[like], **given}
    parameters = next(iter(cases.values()))
    if {*given} != {*parameters}:
        raise InputError(
            f"a case of {name} has the parameters {listed(list(parameters))}, got "
            f"{listed(list(given))}; state them all, or take the others from a case: {_example(cases)}"
        )
    (case,) = checked_cases([given], [number if number is not None else max(cases) + 1])
    case = {key: case[key] for key in parameters}
    _refuse_other_kinds(
        min(cases), cases[min(cases)], number if number is not None else max(cases) + 1, case
    )
    same = [n for n, one in cases.items() if _text(one) == _text(case)]
    if same and number in (None, same[0]):
        return same[0], cases[same[0]]
    if number is None:
        number = max(cases) + 1
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise InputError(f"the number of a case is a whole number >= 0, got {brief(number)}")
    if number in cases:
        raise InputError(
            f"{name} has a case {number} with other parameters, {brief(cases[number])}; give the new "
            "one another number, or none"
        )
    return number, case


def _text(case: Case) -> str:
    return repr(sorted(case.items()))


def _example(cases: Mapping[int, Case]) -> str:
    parameter, value = next(iter(next(iter(cases.values())).items()))
    return f'{{"like": {min(cases)}, "{parameter}": {value!r}}}'
