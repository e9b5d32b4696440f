"""Continue a store: more realizations, new values on an axis, and what is refused."""

import json
import logging
import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted, listed
from qtcore.store.finished import holds_nothing
from qtcore.store.folder import Folder
from qtcore.store.header import Header
from qtcore.store.open_store import OpenStore
from qtcore.store.place import Place
from qtcore.sweep.axes import Axis
from qtcore.sweep.cases import kind_of
from qtcore.sweep.names import OF_DATASETS, refuse_impossible
from qtcore.sweep.observables import LENGTH
from qtcore.sweep.program import program_differences
from qtcore.sweep.provenance import other_versions
from qtcore.sweep.spec import Sweep
from qtcore.sweep.stored_cases import setting_words
from qtcore.sweep.trusted import refuse_untrusted, vouch

log = logging.getLogger(__name__)

FIRST_FORMAT = 2
"""Stores before it hold a specification without a program."""


@dataclass(frozen=True)
class Continued:
    """A sweep as a store holds it from now on.

    Attributes
    ----------
    sweep : Sweep
        What was asked for and what is stored, new values at the end of their axis.
    earlier : list of int
        Realizations that some points had and no longer have.
    grows : bool
        Whether the store has to be extended.
    """

    sweep: Sweep
    earlier: list[int]
    grows: bool


def stored_sweep(header: Header) -> Sweep:
    """Return the sweep that a store was made for.

    Raises
    ------
    InputError
        If an older qtcore made the store, if runs of several seeds were put together in it, or if what
        it says of the sweep cannot be.
    """
    if header.attributes["qtcore_format"] < FIRST_FORMAT:
        raise InputError(
            f"{header.place} was made by an older qtcore (store format "
            f"{header.attributes['qtcore_format']}): it can be opened, but not continued; choose "
            "another --store"
        )
    if header.draws:
        raise InputError(
            f"{header.place} was put together of runs with the seeds "
            f"{listed([draw.seed for draw in header.draws])}, and is not continued or computed again as one "
            "run. Continue those runs, each in its own store, and put them together again with "
            "`qtcore merge`"
        )
    try:
        sweep = Sweep.from_fields(header.spec)
        _refuse_contradictions(sweep, header)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise InputError(
            f"the sweep that {header.place} holds cannot be read: {error}; `qtcore verify-store "
            f"{header.place}` finds out more"
        ) from None
    return sweep


def _refuse_contradictions(sweep: Sweep, header: Header) -> None:
    """Raise InputError if a store's sweep has impossible names, or is not that of its root."""
    dimensions = [axis.name for axis in sweep.dimensions]
    refuse_impossible(sweep.names, "an axis", OF_DATASETS)
    refuse_impossible(dimensions, "a dimension", OF_DATASETS)
    refuse_impossible((v.name for v in sweep.variables), "a variable", OF_DATASETS)
    refuse_impossible(sweep.constants, "a constant")
    stated = {
        "realizations": (header.realizations, sweep.largest_count),
        "seed": (header.attributes.get("seed", sweep.seed), sweep.seed),
    }
    for name, (of_root, of_sweep) in stated.items():
        if of_root != of_sweep:
            raise InputError(f"zarr.json says {name} {of_root}, and its sweep says {of_sweep}")
    known = {axis.name: len(axis.values) for axis in sweep.dimensions}
    known[LENGTH] = len(sweep.lengths)
    for name in {name for variable in sweep.outputs for name in variable.dims}:
        room, wanted = header.sizes.get(name, 0), max(1, known.get(name, 1))
        if room < wanted:
            raise InputError(f"zarr.json says size {room} of {name}, and its sweep says {wanted}")


