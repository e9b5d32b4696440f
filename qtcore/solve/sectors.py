"""The modes of a lead sorted by a quantity that the lead conserves.

A Hermitian matrix Q on a slice that commutes with h and v takes modes to modes of the same wave
number: Q psi_j = sum_i psi_i C_ij. The current between two waves, J, commutes with Q, so that
C = psi^+ J Q psi is Hermitian for waves of unit flux, and zero between waves of different wave
number. Waves that it mixes, which are the degenerate ones, are turned into its eigenvectors. Every
mode then belongs to one eigenspace of Q, its sector, and S falls into blocks S_ab from sector b of
one lead to sector a of another one.

It serves any lead and any such matrix: the spin along an axis, an orbital, electrons and holes in
a normal lead.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from qtcore.errors import InputError
from qtcore.solve.contacts import Lead
from qtcore.solve.energies import EnergyError
from qtcore.solve.modes import Modes
from qtcore.solve.parts import parts
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread

_EQUAL = 1e-12
"""Distance of eigenvalues, relative to the largest one, below which they are one sector."""

_APART = 1e-6
"""The same, from which on they are two. Between the two it cannot be told."""

_COMMUTES = 2.0**-46
"""Largest element of a commutator, relative to the matrices, that counts as rounding error."""

_MIXED = 1e-10
"""Element of C, relative to the largest eigenvalue of Q, by which Q mixes two modes."""

_NOISE = 64 * float(np.finfo(float).eps)
"""Rounding error of C, relative to the product of the norms of two waves."""

_PURE = 1e-5
"""Distance of an eigenvalue of C from that of a sector, relative to the largest one, up to which it
is a rounding error."""


class Sectors(NamedTuple):
    """The eigenspaces of a conserved quantity.

    Attributes
    ----------
    label : str
        What the quantity is called.
    names : tuple of str
        Name of each sector.
    values : tuple of float
        Eigenvalue of each, in the quantity's own unit.
    matrix : (M, M) complex array
        The quantity on a slice of the lead.
    projectors : (sector, M, M) complex array
        Onto the eigenspaces.
    """

    label: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    matrix: Matrix
    projectors: Matrix

    @property
    def scale(self) -> float:
        """The largest eigenvalue in size."""
        return max(abs(value) for value in self.values)

    @property
    def least_distance(self) -> float:
        """The least distance of two eigenvalues."""
        return float(np.diff(np.sort(self.values)).min(initial=np.inf))


class SortedLead(NamedTuple):
    """A lead whose open modes belong to one sector each.

    Attributes
    ----------
    lead : Lead
        The lead with these modes, in the order of their sectors.
    sector : (N,) int array
        Number of the sector of each open mode, the same for those to the left and to the right.
    """

    lead: Lead
    sector: NDArray[np.intp]


def sectors_of(
    matrix: Matrix,
    label: str = "the quantity",
    names: Sequence[str] | None = None,
    *,
    rising: bool = False,
) -> Sectors:
    """Return the eigenspaces of a Hermitian matrix.

    Parameters
    ----------
    matrix : (M, M) complex array
        Hermitian.
    label : str
        What it is called, for messages.
    names : sequence of str, optional
        Names of the eigenspaces; their eigenvalues unless given.
    rising : bool
        Whether the smallest eigenvalue comes first, not the largest one.

    Raises
    ------
    InputError
        If it has only one eigenvalue, if two of them are so close that it cannot be told whether
        they are equal, or if there are more or fewer names than eigenvalues.
    """
    flat = np.ascontiguousarray(matrix, dtype=np.complex128)
    values, projectors = _eigenspaces(flat.tobytes(), len(flat), label, rising)
    called = tuple(f"{value:.6g}" for value in values) if names is None else tuple(names)
    if len(called) != len(values):
        raise InputError(
            f"{label} has {len(values)} different eigenvalues ({_listed(values)}), got "
            f"{len(called)} names for them: {', '.join(called)}"
        )
    return Sectors(label, called, tuple(float(v) for v in values), matrix, projectors)


@lru_cache(maxsize=8)
@one_thread
def _eigenspaces(
    matrix_bytes: bytes, size: int, label: str, rising: bool
) -> tuple[NDArray[np.float64], Matrix]:
    """Return the eigenvalues and the projectors of a matrix; the latest are kept, as those of leads."""
    matrix = np.frombuffer(matrix_bytes, np.complex128).reshape(size, size)
    pieces = []
    for part in parts([matrix]):  # eigenvectors of one part have no elements in another
        level, vectors = np.linalg.eigh(matrix[np.ix_(part, part)])
        pieces.append((part, level, vectors))
    values = _distinct(np.concatenate([level for _, level, _ in pieces]), label)
    if not rising:
        values = values[::-1]
    projectors = np.zeros((len(values), *matrix.shape), dtype=np.complex128)
    for part, level, vectors in pieces:
        number = np.abs(level[:, None] - values).argmin(axis=1)
        for sector in np.unique(number):
            own = vectors[:, number == sector]
            projectors[sector][np.ix_(part, part)] = own @ own.conj().T
    projectors.setflags(write=False)
    return values, projectors


def _distinct(levels: NDArray[np.float64], label: str) -> NDArray[np.float64]:
    """Return the different ones of all eigenvalues, ascending."""
    ordered = np.sort(levels)
    steps, scale = np.diff(ordered), float(np.abs(ordered).max())
    doubtful = (steps > _EQUAL * scale) & (steps < _APART * scale)
    if doubtful.any():
        at = int(np.argmax(doubtful))
        raise InputError(
            f"two eigenvalues of {label}, {ordered[at]:.17g} and {ordered[at + 1]:.17g}, are too "
            f"close to tell whether they are one sector or two: eigenvalues must be equal to "
            f"{_EQUAL:g} of the largest one or differ by more than {_APART:g} of it"
        )
    starts = np.concatenate([[True], steps > _EQUAL * scale])
    groups = np.split(ordered, np.flatnonzero(starts)[1:])
    if len(groups) == 1:
        raise InputError(
            f"all eigenvalues of {label} are equal ({ordered[0]:.6g}), so that it tells no modes "
            "apart; give a matrix with several"
        )
    return np.array([group.mean() for group in groups])


def _listed(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.6g}" for value in values[:8]) + (", …" if len(values) > 8 else "")


def defect(matrix: Matrix, h: Matrix, v: Matrix) -> tuple[float, float]:
    """Return the largest elements of [Q, h] and [Q, v], in the units of h and v."""
    return _commutator(matrix, h, matrix), _commutator(matrix, v, matrix)


def _commutator(Q: Matrix, H: Matrix, Q_behind: Matrix) -> float:
    return float(np.abs(Q @ H - H @ Q_behind).max(initial=0.0))


def is_conserved(Q: Matrix, H: Matrix, size: float, Q_behind: Matrix | None = None) -> bool:
    """Return whether Q H = H Q' to rounding errors of elements of a size, with Q' = Q unless given."""
    found = _commutator(Q, H, Q if Q_behind is None else Q_behind)
    return found <= _COMMUTES * float(np.abs(Q).max()) * size


def refuse_unless_conserved(
    sectors: Sectors,
    h: Matrix,
    v: Matrix,
    where: str = "the leads",
    advice: Callable[[], str] | None = None,
) -> None:
    """Raise InputError unless a lead conserves a quantity, with the size of the commutators.

    Parameters
    ----------
    sectors : Sectors
        The quantity.
    h, v : (M, M) complex arrays
        A slice of the lead, and its coupling to the next one, units of t.
    where : str
        What the lead is called.
    advice : function, optional
        Says what to do instead, for the end of the message.
    """
    Q = sectors.matrix
    if Q.shape != h.shape:
        raise InputError(
            f"{sectors.label} has the shape {Q.shape}, a slice of {where} {h.shape}; they must be "
            "equal"
        )
    size = max(float(np.abs(h).max()), float(np.abs(v).max()))
    of_h, of_v = defect(Q, h, v)
    if max(of_h, of_v) > _COMMUTES * float(np.abs(Q).max()) * size:
        instead = "choose a quantity that commutes with both" if advice is None else advice()
        raise InputError(
            f"{sectors.label} is not conserved in {where}: with h of a slice and the coupling v "
            f"to the next one, |[Q, h]| is up to {of_h:.3g} t and |[Q, v]| up to {of_v:.3g} t, both "
            f"must be 0; {instead}"
        )


def refuse_unless_alike(one: Sectors, other: Sectors) -> None:
    """Raise InputError unless two leads have the same sectors, by eigenvalue and name."""
    scale = max(one.scale, other.scale)
    same = len(one.values) == len(other.values) and np.allclose(
        one.values, other.values, rtol=0, atol=_APART * scale
    )
    if not same or one.names != other.names:
        raise InputError(
            f"the leads must have the same sectors, got {', '.join(one.names)} "
            f"({_listed(np.array(one.values))}) and {', '.join(other.names)} "
            f"({_listed(np.array(other.values))})"
        )


def sorted_lead(lead: Lead, sectors: Sectors) -> SortedLead:
    """Return a lead with its open modes in the order of their sectors, each in one of them.

    Closed modes stay as they are: only what they span counts.

    Parameters
    ----------
    lead : Lead
        The lead, which conserves the quantity (`refuse_unless_conserved`).
    sectors : Sectors
        The eigenspaces of the quantity.

    Raises
    ------
    QtcoreError
        If rounding errors keep modes from being told apart, as close to a threshold.
    """
    modes, N = lead.modes, lead.modes.channels
    right = _turned((modes.right, modes.right_ahead), N, lead, sectors, direction=1)
    left = _turned((modes.left, modes.left_ahead), N, lead, sectors, direction=-1)
    if not np.array_equal(right.sector, left.sector):
        raise _unsorted(lead, sectors)
    found: Modes = replace(
        modes,
        left=left.here,
        left_ahead=left.ahead,
        right=right.here,
        right_ahead=right.ahead,
        separable=None,
    )
    return SortedLead(lead._replace(modes=found), right.sector)


class _Turned(NamedTuple):
    """Waves on a slice and on the next one, the open ones first, and the sectors of these."""

    here: NDArray[np.complex128]
    ahead: NDArray[np.complex128]
    sector: NDArray[np.intp]


def _turned(
    waves: tuple[Matrix, Matrix], N: int, lead: Lead, sectors: Sectors, *, direction: int
) -> _Turned:
    here, ahead = (one[:, :N] for one in waves)
    C = direction * _crossing(here, ahead, lead.v, sectors.matrix)
    noise = _NOISE * float(np.abs(lead.v).max()) * _norms(here, ahead)
    mixing, level = _eigenvectors(C, sectors.scale * np.maximum(_MIXED, noise))
    distance = np.abs(level[:, None] - np.array(sectors.values))
    sector = distance.argmin(axis=1)
    if distance.min(axis=1).max() > min(_PURE * sectors.scale, sectors.least_distance / 4):
        raise _unsorted(lead, sectors)
    order = np.argsort(sector, kind="stable")
    mixing, sector = mixing[:, order], sector[order]
    # What rounding errors have mixed in of other sectors is taken out.
    pure = [_projected(one @ mixing, sector, sectors.projectors) for one in (here, ahead)]
    one = np.eye(len(lead.v), dtype=np.complex128)
    flux = direction * np.diagonal(_crossing(pure[0], pure[1], lead.v, one)).real
    here, ahead = (
        np.hstack([own / np.sqrt(flux), given[:, N:]]).astype(np.complex128)
        for own, given in zip(pure, waves, strict=True)
    )
    return _Turned(here, ahead, sector)


def _crossing(here: Matrix, ahead: Matrix, v: Matrix, Q: Matrix) -> Matrix:
    """Return the current of Q between waves from a slice to the next, (N, N); with Q = 1 the flux."""
    crossed = here.conj().T @ v @ (Q @ ahead)
    back = (Q @ here).conj().T @ v @ ahead
    # Equal but for rounding errors, since Q commutes with v.
    mean = (crossed + back) / 2
    return np.asarray(1j * (mean - mean.conj().T))


def _norms(here: Matrix, ahead: Matrix) -> NDArray[np.float64]:
    """Return the products of the norms of two waves, (N, N)."""
    size = np.hypot(np.linalg.norm(here, axis=0), np.linalg.norm(ahead, axis=0))
    return np.asarray(size[:, None] * size)


def _eigenvectors(C: Matrix, least: NDArray[np.float64]) -> tuple[Matrix, NDArray[np.float64]]:
    """Return a unitary that diagonalises C among the modes that it mixes, and its eigenvalues."""
    mixes = np.abs(C) > least
    count, group = connected_components(csr_array(mixes.astype(np.int8)), directed=False)
    mixing, level = np.eye(len(C), dtype=np.complex128), np.diagonal(C).real.copy()
    for number in range(count):
        members = np.flatnonzero(group == number)
        if len(members) > 1:
            own = np.ix_(members, members)
            level[members], mixing[own] = np.linalg.eigh(C[own])
    return mixing, np.asarray(level, dtype=np.float64)


def _projected(waves: Matrix, sector: NDArray[np.intp], projectors: Matrix) -> Matrix:
    pure = np.empty_like(waves)
    for number in np.unique(sector):
        own = sector == number
        pure[:, own] = projectors[number] @ waves[:, own]
    return pure


def _unsorted(lead: Lead, sectors: Sectors) -> EnergyError:
    return EnergyError(
        f"modes of the lead cannot be sorted by {sectors.label} at the energy {{energy!r}}: rounding "
        "errors hide which sector they belong to; shift it by {shift}",
        hopping=float(np.abs(lead.v).max()),
        energy=lead.energy,
    )
