"""A part of a wire that nothing couples to the rest, as a wire of its own."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from qtcore.model.disorder import Box
from qtcore.model.lattice import Square
from qtcore.model.site_matrices import Rows
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire


@dataclass(frozen=True, kw_only=True)
class Part(Wire):
    """Some orbitals of a wire, all of its sites or only some, which see the disorder of the wire.

    It has the lattice, the disorder and the gates of the wire, so that addresses are the same. Its
    slices are given, and it takes the potential at the sites that it has. Hopping is never random.

    Parameters
    ----------
    origin : Wire
        The wire that it is a part of; see `part_of`.
    given : Slices
        Its matrices.
    places : tuple of int
        Site of the whole wire that each site of `given` lies at. With `rows`, which rows of `given`
        have the same potential.
    rows : Rows, optional
        The potential of each row, of a wire whose disorder acts on the orbitals as a matrix.
    is_strip : bool
        Whether it is a plain strip of the lattice but for its potential.
    """

    origin: Wire
    given: Slices
    places: tuple[int, ...]
    rows: Rows | None = None
    is_strip: bool = False

    @property
    def random_matrices(self) -> bool:
        """Whether numbers on the sites multiply matrices: not where rows have potentials."""
        return self.rows is None and super().random_matrices

    @property
    def strip(self) -> Square | None:
        """Lattice of a part that is a plain strip; None of others, whose slices are given."""
        return self.lattice if self.is_strip and isinstance(self.lattice, Square) else None

    @property
    def own_box(self) -> Box | None:
        """That of the whole wire, if the part has all of its sites: they have its numbers."""
        is_whole = self.rows is None and self.places == tuple(range(self.lattice.sites))
        return super().own_box if is_whole else None

    @property
    def orbitals(self) -> int:
        """Orbitals on each site of the part."""
        return self.given.orbitals

    def slices(self) -> Slices:
        """Return the clean part and its leads."""
        return self.given

    def potential_from(self, fields: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return disorder and gates of the part, (slice, row, R), from the fields of the wire."""
        if self.rows is not None:
            return self.rows.potential(fields)
        whole = self.origin.potential_from(fields)
        return np.ascontiguousarray(whole[:, list(self.places)])


def whole_of(wire: Wire) -> Wire:
    """Return the wire that a part belongs to; any other wire is whole."""
    return wire.origin if isinstance(wire, Part) else wire


def part_of(
    wire: Wire,
    given: Slices,
    places: NDArray[np.intp],
    rows: Rows | None = None,
    *,
    is_strip: bool = False,
) -> Part:
    """Return the part of a wire that has these slices.

    Parameters
    ----------
    wire : Wire
        The whole wire, whose hopping is not random.
    given : Slices
        Matrices of the part and of its leads, in units of t.
    places : (site,) int array
        Site of the whole wire that each site of `given` lies at, or which rows are alike.
    rows : Rows, optional
        The potential of each row, where disorder acts on the orbitals.
    is_strip : bool
        Whether the part is a plain strip but for its potential.
    """
    same = {one.name: getattr(wire, one.name) for one in fields(Wire)}
    numbers = tuple(int(n) for n in places)
    return Part(**same, origin=wire, given=given, places=numbers, rows=rows, is_strip=is_strip)
