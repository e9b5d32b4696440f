"""The bonds that structure changes in a strip, slice by slice, as the kernels read them.

Only the slices that differ from the clean one are made, once for all realizations.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qtcore.model.sampled import bonds_of
from qtcore.model.structure.applied import bond_factors
from qtcore.model.wire import Wire
from qtcore.solve.kernel_arguments import Pattern

_CHUNK = 2**22
"""Numbers (re, im of every entry and slice) that there is room for, about (32 MiB)."""

_ONE = np.zeros(1, dtype=np.uint64)


class FixedHopping:
    """Structure of a square strip of hopping 1, some slices at a time.

    Parameters
    ----------
    wire : Wire
        With structure, and without disorder of the bonds.

    Attributes
    ----------
    slices : int
        How many at a time, at most.
    h, v_dagger, v_inverse : Pattern
        Of h_n, v_{n-1}^+ and v_{n-1}^-1 of the changed slices, one behind the other; values is
        (changed slice and entry, 2).
    changed : (1 + slice,) int array
        Number of the first slice that is filled in; then of each slice how many changed ones there
        are up to it if it is changed itself, or 0.
    """

    def __init__(self, wire: Wire) -> None:
        inside = wire.hopping_of(_ONE, 0, 1, 0).inside
        M = wire.width
        self.slices = max(1, _CHUNK // (2 * (len(inside.rows) + 2 * M)))
        self.changed = np.zeros(1 + self.slices, dtype=np.int64)
        self.h = self._pattern(inside.rows, inside.columns, M)
        site = np.arange(M)
        self.v_dagger, self.v_inverse = (self._pattern(site, site, M) for _ in range(2))
        self._stretches = np.zeros(self.slices)
        self._filled = (0, 0)

    def _pattern(self, rows: NDArray[np.intp], columns: NDArray[np.intp], M: int) -> Pattern:
        starts = np.searchsorted(rows, np.arange(M + 1)).astype(np.int64)
        # Pages that are never written to take no memory.
        return Pattern(starts, columns.astype(np.int64), np.zeros((self.slices * len(rows), 2)))

    def fill(
        self,
        wire: Wire,
        samples: NDArray[np.uint64],  # noqa: ARG002 # called as the hopping of lanes is
        first: int,
        slices: int,
        seed: int,
    ) -> None:
        """Put in the changed slices among those from slice `first` on, at most `self.slices`."""
        if self._filled == (first, slices):
            return
        self._filled = (first, slices)
        differs = self._differs(wire, first, slices)
        self.changed[:] = 0
        self.changed[0] = first
        self.changed[1 : 1 + slices] = np.where(differs, np.cumsum(differs), 0)
        self._stretches[:] = 0
        slot = 0
        for begin, end in _runs(differs):
            self._put(wire, first + begin, end - begin, slot, seed)
            inverse = np.abs(self._slots(self.v_inverse, slot, end - begin)).max(axis=(1, 2))
            self._stretches[begin:end] = np.log(np.maximum(inverse, 1.0))
            slot += end - begin

    @staticmethod
    def _differs(wire: Wire, first: int, slices: int) -> NDArray[np.bool_]:
        """Return which slices differ from the clean one, in h_n or in v_{n-1}."""
        before, pairs = (1 if first else 0), bonds_of(wire).pairs
        factors = bond_factors(wire.structure, wire.lattice, pairs, first - before, slices + before)
        changed = factors != 1
        inside, ahead = (changed[:, pairs.ahead == n].any(axis=1) for n in (0, 1))
        behind = ahead[:slices] if before else np.concatenate([[False], ahead[: slices - 1]])
        return np.asarray(inside[before:] | behind)

    @staticmethod
    def _slots(pattern: Pattern, slot: int, count: int) -> NDArray[np.float64]:
        """Return the values of some changed slices, (slice, entry, 2), to be written on."""
        entries = len(pattern.columns)
        values = pattern.values[slot * entries : (slot + count) * entries]
        return values.reshape(count, entries, 2)

    def _put(self, wire: Wire, first: int, slices: int, slot: int, seed: int) -> None:
        before = 1 if first else 0
        found = wire.hopping_of(_ONE, first - before, slices + before, seed)
        inside, ahead = found.inside.values[before:, :, 0], found.ahead.values[:, :, 0]
        behind = ahead[:slices]
        if not before:
            behind = np.concatenate([np.ones((1, ahead.shape[1])), ahead[:-1]])
        written = ((self.h, inside), (self.v_dagger, behind.conj()), (self.v_inverse, 1 / behind))
        for pattern, values in written:
            into = self._slots(pattern, slot, slices)
            into[:, :, 0], into[:, :, 1] = values.real, values.imag

    def stretches(self, slices: int) -> NDArray[np.float64]:
        """Return by how much the bonds before each of the slices can stretch a solution, (slice,).

        Logarithms, at least 0, of the slices that have been filled in.
        """
        return self._stretches[:slices]


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield where stretches of true flags begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    yield from zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
