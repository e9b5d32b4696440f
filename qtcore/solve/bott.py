"""Bott index and spin Chern number of disordered samples that are closed along and across.

With the projector P onto filled levels and the coordinates as angles, the matrices V = P exp(2 pi i y / L_y) P
and U alike for x nearly commute. The spectrum of V U V^+ U^+ lies near 1, and the sum of its phases is
2 pi times an integer: the Chern number. Loring and Hastings, EPL 92, 67004 (2010).

Where the spin is not conserved, P sigma_z P still has a gap around 0, and the filled levels come as two
halves with a Chern number each. Prodan, PRB 80, 125327 (2009).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import square_matrix
from qtcore.model.terms.contract import SIGMA_Z
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import checked_energy
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.occupied import spectra
from qtcore.solve.waves import positions
from qtcore.threads import one_thread

NEAR_CUT = 0.05
"""Distance of the spectrum of V U V^+ U^+ from the branch cut of the logarithm below which an index is
suspect. Far from a transition it is close to 1."""

NO_GAP = 1e-9
"""Distance of a level from the Fermi energy below which it is not known whether it is filled, relative to
the largest level."""

NO_SPIN_GAP = 0.05
"""Gap of P sigma_z P around 0 below which a spin Chern number is suspect; with conserved spin it is 1."""

_MATRICES = 6
"""Matrices of the size of H that an index needs besides all states."""


class _Index(NamedTuple):
    value: int
    branch: float


@dataclass(frozen=True, eq=False, repr=False)
class BottIndices(ShownFields):
    """Bott indices of every realization.

    Attributes
    ----------
    values : (realization,) int array
        Chern number of the filled levels.
    branch : (realization,) float array
        Distance of the spectrum of V U V^+ U^+ from the branch cut of the logarithm, which is 0 and the
        negative numbers. The index changes only where this passes through 0.
    gap : (realization,) float array
        Distance of the nearest level from the Fermi energy, units of t.
    suspect : (realization,) bool array
        Where the branch cut is closer than 0.05, or a level lies exactly at the Fermi energy.
    """

    values: NDArray[np.int64]
    branch: NDArray[np.float64]
    gap: NDArray[np.float64]
    suspect: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class SpinChernNumbers(ShownFields):
    """Spin Chern numbers of every realization.

    Attributes
    ----------
    up, down : (realization,) int arrays
        Chern numbers of the halves of the filled levels with positive and negative P sigma_z P.
    spin_gap : (realization,) float array
        Smallest absolute value in the spectrum of P sigma_z P, from 0 to 1.
    branch, gap : (realization,) float arrays
        As in `BottIndices`; `branch` is the smaller one of both halves.
    suspect : (realization,) bool array
        Where the spin gap or the branch cut is closer than 0.05, or a level lies exactly at the Fermi
        energy.
    """

    up: NDArray[np.int64]
    down: NDArray[np.int64]
    spin_gap: NDArray[np.float64]
    branch: NDArray[np.float64]
    gap: NDArray[np.float64]
    suspect: NDArray[np.bool_]

    @property
    def values(self) -> NDArray[np.float64]:
        """Spin Chern number (up - down) / 2, (realization,)."""
        return (self.up - self.down) / 2


@one_thread
def bott_index(
    wire: Wire, energy: float, length: int, realizations: Sequence[int], seed: int
) -> BottIndices:
    """Return the Bott index, which is the Chern number of a sample that is closed to a torus.

    Parameters
    ----------
    wire : Wire
        A strip that is closed across (periodic=True).
    energy : float
        Fermi energy, units of t.
    length : int
        Slices, at least three; the last one is coupled to the first.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble.

    Returns
    -------
    BottIndices
        `values` is (realization,), with the sign of `kubo_bastin` for axes="xy".

    Raises
    ------
    InputError
        If an argument is wrong, the lattice is not closed across, or the samples are too large for all of
        their states (time grows as the third power of the orbitals, memory as the square).
    """
    ensemble, fermi, angles = _torus(wire, energy, length, realizations, seed)
    found = []
    for sample in spectra(ensemble, fermi, _MATRICES):
        index = _index(sample.occupied, *angles[:, sample.rows])
        close = sample.gap <= NO_GAP * np.abs(sample.levels).max()
        found.append((index.value, index.branch, sample.gap, close or index.branch < NEAR_CUT))
    values, branch, gap, suspect = map(np.array, zip(*found, strict=True))
    return BottIndices(values.astype(np.int64), branch, gap, suspect)


@one_thread
def spin_chern_number(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    spin: Any = None,
) -> SpinChernNumbers:
    """Return the spin Chern number of samples that are closed to a torus, also with mixed spins.

    Parameters
    ----------
    wire, energy, length, realizations, seed
        As in `bott_index`.
    spin : (orbitals, orbitals) Hermitian array, optional
        What takes the place of sigma_z on the orbitals of a site, with eigenvalues 1 and -1: another
        component of the spin, or a layer. Terms that act on the spin have it outermost.

    Returns
    -------
    SpinChernNumbers
        `values` is (realization,).

    Raises
    ------
    InputError
        As in `bott_index`, and if the wire has no spin and none is given, or it is no such matrix.
    """
    ensemble, fermi, angles = _torus(wire, energy, length, realizations, seed)
    sigma = _checked_spin(ensemble.wire, spin)
    k, found = len(sigma), []
    for sample in spectra(ensemble, fermi, _MATRICES):
        whole = np.zeros((ensemble.size, sample.filled), dtype=np.complex128)
        whole[sample.rows] = sample.occupied
        of_sites = whole.reshape(ensemble.size // k, k, sample.filled)
        turned = np.einsum("ab,sbn->san", sigma, of_sites)
        spins, halves = np.linalg.eigh(whole.conj().T @ turned.reshape(whole.shape))
        states, up = sample.occupied @ halves, spins > 0
        indices = [_index(states[:, half], *angles[:, sample.rows]) for half in (up, ~up)]
        spin_gap = float(np.abs(spins).min(initial=1.0))
        branch = min(one.branch for one in indices)
        close = sample.gap <= NO_GAP * np.abs(sample.levels).max()
        suspect = close or branch < NEAR_CUT or spin_gap < NO_SPIN_GAP
        found.append((*(one.value for one in indices), spin_gap, branch, sample.gap, suspect))
    plus, minus, gaps, branches, away, doubts = map(np.array, zip(*found, strict=True))
    numbers = plus.astype(np.int64), minus.astype(np.int64)
    return SpinChernNumbers(*numbers, gaps, branches, away, doubts)


def refuse_unless_torus(wire: Wire, length: int) -> None:
    """Raise InputError unless a sample can be closed along and across."""
    if length < 3:
        raise InputError(f"a periodic sample needs at least 3 slices, got {length}")
    if len(wire.lattice.wraps()) != 1:
        raise InputError(
            f"a Bott index needs a strip that is closed across, got {wire.lattice!r}; use "
            "periodic=True, or chern_marker for samples with edges"
        )


def refuse_without_spin(wire: Wire) -> None:
    """Raise InputError unless sigma_z is known on the orbitals of a wire."""
    _checked_spin(wire, None)


def _torus(
    wire: Wire, energy: float, length: int, realizations: Sequence[int], seed: int
) -> tuple[ClosedEnsemble, float, NDArray[np.float64]]:
    """Return the samples, the Fermi energy, and where components are around both ways, (2, D) in radians."""
    fermi = checked_energy(energy)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, True)
    refuse_unless_torus(ensemble.wire, ensemble.length)
    (wrap,) = ensemble.wire.lattice.wraps()
    places = positions(ensemble.wire, ensemble.length)
    along = places[:, 0] / (ensemble.length * ensemble.wire.lattice.period)
    across = places @ wrap / (wrap @ wrap)
    return ensemble, fermi, 2 * math.pi * np.stack([along, across])


def _index(psi: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]) -> _Index:
    """Return the index of filled states (D, n), whose coordinates x and y are angles."""
    if not psi.shape[1]:
        return _Index(0, 1.0)
    U, V = ((psi.conj().T * np.exp(1j * angle)) @ psi for angle in (x, y))
    values = np.linalg.eigvals(V @ U @ V.conj().T @ U.conj().T)
    from_cut = np.where(values.real > 0, np.abs(values), np.abs(values.imag))
    return _Index(round(float(np.angle(values).sum()) / (2 * math.pi)), float(from_cut.min()))


def _checked_spin(wire: Wire, given: Any) -> NDArray[np.complex128]:
    """Return the matrix of the spin on the orbitals of a site, (k, k), or raise InputError."""
    k = wire.orbitals
    if given is None:
        if wire.spins == 1:
            raise InputError(
                "a spin Chern number needs electrons with spin, and no term of this wire acts on it; give "
                "the matrix on the orbitals of a site that plays its part: spin="
            )
        if wire.space.paired:
            raise InputError(
                "the spin of a wire with pairing is that of electrons and of holes; give the matrix on "
                "the orbitals of a site that plays its part: spin="
            )
        return np.kron(SIGMA_Z, np.eye(k // 2)).astype(np.complex128)
    matrix = square_matrix("spin", given, "numbers", "no unit")
    if matrix.shape != (k, k):
        raise InputError(
            f"spin must be a matrix on the {k} orbitals of a site, ({k}, {k}), got shape {matrix.shape}"
        )
    off = np.abs(matrix @ matrix - np.eye(k)).max() + np.abs(matrix - matrix.conj().T).max()
    if not off < 1e-9:
        raise InputError(
            "spin must be Hermitian with eigenvalues 1 and -1, such as a Pauli matrix; its square or its "
            f"adjoint is off by {off:.3g}"
        )
    return matrix