def continued(asked: Sweep, header: Header) -> Continued:
    """Return the sweep that a store will hold when what is asked for is added.

    Raises
    ------
    InputError
        If the store was made for another sweep, with one line for each field that differs.
    UntrustedProgramError
        If nobody vouched for the functions of what is asked for.
    """
    stored, requested = stored_sweep(header), asked
    lines, asked = _compared(stored, asked)
    if lines:
        listed = "\n  ".join(lines)
        raise InputError(
            f"the store {header.place} was made for another sweep:\n  {listed}\n"
            f"{_way_on(stored, requested, to_a_goal=bool(header.attributes.get('precision')))}"
            f"{_way_from_nothing(header)}"
        )
    counts = asked.counts.reshape(asked.grid).copy()
    old = stored.counts.reshape(stored.grid)
    here = tuple(slice(0, n) for n in stored.grid)
    # Whole blocks stay what they are; only a last one that is not full has to be looked at again.
    earlier = sorted({int(n) for n in old[counts[here] > old] if n % header.block})
    counts[here] = np.maximum(counts[here], old)
    # Word for word: the same definitions may be written in another order or by another Python.
    # All of its statements are those of the program that was asked for: if that may run, so may it.
    refuse_untrusted(asked.program)
    vouch(stored.program)
    sweep = asked.changed(
        realizations=scalar_if_uniform(counts.ravel()),
        program=stored.program,
        constants=stored.constants,
    )
    return Continued(sweep, earlier, sweep != stored)


def _compared(stored: Sweep, asked: Sweep) -> tuple[list[str], Sweep]:
    """Return in which fields two sweeps differ, and the second one with the stored values first."""
    lines = differences(stored, asked)
    if not lines:
        asked = _in_order_of(stored, asked)
        lines = _window_differences(stored, asked)
    return lines, asked


def outdated(asked: Sweep, header: Header) -> list[str]:
    """Return in which fields a store without a sample differs from what its workflow is now.

    Such a store gives way. Nothing is returned for a store that stays: one that holds samples, is of
    another workflow, or agrees with what is asked for.
    """
    stored = stored_sweep(header)
    if stored.workflow != asked.workflow:
        return []
    lines, _ = _compared(stored, asked)
    return lines if lines and holds_nothing(header) else []


def begins(asked: Sweep, opened: OpenStore) -> bool:
    """Whether a run makes the store: there is none, or one that gives way."""
    return opened.is_vacant or bool(outdated(asked, opened.header))


def together(asked: Sweep, opened: OpenStore) -> Sweep:
    """Return the sweep that a store will hold, whether there is one yet or not; see `continued`."""
    return asked if begins(asked, opened) else continued(asked, opened.header).sweep


def target(asked: Sweep, opened: OpenStore) -> Sweep:
    """Return the same, and warn if the store goes on with other versions of packages."""
    if begins(asked, opened):
        return asked
    header = opened.header
    sweep = continued(asked, header).sweep
    changed = other_versions(header.attributes.get("versions", ""), sweep.program)
    if changed:
        log.warning(
            "%s was computed with other versions (%s): its old and new numbers may differ",
            header.place,
            "; ".join(changed),
        )
    return sweep


def scalar_if_uniform(counts: NDArray[np.int64]) -> int | tuple[int, ...]:
    """Return one number if all points have the same."""
    return int(counts[0]) if (counts == counts[0]).all() else tuple(int(n) for n in counts)


def _in_order_of(stored: Sweep, asked: Sweep) -> Sweep:
    """Return a sweep with the stored values of each axis first, in their order."""
    axes, takes = [], []
    for old, new in zip(stored.axes, asked.axes, strict=True):
        places = {value: place for place, value in enumerate(new.values)}
        axes.append(old.joined(new))
        takes.append([places[value] for value in axes[-1].values])

    def reordered(of_points: Any) -> NDArray[Any]:
        table = np.asarray(of_points)
        table = table.reshape((*asked.grid, *table.shape[1:]))
        return table[np.ix_(*takes)].reshape((asked.points, *table.shape[len(takes) :]))

    spans = None
    if asked.spans is not None:
        spans = tuple((int(lo), int(hi)) for lo, hi in reordered(asked.spans))
    counts = scalar_if_uniform(reordered(asked.counts))
    return asked.changed(axes=tuple(axes), spans=spans, realizations=counts)


