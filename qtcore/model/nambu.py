"""Electrons and holes: what pairing makes of the matrices of a wire.

H = (1/2) Psi^+ ((H0, D), (-D^*, -H0^*)) Psi with Psi = (c, c^+) and D = -D^T (Bogoliubov and de
Gennes). On each site the electrons' orbitals come first, then those of the holes. Particle-hole
symmetry is tau_x H^* tau_x = -H with tau_x, which exchanges the two halves of every site.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

_ROUNDING = 1e-12
"""Defect, relative to the largest element, up to which a matrix counts as one of particle-hole form."""


class OrbitalSpace(NamedTuple):
    """The orbitals on a site: electron or hole is outermost, then spin, then bands.

    Attributes
    ----------
    spins : int
        1 or 2.
    bands : int
        The other orbitals of an electron.
    paired : bool
        Whether there are holes too.
    """

    spins: int
    bands: int
    paired: bool

    @property
    def electron(self) -> int:
        """Orbitals of the electrons on a site."""
        return self.spins * self.bands

    @property
    def size(self) -> int:
        """All orbitals on a site."""
        return self.electron * (2 if self.paired else 1)


def with_holes(electrons: Matrix, pairing: Matrix | None = None) -> Matrix:
    """Return ((m, D), (-D^*, -m^*)) of matrices between sites, (..., k, k) to (..., 2k, 2k).

    Parameters
    ----------
    electrons : (..., k, k) complex array
        <i|H0|j>, units of t.
    pairing : (..., k, k) complex array, optional
        <i|D|j>, units of t; none unless given.
    """
    k = electrons.shape[-1]
    both = np.zeros((*electrons.shape[:-2], 2 * k, 2 * k), dtype=np.complex128)
    both[..., :k, :k] = electrons
    both[..., k:, k:] = 0.0 - electrons.conj()
    if pairing is not None:
        both[..., :k, k:] = pairing
        both[..., k:, :k] = 0.0 - pairing.conj()
    return both


def charge(k: int) -> Matrix:
    """Return tau_z on the k orbitals of a site, half of which are holes."""
    return with_holes(np.eye(k // 2, dtype=np.complex128))


def potential_signs(space: OrbitalSpace) -> NDArray[np.float64]:
    """Return what a potential of one is on each orbital of a site, (k,): -1 on holes."""
    diagonal = charge(space.size) if space.paired else np.eye(space.size)
    return np.diagonal(diagonal).real.copy()


def exchanged(matrix: Matrix, k: int) -> Matrix:
    """Return tau_x matrix^* tau_x, where the first half of the k orbitals of a site are electrons.

    Parameters
    ----------
    matrix : (rows k, columns k) complex array
        Couples sites.
    k : int
        Orbitals on each site, an even number.
    """
    rows, columns = (size // k for size in matrix.shape)
    blocks = matrix.conj().reshape(rows, 2, k // 2, columns, 2, k // 2)
    return np.ascontiguousarray(blocks[:, ::-1, :, :, ::-1]).reshape(matrix.shape)


def has_holes(matrix: Matrix, k: int) -> bool:
    """Return whether tau_x m^* tau_x = -m for a matrix that couples sites of k orbitals."""
    if k % 2:
        return False
    scale = float(np.abs(matrix).max(initial=0.0))
    return float(np.abs(exchanged(matrix, k) + matrix).max(initial=0.0)) <= _ROUNDING * scale


def looks_paired(h: Matrix, v: Matrix, k: int) -> bool:
    """Return whether matrices could be those of electrons and holes that pairing couples.

    That is so if one of the usual orders of the orbitals makes them particle-hole symmetric, and
    something couples the two halves. Two bands of a normal electron may look the same, such as
    those of a Chern insulator.

    Parameters
    ----------
    h, v : (M, M) complex arrays
        Slice and coupling.
    k : int
        Orbitals on each site.
    """
    if k % 2:
        return False
    sites = len(h) // k
    scale = max(float(np.abs(h).max(initial=0.0)), float(np.abs(v).max(initial=0.0)))
    blocks = [each.reshape(sites, k, sites, k).transpose(0, 2, 1, 3) for each in (h, v)]
    for U, first in _exchanges(k):
        between = max(float(np.abs(each[:, :, first][..., ~first]).max()) for each in blocks)
        if between <= _ROUNDING * scale:
            continue
        turned = (U @ each.conj() @ U.conj().T + each for each in blocks)
        if all(float(np.abs(each).max()) <= _ROUNDING * scale for each in turned):
            return True
    return False


def _exchanges(k: int) -> Iterator[tuple[NDArray[np.complexfloating], NDArray[np.bool_]]]:
    """Yield what takes electrons to holes in the usual bases, and which orbitals are electrons."""
    swap = np.array([[0, 1], [1, 0]], dtype=np.complex128)
    turn = np.array([[0, -1j], [1j, 0]], dtype=np.complex128)
    half = np.eye(k // 2)
    number = np.arange(k)
    outer: NDArray[np.bool_] = number < k // 2
    inner: NDArray[np.bool_] = number % 2 == 0
    # (c, c^+), and site by site of a single electron's orbital.
    yield np.kron(swap, half), outer
    yield np.kron(half, swap), inner
    if k == 4:
        # (c_up, c_down, c_down^+, -c_up^+), with either of spin and electron or hole outermost.
        yield np.kron(turn, turn), outer
        yield np.kron(turn, turn), inner
