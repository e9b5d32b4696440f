"""Checks of what every solver is asked."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qtcore.errors import InputError, QtcoreError, brief
from qtcore.model.checks import finite_number, whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qtcore.model.wire import Wire


Side = Literal["left", "right"]

LEAST_TOLERANCE, LARGEST_TOLERANCE = 1e-10, 1e-3
"""Of ln g: certificates are at least 4e-12 and grow with ln g and the length; from 1e-6 on nothing
gets faster."""

_FEW, _PER_NUMBER = 10**6, 100
"""So many numbers fit everywhere; bytes that each takes otherwise."""

LARGEST = 2**63 - 1
"""Of a length or the number of a realization: both are counted in 64 bits."""


def checked_wire(wire: Any, *, junction: bool = False) -> "Wire":
    """Return the wire, or raise InputError if it is none.

    A wire with one normal and one superconducting lead is refused unless `junction` says that it fits.
    """
    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire

    if isinstance(wire, Bar):
        raise InputError(
            f"wire must be a qtcore.Wire, got a Bar with the leads {', '.join(wire.names)}: use "
            "terminal_scattering(bar, energy, ...), which also takes method=; its wire is bar.wire"
        )
    if not isinstance(wire, Wire):
        raise InputError(
            f"wire must be a qtcore.Wire, got {brief(wire)}; a KwantSystem has "
            "kwant_scattering_matrix(system, energy), a Bar terminal_scattering(bar, energy, ...)"
        )
    if wire.is_junction and not junction:
        raise InputError(
            "one lead of this wire is a superconductor and the other one is not (in_leads='left' or "
            "'right'), which is for observe.andreev and qt.scattering_matrices, and for "
            "qt.sample_with_leads; this call takes wires whose leads are alike (in_leads=True or False)"
        )
    return wire


def checked_energy(energy: Any) -> float:
    """Return the energy as a finite float (units of t), or raise InputError."""
    return finite_number("energy", energy, "units of t")


def checked_incidence(incidence: Any) -> Side:
    """Return the side that waves come from, or raise InputError if it is none."""
    sides: tuple[Side, Side] = ("left", "right")
    for side in sides:
        if isinstance(incidence, str) and side == incidence:
            return side
    raise InputError(
        "incidence must be 'left' (waves from the lead at slice 0) or 'right', got "
        f"{brief(incidence)}"
    )


def checked_tolerance(tolerance: Any) -> float | None:
    """Return the error of ln g that is asked for, None if none is, or raise InputError."""
    if tolerance is None:
        return None
    error = finite_number("tolerance", tolerance, "error of ln g")
    if not LEAST_TOLERANCE <= error <= LARGEST_TOLERANCE:
        why = (
            "double precision certifies no sample to less"
            if error < LEAST_TOLERANCE
            else "with more, suspect samples would have hardly a digit"
        )
        raise InputError(
            f"tolerance (error of ln g) must be from {LEAST_TOLERANCE:g} to {LARGEST_TOLERANCE:g}, "
            f"got {error:g}: {why}"
        )
    return error


def increasing(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return the lengths, or raise InputError that names the first one that does not increase."""
    for before, after in pairwise(lengths):
        if after <= before:
            word = "repeated" if after == before else "not sorted"
            raise InputError(f"{after} after {before} is {word}")
    return lengths


def checked_lengths(lengths: Sequence[int]) -> tuple[int, ...]:
    """Return the lengths as ints, or raise InputError unless they are >= 1 and increasing."""
    numbers = _whole_numbers("lengths", lengths, "[100, 200]", "length (slices)", 1)
    if not numbers:
        raise InputError("lengths is empty; give at least one length (slices, >= 1)")
    try:
        return increasing(numbers)
    except InputError as error:
        raise InputError(f"lengths must increase strictly; {error}") from None


def checked_realizations(realizations: Sequence[int]) -> tuple[int, ...]:
    """Return the realization numbers as ints, or raise InputError."""
    numbers = _whole_numbers("realizations", realizations, "range(100)", "realization", 0)
    if not numbers:
        raise InputError("realizations is empty; ask for at least one, such as range(100)")
    return numbers


def refuse_what_is_not_finite(what: str, *found: "NDArray[Any]") -> None:
    """Raise QtcoreError unless all numbers of a result are finite."""
    if not all(np.isfinite(numbers).all() for numbers in found):
        raise QtcoreError(
            f"{what} came out infinite or as NaN: a number on the way was too large for double "
            "precision; take energies, strengths and states of usual size"
        )


def _refuse_too_many(name: str, given: Any) -> None:
    """Raise InputError if the members of a sequence do not fit into the memory as numbers."""
    if not hasattr(given, "__len__"):
        return
    try:
        count = len(given)
    except OverflowError:  # a range
        count = LARGEST
    if count > _FEW:
        from qtcore.room import refuse_more_than_memory

        refuse_more_than_memory(
            _PER_NUMBER * count, f"{count:,} numbers in {name}", "ask for them in several calls"
        )


def _whole_numbers(name: str, given: Any, example: str, one: str, least: int) -> tuple[int, ...]:
    """Return the members of a sequence, each of which messages call `one`."""
    try:
        _refuse_too_many(name, given)
        members = list(given)
    except TypeError:
        raise InputError(
            f"{name} must be a sequence of whole numbers such as {example}, got {brief(given)}"
        ) from None
    numbers = tuple(whole_number(one, member, least) for member in members)
    if max(numbers, default=0) > LARGEST:
        raise InputError(f"{one} must be at most 2^63 - 1, got {max(numbers)}")
    return numbers
