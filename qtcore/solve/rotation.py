"""Other orbitals on the sites of a slice, in which its matrices are simpler.

A unitary on the orbitals of each site leaves a potential alone that is the same for all orbitals of
a site, and with it every observable that sums over them.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices

Matrix = NDArray[np.complex128]

ROUNDING = 2.0**-48
"""Part of an element, relative to the largest one of its matrix, that is left by a rotation alone."""

_RANK = 1e-10
"""Singular value, relative to the largest one, below which a site's orbitals do not couple."""

_COMMUTE = 1e-10
"""Largest element of the commutator of two projectors that have common eigenvectors."""


def blocks_of_sites(matrix: Matrix, k: int) -> Matrix:
    """Return the blocks between sites of k orbitals, (site, site', k, k)."""
    rows, columns = (size // k for size in matrix.shape)
    return matrix.reshape(rows, k, columns, k).transpose(0, 2, 1, 3)


def distinct_blocks(slices: Slices, k: int) -> Matrix:
    """Return all blocks between two sites of k orbitals that a wire and its leads have, (n, k, k)."""
    matrices = [slices.h, slices.v, slices.lead_h, slices.lead_v, *(slices.contacts or ())]
    blocks = [blocks_of_sites(matrix, k) for matrix in matrices]
    filled = np.concatenate([each[each.any(axis=(2, 3))] for each in blocks])
    return np.asarray(np.unique(filled, axis=0))


def rotated(matrix: Matrix, U_rows: Matrix, U_columns: Matrix) -> Matrix:
    """Return U^+ matrix U, site by site, without the rounding errors of what is zero.

    Blocks that are a number times one stay what they are, where both sites have the same unitary.

    Parameters
    ----------
    matrix : (rows k, columns k) complex array
        Couples sites.
    U_rows, U_columns : (rows, k, k), (columns, k, k) complex arrays
        Unitary of each site; columns are the new orbitals. A single one stands for all sites.
    """
    k = U_rows.shape[-1]
    blocks = blocks_of_sites(matrix, k)
    new = U_rows.conj().swapaxes(1, 2)[:, None] @ blocks @ U_columns[None]
    if U_rows is U_columns and len(U_rows) == 1:
        number = blocks[:, :, :1, :1]
        plain = (blocks == number * np.eye(k)).all(axis=(2, 3))
        new[plain] = blocks[plain]
    least = ROUNDING * np.abs(matrix).max(initial=0.0)
    new = np.where(np.abs(new.real) > least, new.real, 0.0) + 1j * np.where(
        np.abs(new.imag) > least, new.imag, 0.0
    )
    return np.ascontiguousarray(new.transpose(0, 2, 1, 3).reshape(matrix.shape))


def rotated_slices(slices: Slices, U: Matrix) -> Slices:
    """Return the slices in other orbitals, sample and leads alike.

    Parameters
    ----------
    slices : Slices
        The clean wire; with leads of its own cross-section if U has one unitary for each site.
    U : (1, k, k) or (site, k, k) complex array
        Unitary of all sites, or of each; its columns are the new orbitals.
    """

    def inside(h: Matrix) -> Matrix:
        new = rotated(h, U, U)
        return (new + new.conj().T) / 2

    ends = slices.contacts
    return Slices(
        inside(slices.h),
        rotated(slices.v, U, U),
        inside(slices.lead_h),
        rotated(slices.lead_v, U, U),
        slices.orbitals,
        ends and (rotated(ends[0], U, U), rotated(ends[1], U, U)),
    )


def without_rest(slices: Slices, block: NDArray[np.intp]) -> Slices:
    """Return the slices without the rounding errors that are left between blocks of orbitals.

    Parameters
    ----------
    slices : Slices
        In orbitals that go together in blocks.
    block : (k,) int array
        Number of the block that each orbital of a site belongs to.
    """

    def cut(matrix: Matrix) -> Matrix:
        rows, columns = (np.tile(block, size // len(block)) for size in matrix.shape)
        return np.where(rows[:, None] == columns, matrix, 0.0)

    ends = slices.contacts
    return Slices(
        cut(slices.h),
        cut(slices.v),
        cut(slices.lead_h),
        cut(slices.lead_v),
        slices.orbitals,
        ends and (cut(ends[0]), cut(ends[1])),
    )


def with_thin_coupling(slices: Slices) -> Slices | None:
    """Return the slices in orbitals of which the fewest couple to the next slice, or None.

    Where v has a lower rank on the orbitals of a site than there are orbitals, such as one in a
    Chern insulator of two bands, single orbitals send waves ahead and single ones receive them, if
    the two spaces are orthogonal or contain each other. No unitary makes other spaces thinner. None
    if nothing is gained, or leads have a cross-section of their own.
    """
    k = slices.orbitals
    if k == 1 or not slices.uniform:
        return None
    couplings = (slices.v, slices.lead_v)
    sends, receives = (
        np.stack([_projector(rows) for rows in np.concatenate(each, axis=2)])
        for each in (
            [_rows(v, k) for v in couplings],
            [_rows(v.conj().T, k) for v in couplings],
        )
    )
    one = np.eye(k)
    if np.allclose(sends, one) and np.allclose(receives, one):
        return None
    U = np.stack([_orbitals(*pair) for pair in zip(sends, receives, strict=True)])
    new = rotated_slices(slices, U)
    if _coupled(new.v) + _coupled(new.lead_v) < _coupled(slices.v) + _coupled(slices.lead_v):
        return new
    return None


def _rows(v: Matrix, k: int) -> Matrix:
    """Return what each site sends to all others, (site, k, M)."""
    return v.reshape(len(v) // k, k, len(v))


def _coupled(v: Matrix) -> int:
    """Return how many orbitals send and receive."""
    return int(v.any(axis=0).sum() + v.any(axis=1).sum())


def _orbitals(out: Matrix, into: Matrix) -> Matrix:
    """Return orbitals of one site, (k, k), of which as few as can be send and receive waves.

    `out` and `into` project on what does.
    """
    if np.abs(out @ into - into @ out).max() > _COMMUTE:
        return np.eye(len(out), dtype=np.complex128)
    # Four kinds of orbitals: none, sends, receives, both.
    kinds, vectors = np.linalg.eigh(out + 2 * into)
    vectors = vectors[:, np.argsort(-kinds, kind="stable")]
    # Phases are free: the largest element of each is made real.
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
    return np.asarray(vectors * (np.abs(largest) / largest))


def _projector(rows: Matrix) -> Matrix:
    """Return the projector onto the space that the columns of a (k, n) matrix span."""
    left, size, _ = np.linalg.svd(rows, full_matrices=False)
    kept = left[:, size > _RANK * max(size[0], 1e-300)]
    return np.asarray(kept @ kept.conj().T)
