"""One impurity configuration for several wires: the disorder is made once, gates are each wire's."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.part import whole_of
from qtcore.model.wire import Wire

_MOST_KEPT = 2**24
"""Numbers that are kept for the next wire, at most (128 MiB); what is beyond is made again."""


class SharedDisorder:
    """The disorder of some samples, for wires that differ in other things only.

    Parameters
    ----------
    wire : Wire
        Any one of the wires.
    realizations : (R,) uint64 array
        Numbers of the samples.
    seed : int
        Seed of the ensemble.
    keep : bool
        Whether to remember every chunk for the next wire.
    """

    def __init__(
        self, wire: Wire, realizations: NDArray[np.uint64], seed: int, *, keep: bool
    ) -> None:
        whole = whole_of(wire)
        is_more = whole.gates or whole.structure
        self._wire = replace(whole, gates=(), structure=()) if is_more else whole
        self._realizations, self._seed = realizations, seed
        self._room = _MOST_KEPT if keep else 0
        self._kept: dict[tuple[int, int], NDArray[np.float64]] = {}

    def chunk(self, first: int, count: int) -> NDArray[np.float64]:
        """Return the disorder in some slices, (slice, field and site, R), in units of t."""
        values = self._kept.get((first, count))
        if values is None:
            values = self._wire.fields_of(self._realizations, first, count, self._seed)
            if values.size <= self._room:
                self._kept[first, count] = values
                self._room -= values.size
        return values

    def potential(self, wire: Wire) -> Callable[[int, int], NDArray[np.float64]]:
        """Return a wire's potential as a function of (first slice, slices)."""

        def of(first: int, count: int) -> NDArray[np.float64]:
            return with_gates(wire, self.chunk(first, count), first)

        return of


def refuse_other_impurities(wires: Sequence[Wire], seed: int) -> None:
    """Raise InputError unless all wires have the same sites and the same disorder."""
    first = wires[0]
    for number, other in enumerate(wires[1:], start=1):
        if _impurities(other, seed) != _impurities(first, seed):
            raise InputError(
                "all wires of a family must have the same sites and the same disorder; member "
                f"{number} has {other.disorder!r} on {other.lattice!r}, member 0 has "
                f"{first.disorder!r} on {first.lattice!r}"
            )


def _impurities(wire: Wire, seed: int) -> list[object]:
    """Return what is the same for wires with the same impurities."""
    parts: list[object] = [wire.width]
    for number, disorder in enumerate(wire.disorders):
        # A key alone does not say how strong impurities are, nor which potential is given.
        parts += [wire.key(seed, number).tobytes(), disorder]
    return parts


def with_gates(wire: Wire, disorder: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Return the potential of a wire from slice `first` on, (slice, site, R), gates included.

    What stands for missing sites is in it. The disorder is that of the whole wire, see
    `Wire.fields_of`.
    """
    return wire.potential_from(gated_fields(wire, disorder, first))


def onsite_of(
    wire: Wire, disorder: NDArray[np.float64], first: int, *, on_orbitals: bool
) -> NDArray[np.float64]:
    """Return the potential from slice `first` on, or what stands for it on the orbitals.

    See `SiteMatrices.elements`; the disorder is that of the whole wire, see `Wire.fields_of`.
    """
    fields = gated_fields(wire, disorder, first)
    if not on_orbitals:
        return wire.potential_from(fields)
    assert wire.site_matrices is not None
    return wire.site_matrices.elements(fields)


def less_potential(
    wire: Wire, potential: NDArray[np.float64], energy: float, unit: float, *, on_orbitals: bool
) -> NDArray[np.float64]:
    """Return E less what `onsite_of` returns, as stencils take it, in units of `unit`."""
    onsite = np.ascontiguousarray((energy - potential) / unit)
    if on_orbitals:
        between = slice(len(wire.slices().h), None)
        onsite[:, between] = potential[:, between] / -unit
    return onsite


def gated_fields(wire: Wire, disorder: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Return the fields of a wire from slice `first` on, with gates and missing sites."""
    return whole_of(wire).with_fixed(disorder, first)
