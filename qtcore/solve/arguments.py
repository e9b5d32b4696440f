"""Checks of what every solver is asked."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from qtcore.errors import InputError, brief
from qtcore.model.checks import whole_number
from qtcore.model.wire import Wire

Side = Literal["left", "right"]


def checked_wire(wire: Any) -> Wire:
    """Return the wire, or raise InputError if it is none."""
    if not isinstance(wire, Wire):
        raise InputError(
            f"wire must be a qtcore.Wire, got {wire!r}; a KwantSystem has kwant_scattering_matrix(system, "
            "energy)"
        )
    return wire


def checked_energy(energy: float) -> float:
    """Return the energy as a finite float (units of t), or raise InputError."""
    try:
        value = float(energy)
    except (TypeError, ValueError):
        raise InputError(f"energy must be a number (units of t), got {energy!r}") from None
    if not math.isfinite(value):
        raise InputError(f"energy must be finite (units of t), got {value}")
    return value


def checked_incidence(incidence: Any) -> Side:
    """Return the side that waves come from, or raise InputError if it is none."""
    sides: tuple[Side, Side] = ("left", "right")
    for side in sides:
        if side == incidence:
            return side
    raise InputError(
        "incidence must be 'left' (waves from the lead at slice 0) or 'right', got "
        f"{brief(incidence)}"
    )


def checked_lengths(lengths: Sequence[int]) -> list[int]:
    """Return the lengths as ints, or raise InputError unless they are >= 1 and increasing."""
    numbers = [whole_number("length (slices)", length, 1) for length in lengths]
    if not numbers:
        raise InputError("lengths is empty; give at least one length (slices, >= 1)")
    for before, after in pairwise(numbers):
        if after <= before:
            word = "repeated" if after == before else "not sorted"
            raise InputError(f"lengths must increase strictly; {after} after {before} is {word}")
    return numbers


def checked_realizations(realizations: Sequence[int]) -> list[int]:
    """Return the realization numbers as ints, or raise InputError."""
    numbers = [whole_number("realization", number, 0) for number in realizations]
    if not numbers:
        raise InputError("realizations is empty; ask for at least one, such as range(100)")
    return numbers
