"""Observables of bars with many leads: names, dimensions, and who computes them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.store.layout import LENGTH, ArraySpec
from qtcore.sweep.axes import Axis
from qtcore.sweep.groups import in_groups
from qtcore.sweep.readings import Observable, names_in, readings_in, refuse_unknown_leads

if TYPE_CHECKING:
    from qtcore.model.terminals import Bar
    from qtcore.observe.terminals import TerminalScattering

TO, SOURCE = "to", "source"
"""Dimensions of the lead that waves go to, and of the one that they come from."""

_BETWEEN = {
    "T_ij": ("float64", "transmission from lead source to lead to, sum over modes"),
    "ln_T_ij": ("float64", "ln of the transmission from lead source to lead to"),
    "certificate_ij": ("float32", "bound on the relative error of T from lead source to lead to"),
}

OF_LEADS: dict[str, ArraySpec] = {
    name: ArraySpec(
        name, dtype, float("nan"), {"units": "", "long_name": words}, (LENGTH, TO, SOURCE)
    )
    for name, (dtype, words) in _BETWEEN.items()
} | {
    "N_i": ArraySpec(
        "N_i", "float32", float("nan"), {"units": "", "long_name": "open modes of lead to"}, (TO,)
    )
}
"""What is stored of bars besides `suspect` and what definitions declare (`Resistance`, ...)."""

OF_BOTH = ("suspect",)
"""Observables of wires that bars have too."""

USUAL_OF_BARS = ("T_ij", "certificate_ij", "suspect")
"""What messages recommend for a bar."""

_WORDS = {TO: "lead that waves go to", SOURCE: "lead that waves come from"}


def are_of_leads(observables: Iterable[Observable]) -> bool:
    """Whether bars are asked for, by what wires of two leads do not have."""
    return any(not isinstance(one, str) or one in OF_LEADS for one in observables)


def dimensions_of_leads(names: Iterable[str], leads: Sequence[str]) -> tuple[Axis, ...]:
    """Return the dimensions of leads that some observables have, labelled by the leads' names."""
    used = {d for name in names if name in OF_LEADS for d in OF_LEADS[name].dims}
    return tuple(
        Axis(labels=leads, long_name=words, name=name)
        for name, words in _WORDS.items()
        if name in used
    )


def refuse_unless_of_bars(observables: Sequence[Observable]) -> None:
    """Raise InputError if an observable has no meaning for a bar."""
    wrong = [n for n in names_in(observables) if n not in OF_LEADS and n not in OF_BOTH]
    if wrong:
        known = ", ".join((*OF_LEADS, *OF_BOTH))
        raise InputError(
            f"{wrong[0]} is of a Wire between two leads, not of a Bar with any number of them; of a bar "
            f"observables takes {known}, qt.Resistance(…), qt.Conductance(…) and qt.Voltage(…), such as "
            f"observables={USUAL_OF_BARS}"
        )


def refuse_unless_of_wires(observables: Sequence[Observable]) -> None:
    """Raise InputError if an observable has no meaning for a wire between two leads."""
    for one in observables:
        if not isinstance(one, str) or one in OF_LEADS:
            name = one if isinstance(one, str) else one.name
            raise InputError(
                f"{name} is of a Bar with any number of leads, and wire() gave a Wire: let it return one, "
                "such as qt.HallBar(…) or qt.Bar(wire), or ask for observables of wires, such as ln_g"
            )


def refuse_unless_leads_fit(
    bar: "Bar", energy: float, lengths: Sequence[int], observables: Sequence[Observable]
) -> None:
    """Raise InputError if a bar at an energy (units of t) cannot be asked for some observables.

    Raises
    ------
    InputError
        If an observable is not of bars, names a lead that is not there, a lead lies beyond the
        shortest length or sees no sample, or no mode is open in a lead.
    """
    from qtcore.solve.passage import refuse_leads_on_nothing
    from qtcore.solve.terminal_ports import ports

    refuse_unless_of_bars(observables)
    refuse_unknown_leads(readings_in(observables), bar.names)
    for length in (lengths[0], lengths[-1]):
        bar.check_length(length)
    refuse_leads_on_nothing(bar, lengths)
    ports(bar, energy)


def solve_leads(
    bar: "Bar",
    energy: float,
    lengths: Sequence[int],
    realizations: range,
    seed: int,
    observables: Sequence[Observable],
) -> dict[str, NDArray[Any]]:
    """Return observables of bars, each (realization, *its dimensions).

    Whole groups of samples are solved, so that a sample has the same bits in any block. Where ln T is
    asked for, every T is known however small it is; otherwise only those that matter.

    Parameters
    ----------
    bar, energy, lengths, realizations, seed
        As of `qtcore.terminal_scattering`.
    observables : sequence of str or Reading
        Names of `OF_LEADS`, suspect, and what is read off the leads.

    Raises
    ------
    InputError
        If the bar does not fit the lengths, or no mode is open in one of its leads.
    """
    from qtcore.observe.terminals import terminal_scattering

    refuse_unless_of_bars(observables)
    every = "ln_T_ij" in observables

    def solve(group: range) -> dict[str, NDArray[Any]]:
        solved = terminal_scattering(bar, energy, lengths, group, seed, every=every)
        return _read(solved, observables)

    return in_groups(realizations, solve)


def _read(
    solved: "Sequence[TerminalScattering]", observables: Sequence[Observable]
) -> dict[str, NDArray[Any]]:
    """Return the observables of some samples, (realization, *dimensions)."""
    from qtcore.solve.problem import THRESHOLD

    readings = {
        one.name: np.stack([one.of(each) for each in solved], axis=1)
        for one in readings_in(observables)
    }
    suspect = np.stack([each.suspect for each in solved], axis=1)
    for one in readings_in(observables):
        errors = np.stack([one.error_of(each) for each in solved], axis=1)
        # Nothing is silently missing: a sample in which no current flows has no resistance.
        suspect = suspect | np.isnan(readings[one.name]) | (errors > THRESHOLD)
    between = {
        "T_ij": lambda each: each.T,
        "ln_T_ij": lambda each: each.ln_T,
        "certificate_ij": lambda each: each.certificate,
    }
    made: dict[str, NDArray[Any]] = dict(readings)
    for name in names_in(observables):
        if name == "suspect":
            made[name] = suspect
        elif name == "N_i":
            made[name] = np.broadcast_to(
                np.asarray(solved[0].channels), (len(suspect), len(solved[0].channels))
            )
        else:
            made[name] = np.stack([between[name](each) for each in solved], axis=1)
    return made