def differences(stored: Sweep, asked: Sweep) -> list[str]:
    """Return one line for each field in which a stored sweep differs from the one asked for.

    Realizations may differ, and axes may have new values: that is an extension.
    """
    lines = _axis_differences(stored.axes, asked.axes)
    changed = program_differences(stored.program, asked.program)
    if changed:
        lines.append(f"functions that make the numbers: {'; '.join(changed)}")
    before, after = stored.model_dump(mode="json"), asked.model_dump(mode="json")
    for name in sorted({*before} - {"realizations", "axes", "program", "spans"}):
        if _exactly(before[name]) != _exactly(after[name]):
            lines.append(_line(name, _short(before[name]), _short(after[name])))
    return lines


def _exactly(value: Any) -> str:
    """Return a JSON value as a text, in which True, 1, 1.0, 0.0 and -0.0 are five values.

    Python calls some of them equal; functions may tell them apart.
    """
    return json.dumps(value, sort_keys=True)


def _way_on(stored: Sweep, asked: Sweep, *, to_a_goal: bool) -> str:
    """Say how to continue a store that was made for another sweep, with the options to give.

    Data decide the realizations of a store that has a precision goal: no option states them.
    """
    options = _missing_options(stored, asked)
    reason = ""
    if stored.lengths != asked.lengths:
        reason = (
            "Lengths cannot be added to a store, because one pass along a wire makes all of them. "
        )
    if not options:
        return (
            f"{reason}Choose another store, --store NEW.zarr, or ask for what this one holds: more realizations and new "
            "values on an axis extend it"
        )
    # Of points with numbers of their own nobody knows which option made them, and none is needed.
    is_even = isinstance(stored.realizations, int)
    if not to_a_goal and is_even and stored.largest_count > asked.largest_count:
        options += ["--realizations", str(stored.largest_count)]
    return (
        f"{reason}Choose another store, --store NEW.zarr. To continue this one, ask for what it holds and, if you like, for "
        "more realizations and new values on an axis. Add these options to your command; if it has "
        f"an option of the same name already, replace that one:\n  {shlex.join(options)}"
    )


def _way_from_nothing(header: Header) -> str:
    """Say how to begin anew where no sample is lost by it; nothing is deleted unasked."""
    if not holds_nothing(header):
        return ""
    return (
        "\nThis store holds no sample. If no run is under way in it, delete it and give the same "
        f"command again:\n  {_deletion(header.place)}"
    )


def _deletion(place: Place) -> str:
    if isinstance(place, Folder):
        return shlex.join(["rm", "-r", "--", place.address])
    return f"delete {place.address}"


def _missing_options(stored: Sweep, asked: Sweep) -> list[str]:
    """Return the options that make what is asked for an extension of what is stored.

    Nothing if there are none: other functions, say, or an axis more.
    """
    if [axis.name for axis in asked.axes] != [axis.name for axis in stored.axes]:
        return []
    if any(_case_differences(*pair) for pair in zip(stored.axes, asked.axes, strict=True)):
        return []
    # Where the definition chooses the lengths, new values may ask for others: those stored do not.
    alone = stored.spans is not None and stored.lengths != asked.lengths
    settings: dict[str, tuple[Any, ...]] = {
        old.name: old.values if alone else tuple(dict.fromkeys((*old.values, *new.values)))
        for old, new in zip(stored.axes, asked.axes, strict=True)
        if {*old.values} != {*new.values} and (alone or not {*old.values} <= {*new.values})
    }
    axes = [
        old.joined(new).with_values(settings.get(new.name, new.values))
        for old, new in zip(stored.axes, asked.axes, strict=True)
    ]
    for name, value in stored.constants.items():
        other = asked.constants.get(name, value)
        # An option keeps the type of what it replaces.
        is_settable = type(value) in (int, float) and type(value) is type(other)
        if is_settable and _exactly(value) != _exactly(other):
            settings[name] = (value,)
    if stored.spans is None and (asked.spans is not None or stored.lengths != asked.lengths):
        settings["lengths"] = stored.lengths
    constants = {n: settings.get(n, (one,))[0] for n, one in asked.constants.items()}
    once = {"spans": None, "realizations": 1}  # these may differ
    fields = {"axes": tuple(axes), "constants": constants, "seed": stored.seed}
    meant = asked.changed(**fields, **once, lengths=stored.lengths)
    if (stored.spans is not None and asked.spans is None) or differences(stored, meant):
        return []
    plain = Axis((0,))
    held, whole = ({axis.name: axis for axis in found} for found in (stored.axes, axes))
    words = [
        setting_words(name, v, held.get(name, plain), whole.get(name, plain))
        for name, v in settings.items()
    ]
    words += [["--seed", str(stored.seed)]] if stored.seed != asked.seed else []
    return [word for pair in words for word in pair]


