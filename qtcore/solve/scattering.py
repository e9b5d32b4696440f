"""What a wire does to an electron: the choice of a solver, and the checks of what it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.lanes import LANES
from qtcore.model.checks import not_negative
from qtcore.model.lattice import whole_number
from qtcore.model.wire import Wire
from qtcore.solve.asked import (
    checked_energy,
    checked_lengths,
    checked_realizations,
    checked_wire,
)
from qtcore.solve.choice import choose
from qtcore.solve.lead_errors import Nudged, lead_errors
from qtcore.solve.modes import Modes, general_modes, lead_modes
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import addressed
from qtcore.solve.shared import SharedDisorder
from qtcore.solve.smatrix import SMatrices, ln_eigenvalues
from qtcore.solve.transfer import TIGHT, USUAL, Member, Tightness, transfer_family

THRESHOLD = 1e-6
"""Certificate above which a sample is solved again, and flagged if that does not help."""

ROUNDING = 2.0**-48
"""Error of ln g that an amplification of one stands for: sixteen units in the last place, with
which the certificate covers the error of 998 samples in 1,000 from W = 0.5 to 30."""

CONDITION = 2.0**-40
"""Error of ln g relative to its own size plus four: what an exact solver leaves in double precision,
since every on-site value carries its own rounding error."""


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
        largest of the unitarity defect |sum (T + R) / N - 1| (of an absorbing wire only what T + R
        has above N), of the rounding errors that the
        solver knows it has amplified, which means something however small g is, and of what
        rounding errors of the energy do close to a threshold or a crossing of bands.
    suspect : bool array
        The certificate stayed above its threshold although the sample was solved again with
        tighter re-orthogonalisation.
    channels : int
        Number N of open modes in each lead.
    ln_T : (realization, length, channel) float array or None
        Transmission eigenvalues, where they were asked for; see `ln_transmission_eigenvalues`.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    channels: int
    ln_T: NDArray[np.float64] | None = None


def wire_modes(wire: Wire, energy: float, absorption: float = 0.0, nudge: float = 0.0) -> Modes:
    """Return the modes of the wire's leads at an energy (units of t), nudged by rounding errors.

    In the gauge that the transfer solver takes for such a sample with this absorption.
    """
    strip = checked_wire(wire).strip
    if strip is not None and absorption == 0:
        phase = wire.phase if wire.field_in_leads else 0.0
        return lead_modes(strip, energy, phase, nudge)
    slices = wire.slices()
    return general_modes(slices.lead_h, slices.lead_v, energy, nudge)


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
    absorption: float = 0.0,
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
    absorption : float
        eta >= 0 of a self-energy -i eta on every site of the sample (units of t): T + R < N.

    Raises
    ------
    InputError
        If an argument is wrong, or no channel is open at this energy.
    """
    return scattering_family([(wire, energy)], lengths, realizations, seed, method, absorption)[0]


def scattering_family(
    members: Sequence[tuple[Wire, float]],
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
    *,
    eigenvalues: bool = False,
) -> list[Scattering]:
    """Solve the same impurity configurations at several energies, in several fields, with gates.

    The disorder is made once for all members; each result has the bits that `scattering` gives.

    Parameters
    ----------
    members : sequence of (Wire, float)
        Wires and energies (units of t). The wires must have the same sites and the same disorder;
        field, terms, gates and leads may differ.
    lengths, realizations, seed, method, absorption
        As in `scattering`.
    eigenvalues : bool
        Whether to return the transmission eigenvalues too.

    Returns
    -------
    list of Scattering
        One for each member.

    Raises
    ------
    InputError
        If an argument is wrong, no channel is open, or the wires differ in their disorder.
    """
    family = _asked_family(members, lengths, realizations, seed, method, absorption)
    found = _solved_family(family, amplitudes=eigenvalues)
    return [
        _scattering(asked, solved, eigenvalues=eigenvalues)
        for asked, solved in zip(family, found, strict=True)
    ]


def ln_conductance(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
) -> NDArray[np.float64]:
    """Return ln g, (realization, length); see `scattering`."""
    return scattering(wire, energy, lengths, realizations, seed, method, absorption).ln_g


