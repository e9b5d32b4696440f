"""Orbitals in which all matrices of the disorder are diagonal, where there are such.

Then each row of H has a potential of its own, and every solver for sites without orbitals takes the
wire. Matrices that commute have such orbitals, the same on all sites; among them those are chosen
that also show what the clean wire conserves (`conserved`).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.part import Part, part_of
from qtcore.model.site_matrices import Rows
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.conserved import Basis, conserving_basis
from qtcore.solve.parts import parts
from qtcore.solve.rotation import distinct_blocks, rotated_slices, without_rest

Matrix = NDArray[np.complex128]

_COMMUTE = 1e-13
"""Largest element of a commutator of two matrices of size one that is rounding error."""

_ROUNDING = 2.0**-48
"""Part of an element, relative to the largest one of its matrix, that is left by a rotation alone."""


class Diagonal(NamedTuple):
    """A wire in orbitals that disorder does not mix.

    Attributes
    ----------
    slices : Slices
        Its matrices, with a row for each site.
    rows : Rows
        The potential of each row.
    is_given : bool
        Whether these are the orbitals that the wire has anyway.
    """

    slices: Slices
    rows: Rows
    is_given: bool


def diagonal_form(wire: Wire) -> Diagonal | None:
    """Return a wire in orbitals that disorder does not mix, or None if there are no such.

    Parameters
    ----------
    wire : Wire
        A wire with `site_matrices`.
    """
    matrices = wire.site_matrices
    if matrices is None or wire.random_bonds or not _commute(matrices.matrices):
        return None
    slices, k = wire.slices(), wire.orbitals
    sizes = np.abs(matrices.matrices).max(axis=(1, 2), keepdims=True)
    given = np.concatenate([distinct_blocks(slices, k), matrices.matrices / sizes])
    basis = conserving_basis(given)
    shown = len(parts([np.abs(given).max(axis=0)]))
    if matrices.rows is not None and (basis is None or basis.size <= shown):
        # Nothing is rounded where the given orbitals do.
        return Diagonal(slices, matrices.rows, True)
    U, block = _common_orbitals(matrices.matrices, basis)
    turned = replace(without_rest(rotated_slices(slices, U[None]), block), orbitals=1)
    weights = np.einsum("ai,fab,bi->fi", U.conj(), matrices.matrices, U).real
    weights[np.abs(weights) <= _ROUNDING * sizes[:, :, 0]] = 0.0
    near = np.round(weights)
    weights = np.where(np.abs(weights - near) <= _ROUNDING, near, weights)
    return Diagonal(turned, matrices.rows_of(weights), False)


def in_diagonal_form(wire: Wire) -> Wire:
    """Return a wire that has the same exponents and the same g, without random matrices if it can.

    The wire itself if its disorder has no matrices, or if they do not commute.
    """
    if isinstance(wire, Part) or wire.site_matrices is None:
        return wire
    turned = diagonal_form(wire)
    if turned is None or turned.is_given:
        return wire
    return part_of(wire, turned.slices, turned.rows.alike(), turned.rows)


def _commute(matrices: Matrix) -> bool:
    """Return whether all matrices commute, (field, k, k)."""
    scaled = matrices / np.abs(matrices).max(axis=(1, 2), keepdims=True)
    products = np.einsum("fij,gjk->fgik", scaled, scaled)
    return float(np.abs(products - products.swapaxes(0, 1)).max()) <= _COMMUTE * len(matrices[0])


def _common_orbitals(matrices: Matrix, basis: Basis | None) -> tuple[Matrix, NDArray[np.intp]]:
    """Return common eigenvectors of matrices that commute, and the conserved block of each.

    Blocks that are equal get the same eigenvectors, so that parts of the wire which are equal stay so.
    """
    k = matrices.shape[1]
    U = np.eye(k, dtype=np.complex128) if basis is None else basis.U
    block = np.zeros(k, dtype=np.intp) if basis is None else basis.block
    found = U.copy()
    done: list[tuple[Matrix, Matrix]] = []
    for number in range(int(block[-1]) + 1):
        own = np.flatnonzero(block == number)
        here = U[:, own].conj().T @ matrices @ U[:, own]
        turn = next((V for other, V in done if _equal(other, here)), None)
        if turn is None:
            turn = _eigenvectors(here)
            done.append((here, turn))
        found[:, own] = U[:, own] @ turn
    return found, block


def _equal(one: Matrix, other: Matrix) -> bool:
    return one.shape == other.shape and float(np.abs(one - other).max()) <= _ROUNDING * max(
        1.0, float(np.abs(one).max())
    )


def _eigenvectors(matrices: Matrix) -> Matrix:
    """Return common eigenvectors of matrices (field, k, k) that commute."""
    k = matrices.shape[1]
    off = np.abs(matrices * (1 - np.eye(k))).max(initial=0.0)
    if off <= _ROUNDING * np.abs(matrices).max():
        return np.eye(k, dtype=np.complex128)
    # A general sum of them has their common eigenspaces.
    sizes = np.abs(matrices).max(axis=(1, 2), initial=0.0)
    weights = np.random.default_rng(1).uniform(0.5, 1.0, len(matrices)) / np.where(sizes, sizes, 1)
    _, vectors = np.linalg.eigh(np.einsum("f,fij->ij", weights, matrices))
    # Phases are free: the largest element of each is made real.
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
    return np.asarray(vectors * (np.abs(largest) / largest))