def _axis_differences(stored: tuple[Axis, ...], asked: tuple[Axis, ...]) -> list[str]:
    old, new = ({axis.name: axis for axis in axes} for axes in (stored, asked))
    lines = []
    for name in (*old, *(other for other in new if other not in old)):
        if name not in old or name not in new:
            lines.append(_line(name, _values(old.get(name)), _values(new.get(name))))
        elif changed := _case_differences(old[name], new[name]):
            lines += changed
        elif _counted_in(old[name]) != _counted_in(new[name]):
            lines.append(_line(name, _counted_in(old[name]), _counted_in(new[name])))
        elif not {*old[name].values} <= {*new[name].values}:
            lines.append(_line(name, _values(old[name]), _values(new[name])))
    if not lines and [*old] != [*new]:
        lines.append(_line("order of the axes", ", ".join(old), ", ".join(new)))
    return lines


def _counted_in(axis: Axis) -> str:
    """Say what numbers an axis has, and in which unit: what it allows besides makes no other sweep."""
    numbers = "whole numbers" if axis.whole else "numbers"
    return f"{numbers} in units of {axis.units}" if axis.units else f"{numbers} without a unit"


def _case_differences(stored: Axis, asked: Axis) -> list[str]:
    """Compare cases that have the same number; another number for new ones makes an extension."""
    if (stored.parameters and asked.parameters) and {*stored.parameters} != {*asked.parameters}:
        names = (", ".join(axis.parameters) for axis in (stored, asked))
        return [_line(f"parameters of {stored.name}", *names)]
    if bool(stored.parameters) != bool(asked.parameters):
        words = ("cases with parameters" if a.parameters else "numbers" for a in (stored, asked))
        return [_line(stored.name, *words)]
    kinds = [{n: kind_of(axis.cases[0][n]) for n in axis.parameters} for axis in (stored, asked)]
    if kinds[0] != kinds[1]:
        told = [", ".join(f"{name}: {kind}" for name, kind in one.items()) for one in kinds]
        return [_line(f"parameters of {stored.name}", *told)]
    return [
        _line(f"case {number} of {stored.name}", str(case), str(asked.by_number[number]))
        for number, case in stored.by_number.items()
        if asked.by_number.get(number, case) != case
    ]


def _window_differences(stored: Sweep, asked: Sweep) -> list[str]:
    """Compare the windows of the lengths at the points that both sweeps have."""
    lo_hi = [
        np.array(sweep.spans or ((0, len(sweep.lengths)),) * sweep.points).reshape((*sweep.grid, 2))
        for sweep in (stored, asked)
    ]
    here = tuple(slice(0, n) for n in stored.grid)
    differs = int((lo_hi[0] != lo_hi[1][here]).any(axis=-1).sum())
    if not differs and (stored.spans is None) == (asked.spans is None):
        return []
    where = counted(differs, "points")
    return [f"spans: the windows of the lengths in the store are others at {where}"]


def _line(name: str, stored: str, asked: str) -> str:
    return f"{name}: the store has {stored}, asked for is {asked}"


def _values(axis: Axis | None) -> str:
    return "no such axis" if axis is None else _short(list(axis.values))


def _short(value: Any) -> str:
    return listed(value) if isinstance(value, list) else str(value)