def ln_transmission_eigenvalues(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
) -> NDArray[np.float64]:
    """Return ln T_n, (realization, length, channel), largest first; see `scattering`.

    T_n are the eigenvalues of t^+ t. Those below about 1e-20 of the largest are lost in the
    rounding error of t (`solve.lyapunov` resolves them all).
    """
    asked = _asked(wire, energy, lengths, realizations, seed, method, absorption)
    return _ln_T(asked, _solved_family([asked], amplitudes=True)[0])


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
    absorption: float
    free: bool
    nudge: float = 0.0


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
    absorption: float,
) -> _Asked:
    energy, numbers = checked_energy(energy), checked_lengths(lengths)
    samples = checked_realizations(realizations)
    seed = whole_number("seed", seed, 0)
    eta = not_negative("absorption", absorption, "units of t")
    modes = wire_modes(wire, energy, eta)
    wire.check_length(numbers[-1])
    groups = sorted({number // LANES for number in samples})
    place = {group: k for k, group in enumerate(groups)}
    rows = [LANES * place[number // LANES] + number % LANES for number in samples]
    chosen = choose(wire, method, eta).method
    free = method == "auto"
    return _Asked(wire, modes, energy, numbers, groups, np.array(rows), seed, chosen, eta, free)


def _asked_family(
    members: Sequence[tuple[Wire, float]],
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str,
    absorption: float,
) -> list[_Asked]:
    if len(members) == 0:
        raise InputError("members is empty; give at least one (wire, energy)")
    family = [
        _asked(wire, energy, lengths, realizations, seed, method, absorption)
        for wire, energy in members
    ]
    first = family[0]
    for number, other in enumerate(family[1:], start=1):
        if _impurities(other) != _impurities(first):
            raise InputError(
                "all wires of a family must have the same sites and the same disorder; member "
                f"{number} has {other.wire.disorder!r} on {other.wire.lattice!r}, member 0 has "
                f"{first.wire.disorder!r} on {first.wire.lattice!r}"
            )
    return family


def _impurities(asked: _Asked) -> list[object]:
    """Return what is the same for wires with the same impurities."""
    wire = asked.wire
    parts: list[object] = [wire.width]
    for number, disorder in enumerate(wire.disorders):
        # A given potential has no key of its own.
        parts.append(wire.key(asked.seed, number).tobytes() if disorder.random else disorder)
    return parts


def _ln_T(asked: _Asked, solved: _Solved) -> NDArray[np.float64]:
    return ln_eigenvalues(*solved.waves)[asked.rows]


def _scattering(asked: _Asked, solved: _Solved, *, eigenvalues: bool) -> Scattering:
    rows = asked.rows
    certificate = solved.certificate[rows]
    suspect = ~(certificate <= THRESHOLD)
    return Scattering(
        solved.ln_g[rows],
        solved.reflection[rows],
        certificate,
        suspect,
        asked.modes.channels,
        _ln_T(asked, solved) if eigenvalues else None,
    )


def _solved_family(family: Sequence[_Asked], *, amplitudes: bool) -> list[_Solved]:
    """Solve every member; those that share a solver share the making of their disorder."""
    fast = [k for k, asked in enumerate(family) if asked.method == "transfer"]
    slow = [k for k, asked in enumerate(family) if asked.method == "recursive"]
    solved: dict[int, _Solved] = {}
    if fast:
        members = [family[k] for k in fast]
        found = _transferred(members, members[0].groups, USUAL, amplitudes=amplitudes)
        for k, one in zip(fast, found, strict=True):
            solved[k] = _mended(family[k], one, amplitudes=amplitudes)
    if slow:
        solved.update(zip(slow, _recursive([family[k] for k in slow]), strict=True))
    return [_with_lead_errors(asked, solved[k]) for k, asked in enumerate(family)]


def _with_lead_errors(asked: _Asked, found: _Solved) -> _Solved:
    """Add to the certificate what rounding errors of the energy do; see `lead_errors`."""

    def nudged(nudge: float) -> Nudged:
        modes = wire_modes(asked.wire, asked.energy, asked.absorption, nudge)
        moved = asked._replace(modes=modes, nudge=nudge)
        other = (
            _transferred([moved], moved.groups, USUAL, amplitudes=False)
            if asked.method == "transfer"
            else _recursive([moved])
        )[0]
        return Nudged(modes.channels, other.ln_g, other.reflection)

    if not asked.modes.delicate:
        return found
    here = Nudged(asked.modes.channels, found.ln_g, found.reflection)
    return found._replace(certificate=np.maximum(found.certificate, lead_errors(here, nudged)))


def _mended(asked: _Asked, found: _Solved, *, amplitudes: bool) -> _Solved:
    """Solve samples in doubt again, with tighter re-orthogonalisation."""
    doubtful = found.certificate.max(axis=1).reshape(-1, LANES).max(axis=1) > THRESHOLD
    if doubtful.any():
        again = [group for group, bad in zip(asked.groups, doubtful, strict=True) if bad]
        tighter = _transferred([asked], again, TIGHT, amplitudes=amplitudes)[0]
        lanes = np.flatnonzero(np.repeat(doubtful, LANES))
        # Only the samples in doubt are replaced: the others keep the bits that they have alone.
        replace = found.certificate[lanes].max(axis=1) > THRESHOLD
        for kept, new in zip(
            (*found[:3], *found.waves), (*tighter[:3], *tighter.waves), strict=True
        ):
            kept[lanes[replace]] = new[replace]
    return _refereed(asked, found, amplitudes=amplitudes)


def _refereed(asked: _Asked, found: _Solved, *, amplitudes: bool) -> _Solved:
    """Take the recursive solver for samples that are in doubt because the leads' waves meet."""
    doubtful = found.certificate.max(axis=1) > THRESHOLD
    if not (asked.free and asked.modes.delicate and doubtful.any()):
        return found
    in_group = doubtful.reshape(-1, LANES).any(axis=1)
    groups = [group for group, bad in zip(asked.groups, in_group, strict=True) if bad]
    other = _recursive([asked._replace(groups=groups)])[0]
    lanes = np.flatnonzero(np.repeat(in_group, LANES))
    better = doubtful[lanes] & (
        other.certificate.max(axis=1) < found.certificate[lanes].max(axis=1)
    )
    kept = (*found[:3], *(found.waves if amplitudes else ()))
    for one, new in zip(kept, (*other[:3], *other.waves), strict=False):
        one[lanes[better]] = new[better]
    return found


def _transferred(
    family: Sequence[_Asked], groups: Sequence[int], tightness: Tightness, *, amplitudes: bool
) -> list[_Solved]:
    members = [Member(asked.wire, asked.modes, asked.energy, asked.absorption) for asked in family]
    lengths, seed = family[0].lengths, family[0].seed
    solved = []
    for asked, found in zip(
        family,
        transfer_family(members, lengths, groups, seed, tightness, amplitudes=amplitudes),
        strict=True,
    ):
        rounding = ROUNDING * found.amplification + CONDITION * (4 + np.abs(found.ln_g))
        defect = _defect(found.ln_g, found.reflection, asked)
        waves = (found.t, found.log_scale)
        certificate = np.maximum(defect, rounding)
        solved.append(_Solved(found.ln_g, found.reflection, certificate, waves))
    return solved


def _recursive(family: Sequence[_Asked]) -> list[_Solved]:
    """Solve group by group by recursive Green's functions; there is nothing to tighten."""
    lengths, seed = family[0].lengths, family[0].seed
    blocks: list[list[list[SMatrices]]] = [[] for _ in family]
    for group in family[0].groups:
        numbers = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        shared = SharedDisorder(family[0].wire, numbers, seed, keep=len(family) > 1)
        for asked, found in zip(family, blocks, strict=True):
            wire, energy = asked.wire, asked.energy
            _, hopping = addressed(wire, numbers, seed)
            potential = shared.potential(wire)
            found.append(
                scattering_matrices(
                    wire.slices(),
                    energy,
                    lengths,
                    potential,
                    asked.absorption,
                    hopping,
                    asked.nudge,
                )
            )
    return [_gathered(asked, found) for asked, found in zip(family, blocks, strict=True)]


def _gathered(asked: _Asked, blocks: Sequence[Sequence[SMatrices]]) -> _Solved:
    """Return the results of all groups, realization by realization."""

    def gathered(name: str) -> NDArray[Any]:
        return np.concatenate(
            [np.stack([getattr(S, name) for S in block], axis=1) for block in blocks]
        )

    ln_g, reflection = gathered("ln_g"), gathered("reflection")
    rounding = CONDITION * (4 + np.abs(ln_g)) + (ROUNDING if asked.absorption else 0.0)
    defect = np.maximum(_defect(ln_g, reflection, asked), rounding)
    return _Solved(ln_g, reflection, defect, (gathered("t"), gathered("log_scale")))


def _defect(
    ln_g: NDArray[np.float64], reflection: NDArray[np.float64], asked: _Asked
) -> NDArray[np.float64]:
    """Return by how much T + R misses N, per channel; of an absorbing wire, what it has too much."""
    channels = asked.modes.channels
    excess = (np.exp(ln_g) + reflection - channels) / channels
    return np.maximum(excess, 0.0) if asked.absorption else np.abs(excess)
