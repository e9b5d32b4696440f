"""What a wire does to an electron: the choice of a solver, and the checks of what it is asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.lanes import LANES
from qtcore.model.lattice import whole_number
from qtcore.model.wire import Wire
from qtcore.solve.modes import Modes, lead_modes
from qtcore.solve.transfer import TIGHT, USUAL, Transferred, transfer

THRESHOLD = 1e-6
"""Certificate above which a sample is solved again, and flagged if that does not help."""

ROUNDING = 2.0**-48
"""Error of ln g that an amplification of one stands for: sixteen units in the last place, with
which the certificate covers the error of 998 samples in 1,000 from W = 0.5 to 30."""

CONDITION = 2.0**-40
"""Error of ln g relative to its own size: what an exact solver leaves in double precision, since
every on-site value carries its own rounding error."""


@dataclass(frozen=True)
class Scattering:
    """Conductance and reflection of an ensemble of wires; every array is (realization, length).

    Attributes
    ----------
    ln_g : float array
        Natural logarithm of g = sum_n T_n (e²/h per spin), exact at any length.
    reflection : float array
        Total reflection sum_n R_n.
    certificate : float array
        Estimate, on the safe side, of the error of ln g (that is the relative error of g): the
        larger of the unitarity defect |sum (T + R) / N - 1| and of the rounding errors that the
        solver knows it has amplified, which means something however small g is.
    suspect : bool array
        The certificate stayed above its threshold although the sample was solved again with
        tighter re-orthogonalisation.
    channels : int
        Number N of open modes in each lead.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    channels: int


def checked_energy(energy: float) -> float:
    """Return the energy as a finite float (units of t), or raise InputError."""
    try:
        value = float(energy)
    except (TypeError, ValueError):
        raise InputError(f"energy must be a number (units of t), got {energy!r}") from None
    if not math.isfinite(value):
        raise InputError(f"energy must be finite (units of t), got {value}")
    return value


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


def wire_modes(wire: Wire, energy: float) -> Modes:
    """Return the modes of the wire's leads at an energy (units of t)."""
    if not isinstance(wire, Wire):
        raise InputError(f"wire must be a qtcore.Wire, got {wire!r}")
    return lead_modes(wire.lattice, energy, wire.phase if wire.field_in_leads else 0.0)


def open_channels(wire: Wire, energy: float) -> int:
    """Return the number N of open modes of the wire's leads at an energy (units of t).

    Raises
    ------
    InputError
        If the energy is no finite number or no mode is open.
    """
    return wire_modes(wire, checked_energy(energy)).channels


def scattering(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
) -> Scattering:
    """Solve an ensemble of wires at every length, in one pass over their slices."""
    energy, lengths = checked_energy(energy), checked_lengths(lengths)
    realizations = checked_realizations(realizations)
    seed = whole_number("seed", seed, 0)
    modes = wire_modes(wire, energy)
    groups = sorted({number // LANES for number in realizations})
    row = {
        group * LANES + lane: LANES * k + lane
        for k, group in enumerate(groups)
        for lane in range(LANES)
    }
    rows = np.array([row[number] for number in realizations])
    ln_g, reflection, certificate = _certified(
        transfer(wire, modes, energy, lengths, groups, seed, USUAL), modes.channels
    )
    doubtful = certificate.max(axis=1).reshape(-1, LANES).max(axis=1) > THRESHOLD
    if doubtful.any():
        again = [group for group, bad in zip(groups, doubtful, strict=True) if bad]
        tighter = _certified(
            transfer(wire, modes, energy, lengths, again, seed, TIGHT), modes.channels
        )
        lanes = np.repeat(doubtful, LANES)
        # Only the samples in doubt are replaced: the others keep the bits that they have alone.
        replace = certificate[lanes].max(axis=1) > THRESHOLD
        for kept, new in zip((ln_g, reflection, certificate), tighter, strict=True):
            kept[np.flatnonzero(lanes)[replace]] = new[replace]
    certificate = certificate[rows]
    return Scattering(
        ln_g[rows], reflection[rows], certificate, ~(certificate <= THRESHOLD), modes.channels
    )


def _certified(
    found: Transferred, channels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ln g, the reflection and the certificate made of both of its parts."""
    defect = np.abs(np.exp(found.ln_g) + found.reflection - channels) / channels
    rounding = ROUNDING * found.amplification + CONDITION * np.abs(found.ln_g)
    return found.ln_g, found.reflection, np.maximum(defect, rounding)


def ln_conductance(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
) -> NDArray[np.float64]:
    """Return ln g, (realization, length)."""
    return scattering(wire, energy, lengths, realizations, seed).ln_g
