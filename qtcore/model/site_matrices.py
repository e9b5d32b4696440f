"""What numbers on the sites do to the orbitals there: a matrix for each kind of number.

The *fields* of a wire are its numbers on the sites: the sum of all disorder and gates that has no
matrix of its own, then those of `WithMatrix`. Without pairing the first one multiplies 1, with it
tau_z. Where all matrices are diagonal a row of H has a potential of its own, which every solver
takes; other matrices become part of the random h of each slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.model.disorder import WithMatrix
from qtcore.model.hopping import Entries
from qtcore.model.nambu import OrbitalSpace, charge

Matrix = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Rows:
    """The potential of each row of a slice, as sums of the fields at its site.

    Attributes
    ----------
    site : (row,) int array
        Where the row lies.
    weights : (row, field) float array
        What each field counts.
    sites : int
        Sites of a slice of the whole wire.
    """

    site: NDArray[np.intp]
    weights: NDArray[np.float64]
    sites: int

    def potential(self, fields: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the potential, (slice, row, R), of fields, (slice, field and site, R)."""
        total: NDArray[np.float64] | None = None
        for number, weight in enumerate(self.weights.T):
            if not weight.any():
                continue
            part = weight[:, None] * fields[:, number * self.sites + self.site]
            total = part if total is None else total + part
        if total is None:
            return np.zeros((len(fields), len(self.site), fields.shape[2]))
        return np.asarray(total + 0.0)

    def some(self, rows: NDArray[np.intp]) -> "Rows":
        """Return some of the rows."""
        return Rows(self.site[rows], self.weights[rows], self.sites)

    def alike(self) -> NDArray[np.intp]:
        """Return for each row the first one that has the same potential, (row,)."""
        words = np.column_stack([self.site, self.weights])
        _, first, which = np.unique(words, axis=0, return_index=True, return_inverse=True)
        return np.asarray(first[which.ravel()])


class SiteMatrices:
    """The matrices of the fields of a wire.

    Parameters
    ----------
    space : OrbitalSpace
        The orbitals on a site.
    sites : int
        Sites in a slice.
    kinds : sequence of WithMatrix
        Disorder with matrices, in the order of the wire.

    Attributes
    ----------
    matrices : (field, k, k) complex array
        What each field multiplies on its site.
    rows : Rows or None
        The potential of each row, if all matrices are diagonal.

    Raises
    ------
    InputError
        If a matrix does not fit the orbitals.
    """

    def __init__(self, space: OrbitalSpace, sites: int, kinds: Sequence[WithMatrix]) -> None:
        k = space.size
        first = charge(k) if space.paired else np.eye(k, dtype=np.complex128)
        self.matrices = np.concatenate([first[None], *(kind.matrices(space) for kind in kinds)])
        self._sites = sites
        diagonal = np.diagonal(self.matrices, axis1=1, axis2=2)
        off = self.matrices * (1 - np.eye(k))
        self.rows: Rows | None = None
        if not off.any():
            self.rows = self.rows_of(diagonal.real)
        # What is left to the potential otherwise: nothing but multiples of one.
        self._in_h = [
            number
            for number, matrix in enumerate(self.matrices)
            if not np.array_equal(matrix, np.eye(k))
        ]

    def rows_of(self, weights: NDArray[np.float64]) -> Rows:
        """Return the rows of matrices that are diagonal, (field, k), on every site."""
        k = weights.shape[1]
        return Rows(
            np.repeat(np.arange(self._sites), k), np.tile(weights.T, (self._sites, 1)), self._sites
        )

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """Elements on a site that any field reaches, (k, k)."""
        return np.asarray(self.matrices.any(axis=0))

    def potential(self, fields: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is a potential of sites, or of rows where all matrices are diagonal."""
        if self.rows is not None:
            return self.rows.potential(fields)
        if 0 in self._in_h:
            return np.zeros((len(fields), self._sites, fields.shape[2]))
        return np.ascontiguousarray(fields[:, : self._sites])

    @property
    def elements_per_slice(self) -> int:
        """Rows of `elements`: one for each row of H, and two for each pair of a site's orbitals."""
        k = len(self.matrices[0])
        return self._sites * k * k

    def elements(self, fields: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all elements of the matrices on the sites, (slice, element, R).

        First the diagonal, row by row; then, site by site, real and imaginary part of each element
        above the diagonal, in the order of `np.triu_indices`.
        """
        k, sites = self.matrices.shape[1], self._sites
        first, second = np.triu_indices(k, 1)
        upper = self.matrices[:, first, second]
        weights = np.concatenate(
            [
                np.diagonal(self.matrices, axis1=1, axis2=2).real,
                np.stack([upper.real, upper.imag], axis=2).reshape(len(upper), -1),
            ],
            axis=1,
        )
        found = np.empty((len(fields), self.elements_per_slice, fields.shape[2]))
        _sum_up(fields, weights, k, sites, found)
        return found

    def add_to(self, inside: Entries, fields: NDArray[np.float64]) -> Entries:
        """Add to h what is no potential; `inside` has entries wherever `pattern` says so."""
        values = inside.values.copy()
        k = self.matrices.shape[1]
        numbers = np.array(self._in_h, dtype=np.intp)
        _add(inside.rows, inside.columns, k, self._sites, numbers, self.matrices, fields, values)
        return Entries(inside.rows, inside.columns, values)

    def on_site(self, fields: NDArray[np.float64]) -> Matrix:
        """Return the whole matrix on each site, (slice, site, R, k, k), units of t."""
        slices, _, R = fields.shape
        split = fields.reshape(slices, len(self.matrices), self._sites, R)
        return np.asarray(np.einsum("nfsr,fij->nsrij", split, self.matrices))


@njit(nogil=True, cache=True)
def _sum_up(fields, weights, k, sites, found):  # type: ignore[no-untyped-def]
    """Write sums of fields, (slice, element, R), for weights (field, element of a site)."""
    count = weights.shape[1]
    for n in range(found.shape[0]):
        for site in range(sites):
            for e in range(count):
                to = site * k + e if e < k else sites * k + site * (count - k) + e - k
                for r in range(found.shape[2]):
                    found[n, to, r] = 0.0
                for f in range(weights.shape[0]):
                    weight = weights[f, e]
                    if weight != 0.0:
                        for r in range(found.shape[2]):
                            found[n, to, r] += weight * fields[n, f * sites + site, r]


@njit(nogil=True, cache=True)
def _add(rows, columns, k, sites, numbers, matrices, fields, values):  # type: ignore[no-untyped-def]
    """Add fields times their matrices to entries on the sites, (slice, entry, R).

    Compiled, so that the bits of an entry do not depend on how many are made at once.
    """
    for n in range(values.shape[0]):
        for e in range(values.shape[1]):
            site = rows[e] // k
            if columns[e] // k != site:
                continue
            for number in numbers:
                element = matrices[number, rows[e] % k, columns[e] % k]
                if element == 0:
                    continue
                for r in range(values.shape[2]):
                    values[n, e, r] += element * fields[n, number * sites + site, r]
