"""In what two runs differ: their sweeps field by field, functions, seed, versions and machine."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qtcore.errors import listed
from qtcore.store.header import Header
from qtcore.sweep.axes import Axis
from qtcore.sweep.program import program_differences
from qtcore.sweep.spec import Sweep
from qtcore.sweep.stored_draws import whole_sweep

NOWHERE = "–"
"""What a run without a field has there."""

ONLY_ONE = {"is new": (NOWHERE, "defined"), "is gone": ("defined", NOWHERE)}
"""What two runs have of a name that only one of their programs defines."""


@dataclass(frozen=True)
class Difference:
    """One field in which two runs differ.

    Attributes
    ----------
    part : str
        "sweep", "functions" or "provenance".
    field : str
        Its name.
    first, second : str
        What the runs have there, in words.
    """

    part: str
    field: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.field}: {self.first}, and {self.second}"


def differences(first: Header, second: Header) -> list[Difference]:
    """Return in what two stores differ apart from their numbers; nothing of them is executed.

    Raises
    ------
    InputError
        If the sweep of a store cannot be read.
    """
    one, other = (whole_sweep(header) for header in (first, second))
    found = [*_of_sweeps(one, other)]
    seeds = [
        tuple(draw.seed for draw in header.draws) or (sweep.seed,)
        for header, sweep in ((first, one), (second, other))
    ]
    if seeds[0] != seeds[1]:
        found.append(Difference("sweep", "seed", *map(listed, seeds)))
    return [*found, *_of_provenance(first, second)]


def _of_sweeps(first: Sweep, second: Sweep) -> Iterator[Difference]:
    yield from of_fields(first, second)
    for one, other in _pairs_of_axes(first, second):
        if one is not None and other is not None and one.values != other.values:
            yield Difference("sweep", f"values of {one.name}", _values(one), _values(other))
    for field in ("lengths", "realizations"):
        held = [getattr(sweep, field) for sweep in (first, second)]
        if held[0] != held[1]:
            yield Difference("sweep", field, *map(_short, held))
    same_grid = first.grid == second.grid and first.lengths == second.lengths
    if same_grid and first.spans != second.spans:
        yield Difference(
            "sweep", "windows of the lengths", *map(_windows, (first.spans, second.spans))
        )


def of_fields(first: Sweep, second: Sweep) -> Iterator[Difference]:
    """Yield the fields that say what a sample is: not where and how many samples are computed."""
    if first.workflow != second.workflow:
        yield Difference("sweep", "workflow", first.workflow, second.workflow)
    for one, other in _pairs_of_axes(first, second):
        yield from _of_axes(one, other)
    if {*first.names} == {*second.names} and first.names != second.names:
        yield Difference("sweep", "order of the axes", *map(listed, (first.names, second.names)))
    for name in dict.fromkeys((*first.constants, *second.constants)):
        values = [
            _exactly(sweep.constants[name]) if name in sweep.constants else NOWHERE
            for sweep in (first, second)
        ]
        if values[0] != values[1]:
            yield Difference("sweep", f"constant {name}", *values)
    for field in ("observables", "variables", "dimensions"):
        both = [sweep.model_dump(mode="json")[field] for sweep in (first, second)]
        if _exactly(both[0]) != _exactly(both[1]):
            names = [
                listed([o if isinstance(o, str) else o.get("name", "") for o in of]) for of in both
            ]
            told = names if names[0] != names[1] else [_exactly(of) for of in both]
            yield Difference("sweep", field, *(text or NOWHERE for text in told))
    for changed in program_differences(first.program, second.program):
        name, _, how = changed.partition(" ")
        if how in ONLY_ONE:
            yield Difference("functions", name, *ONLY_ONE[how])
        else:
            of_one = how == "was changed"
            yield Difference(
                "functions",
                name if of_one else "program",
                "one text",
                "another text" if of_one else f"another text: {changed}",
            )


def _pairs_of_axes(first: Sweep, second: Sweep) -> Iterator[tuple[Axis | None, Axis | None]]:
    old, new = ({axis.name: axis for axis in sweep.axes} for sweep in (first, second))
    for name in dict.fromkeys((*old, *new)):
        yield old.get(name), new.get(name)


def _of_axes(first: Axis | None, second: Axis | None) -> Iterator[Difference]:
    """Compare what the values of an axis mean, but not the values."""
    if first is None or second is None:
        name = (first or second or Axis((0,))).name
        told = (NOWHERE if axis is None else _values(axis) for axis in (first, second))
        yield Difference("sweep", f"axis {name}", *told)
        return
    for field in ("units", "whole"):
        one, other = (str(getattr(axis, field)) or "none" for axis in (first, second))
        if one != other:
            yield Difference("sweep", f"{field} of {first.name}", one, other)
    if bool(first.cases) != bool(second.cases):
        told = ("cases" if axis.cases else "numbers" for axis in (first, second))
        yield Difference("sweep", f"what {first.name} counts", *told)
        return
    for number in first.by_number.keys() & second.by_number.keys():
        both = [_exactly(axis.by_number[number]) for axis in (first, second)]
        if both[0] != both[1]:
            yield Difference("sweep", f"case {number} of {first.name}", *both)


def _of_provenance(first: Header, second: Header) -> Iterator[Difference]:
    held = [header.attributes for header in (first, second)]
    for field in ("preset", "definition", "git_revision", "precision"):
        one, other = (str(of.get(field) or NOWHERE) for of in held)
        if one != other:
            yield Difference("provenance", field, one, other)
    texts = [str(of.get("definition_source") or "") for of in held]
    if texts[0] != texts[1]:
        told = (f"{len(text.splitlines())} lines" if text else NOWHERE for text in texts)
        yield Difference("provenance", "text of the definition", *told)
    versions = [_parsed(of.get("versions")) for of in held]
    for name in dict.fromkeys((*versions[0], *versions[1])):
        one, other = (str(of.get(name, NOWHERE)) for of in versions)
        if one != other:
            yield Difference("provenance", f"version of {name}", one, other)
    clusters = [_parsed(of.get("cluster")) for of in held]
    for name in dict.fromkeys((*clusters[0], *clusters[1])):
        one, other = (_exactly(of[name]) if name in of else NOWHERE for of in clusters)
        if one != other:
            yield Difference("provenance", f"cluster, {name}", one, other)


def _parsed(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _exactly(value: Any) -> str:
    """Return a JSON value as a text, in which 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _values(axis: Axis) -> str:
    return listed(axis.values)


def _short(value: Any) -> str:
    return listed(value) if isinstance(value, tuple) else str(value)


def _windows(spans: tuple[tuple[int, int], ...] | None) -> str:
    return "all lengths everywhere" if spans is None else listed(spans)
