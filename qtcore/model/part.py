"""A part of a wire that nothing couples to the rest, as a wire of its own."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from qtcore.model.disorder import Box
from qtcore.model.lattice import Square
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
        Site of the whole wire that each site of `given` lies at.
    """

    origin: Wire
    given: Slices
    places: tuple[int, ...]

    @property
    def strip(self) -> Square | None:
        """None: its slices are given."""
        return None

    @property
    def own_box(self) -> Box | None:
        """That of the whole wire, if the part has all of its sites: they have its numbers."""
        is_whole = self.places == tuple(range(self.lattice.sites))
        return super().own_box if is_whole else None

    @property
    def orbitals(self) -> int:
        """Orbitals on each site of the part."""
        return self.given.orbitals

    def slices(self) -> Slices:
        """Return the clean part and its leads."""
        return self.given

    def potential_of(
        self, realizations: NDArray[np.uint64], first_slice: int, slices: int, seed: int
    ) -> NDArray[np.float64]:
        """Return disorder and gates on the sites of the part, (slice, site, R), in units of t."""
        whole = self.origin.potential_of(realizations, first_slice, slices, seed)
        return own_potential(self, whole)


def whole_of(wire: Wire) -> Wire:
    """Return the wire that a part belongs to; any other wire is whole."""
    return wire.origin if isinstance(wire, Part) else wire


def own_potential(wire: Wire, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a wire has of the potential of the whole one, (slice, site, R)."""
    if not isinstance(wire, Part):
        return values
    return np.ascontiguousarray(values[:, list(wire.places)])


def part_of(wire: Wire, given: Slices, places: NDArray[np.intp]) -> Part:
    """Return the part of a wire that has these slices.

    Parameters
    ----------
    wire : Wire
        The whole wire, whose hopping is not random.
    given : Slices
        Matrices of the part and of its leads, in units of t.
    places : (site,) int array
        Site of the whole wire that each site of `given` lies at.
    """
    same = {one.name: getattr(wire, one.name) for one in fields(Wire)}
    return Part(**same, origin=wire, given=given, places=tuple(int(n) for n in places))
