"""Eight bars whose disorder acts on the orbitals of a site as a matrix."""

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.bars import Carried, EightBars
from qtcore.solve.growth_guard import heights
from qtcore.solve.kernel_arguments import Medium
from qtcore.solve.matrix_stencil import advance_matrices
from qtcore.solve.sparse_stencil import pattern

_AT_ONCE = 2**20
"""Elements of the matrices that are made at once, about (8 MiB)."""

_SHORTEST = 64
"""Slices that are made at once, at least."""


class MatrixBars:
    """Eight bars of a wire with matrices on its sites, from slice 0 on.

    Parameters
    ----------
    wire : Wire
        The bar; its coupling is invertible, and its bonds are not random.
    energy : float
        Units of t.
    samples : (LANES,) uint64 array
        Numbers of the bars.
    seed : int
        Seed of the ensemble.

    Attributes
    ----------
    slices : int
        How many slices are made at a time, at most.
    """

    def __init__(self, wire: Wire, energy: float, samples: NDArray[np.uint64], seed: int) -> None:
        assert wire.site_matrices is not None
        clean = wire.slices()
        self._wire, self._samples, self._seed, self._unit = wire, samples, seed, clean.unit
        self._matrices, self._energy = wire.site_matrices, energy
        clean = clean.in_units(self._unit)
        count = self._matrices.elements_per_slice
        v = clean.v
        patterns = pattern(clean.h), pattern(v.conj().T), pattern(np.linalg.inv(v))
        medium = Medium(False, 0.0, wire.orbitals, *patterns, count)
        self._rows = len(clean.h)
        self._bars = EightBars(Carried(self._rows, 2, advance_matrices, medium))
        self.slices = max(_SHORTEST, _AT_ONCE // (count * len(samples)))

    def advance(self, first: int, slices: int) -> NDArray[np.float64]:
        """Carry all solutions over the next slices; return ln |R_kk|, (lane, M)."""
        fields = self._wire.fields_of(self._samples, first, slices, self._seed)
        onsite = self._matrices.elements(fields) / -self._unit
        onsite[:, : self._rows] += self._energy / self._unit
        return self._bars.advance(onsite, heights(onsite))
