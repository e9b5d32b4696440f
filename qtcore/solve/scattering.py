"""What a wire does to an electron: the choice of a solver, and the checks of what it is asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.lanes import LANES
from qtcore.model.lattice import whole_number
from qtcore.model.wire import Wire
from qtcore.solve.choice import choose
from qtcore.solve.modes import Modes, general_modes, lead_modes
from qtcore.solve.recursive import ln_eigenvalues, scattering_matrices
from qtcore.solve.transfer import TIGHT, USUAL, Tightness, transfer

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
    if wire.plain_strip is not None:
        return lead_modes(wire.plain_strip[0], energy, wire.phase if wire.field_in_leads else 0.0)
    slices = wire.slices()
    return general_modes(slices.lead_h, slices.lead_v, energy)


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
    method: str = "auto",
) -> Scattering:
    """Solve an ensemble of wires at every length, in one pass over their slices.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble, >= 0.
    method : {"auto", "transfer", "recursive"}
        Which solver; "auto" takes transfer wherever the slices' coupling can be inverted.

    Raises
    ------
    InputError
        If an argument is wrong, or no channel is open at this energy.
    """
    asked = _asked(wire, energy, lengths, realizations, seed, method)
    ln_g, reflection, certificate, _ = _solved(asked, amplitudes=False)
    rows = asked.rows
    certificate = certificate[rows]
    return Scattering(
        ln_g[rows], reflection[rows], certificate, ~(certificate <= THRESHOLD), asked.modes.channels
    )


def ln_conductance(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
) -> NDArray[np.float64]:
    """Return ln g, (realization, length); see `scattering`."""
    return scattering(wire, energy, lengths, realizations, seed, method).ln_g


def ln_transmission_eigenvalues(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
) -> NDArray[np.float64]:
    """Return ln T_n, (realization, length, channel), largest first; see `scattering`.

    T_n are the eigenvalues of t^+ t. Those below about 1e-20 of the largest are lost in the
    rounding error of t (`solve.lyapunov` resolves them all).
    """
    asked = _asked(wire, energy, lengths, realizations, seed, method)
    _, _, _, waves = _solved(asked, amplitudes=True)
    return ln_eigenvalues(*waves)[asked.rows]


class _Asked(NamedTuple):
    """A checked request: whole groups, and the rows in them that were asked for."""

    wire: Wire
    modes: Modes
    energy: float
    lengths: list[int]
    groups: list[int]
    rows: NDArray[np.intp]
    seed: int
    method: str


class _Solved(NamedTuple):
    """ln g, reflection, certificate (realization, length); (t, log_scale) where asked for."""

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    waves: tuple[NDArray[np.complex128], NDArray[np.float64]]


def _asked(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str,
) -> _Asked:
    energy, numbers = checked_energy(energy), checked_lengths(lengths)
    samples = checked_realizations(realizations)
    seed = whole_number("seed", seed, 0)
    modes = wire_modes(wire, energy)
    wire.check_length(numbers[-1])
    groups = sorted({number // LANES for number in samples})
    place = {group: k for k, group in enumerate(groups)}
    rows = [LANES * place[number // LANES] + number % LANES for number in samples]
    chosen = choose(wire, method).method
    return _Asked(wire, modes, energy, numbers, groups, np.array(rows), seed, chosen)


def _solved(asked: _Asked, *, amplitudes: bool) -> _Solved:
    if asked.method == "recursive":
        return _recursive(asked)
    found = _transferred(asked, asked.groups, USUAL, amplitudes=amplitudes)
    doubtful = found.certificate.max(axis=1).reshape(-1, LANES).max(axis=1) > THRESHOLD
    if doubtful.any():
        again = [group for group, bad in zip(asked.groups, doubtful, strict=True) if bad]
        tighter = _transferred(asked, again, TIGHT, amplitudes=amplitudes)
        lanes = np.flatnonzero(np.repeat(doubtful, LANES))
        # Only the samples in doubt are replaced: the others keep the bits that they have alone.
        replace = found.certificate[lanes].max(axis=1) > THRESHOLD
        for kept, new in zip(
            (*found[:3], *found.waves), (*tighter[:3], *tighter.waves), strict=True
        ):
            kept[lanes[replace]] = new[replace]
    return found


def _transferred(
    asked: _Asked, groups: Sequence[int], tightness: Tightness, *, amplitudes: bool
) -> _Solved:
    wire, modes, energy, lengths, _, _, seed, _ = asked
    found = transfer(wire, modes, energy, lengths, groups, seed, tightness, amplitudes=amplitudes)
    rounding = ROUNDING * found.amplification + CONDITION * np.abs(found.ln_g)
    defect = _unitarity_defect(found.ln_g, found.reflection, modes.channels)
    waves = (found.t, found.log_scale)
    return _Solved(found.ln_g, found.reflection, np.maximum(defect, rounding), waves)


def _recursive(asked: _Asked) -> _Solved:
    """Solve group by group by recursive Green's functions; there is nothing to tighten."""
    wire, modes, energy, lengths, groups, _, seed, _ = asked
    slices, blocks = wire.slices(), []
    for group in groups:
        numbers = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        potential = wire.potential_of(numbers, 0, lengths[-1], seed)
        blocks.append(scattering_matrices(slices, energy, lengths, potential))

    def gathered(name: str) -> NDArray[Any]:
        return np.concatenate(
            [np.stack([getattr(S, name) for S in block], axis=1) for block in blocks]
        )

    ln_g, reflection = gathered("ln_g"), gathered("reflection")
    defect = np.maximum(
        _unitarity_defect(ln_g, reflection, modes.channels), CONDITION * np.abs(ln_g)
    )
    return _Solved(ln_g, reflection, defect, (gathered("t"), gathered("log_scale")))


def _unitarity_defect(
    ln_g: NDArray[np.float64], reflection: NDArray[np.float64], channels: int
) -> NDArray[np.float64]:
    return np.abs(np.exp(ln_g) + reflection - channels) / channels
