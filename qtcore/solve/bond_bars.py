"""Eight bars with bond disorder: their bonds are made some slices at a time, and columns follow."""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.wire import Wire
from qtcore.solve.bars import Carried, EightBars
from qtcore.solve.gauged_bonds import COMPLEX, PAIRED, REAL, GaugedBonds, parts_of
from qtcore.solve.gauged_stencil import (
    advance_gauged,
    advance_gauged_paired,
    advance_gauged_real,
)
from qtcore.solve.growth_guard import heights
from qtcore.solve.kernel_arguments import Medium
from qtcore.solve.random_stencil import LaneHopping, advance_random, couples_straight_ahead

_STENCILS = {REAL: advance_gauged_real, COMPLEX: advance_gauged, PAIRED: advance_gauged_paired}


def refuse_unless_straight(wire: Wire) -> None:
    """Refuse bond disorder on a coupling that takes sites to several, or to others.

    Raises
    ------
    InputError
        Because the inverse of a random coupling would then be another dense matrix in every slice.
    """
    slices = wire.slices()
    if not couples_straight_ahead(slices.v, wire.orbitals):
        raise InputError(
            "with bond disorder, lyapunov needs a coupling that takes each site to its own successor "
            f"only, and that of {wire.lattice!r} connects each site with several; take ln_conductance "
            "of long wires instead, <ln g> = -2 L / xi"
        )


class BondBars:
    """Eight bars of a wire with bond disorder, from slice 0 on.

    Parameters
    ----------
    wire : Wire
        The bar; its coupling is invertible and goes straight ahead.
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
        clean = wire.slices()
        self._wire, self._samples, self._seed, self._unit = wire, samples, seed, clean.unit
        self._parts = parts = parts_of(wire)
        self._energy: float | NDArray[np.float64] = energy / self._unit
        self._bonds: GaugedBonds | LaneHopping
        if parts is None:
            self._bonds = bonds = LaneHopping(wire, self._unit)
            patterns = bonds.h, bonds.v_dagger, bonds.v_inverse
            medium = Medium(False, 0.0, clean.orbitals, *patterns)
            carried = Carried(len(clean.h), 2, advance_random, medium)
        else:
            self._bonds = gauged = GaugedBonds(wire, parts, samples, seed, self._unit)
            carried = Carried(wire.width, parts, _STENCILS[parts], gauged.medium)
            # The patterns hold bonds; the sites' own energies are numbers here.
            self._energy = (energy - gauged.onsite)[:, None] / self._unit
        self.slices = self._bonds.slices
        self._bars = EightBars(carried)

    def advance(self, first: int, slices: int) -> NDArray[np.float64]:
        """Carry all solutions over the next slices; return ln |R_kk|, (lane, M).

        Raises
        ------
        QtcoreError
            If a bond along the bar is zero.
        """
        potential = self._wire.potential_of(self._samples, first, slices, self._seed)
        onsite = self._energy - potential / self._unit
        high = heights(onsite)
        if isinstance(self._bonds, GaugedBonds):
            high += self._bonds.make(first, slices)
        else:
            high += self._filled(self._bonds, first, slices)
        grown = self._bars.advance(onsite, high)
        return np.repeat(grown, 2, axis=1) if self._parts == PAIRED else grown

    def _filled(self, bonds: LaneHopping, first: int, slices: int) -> NDArray[np.float64]:
        """Fill in the bonds, and return by how much the weakest along the bar can stretch."""
        try:
            with np.errstate(all="ignore"):
                bonds.fill(self._wire, self._samples, first, slices, self._seed)
        except np.linalg.LinAlgError:
            raise self._zero(f"one of the slices {first} to {first + slices - 1}") from None
        entries = len(bonds.v_inverse.columns)
        inverse = np.abs(bonds.v_inverse.values[: slices * entries]).reshape(slices, -1)
        largest = inverse.max(axis=1)
        infinite = np.flatnonzero(~np.isfinite(largest))
        if len(infinite):
            raise self._zero(f"slice {first + infinite[0] - 1}")
        return np.asarray(np.log(np.maximum(largest, 1.0)))

    def _zero(self, where: str) -> QtcoreError:
        return QtcoreError(
            f"a bond ahead of {where} of realizations {self._samples[0]} to {self._samples[-1]} is "
            "zero, so that no transfer matrix exists; leave these realizations out, or keep bonds "
            "from zero (RandomHopping(strength) below 2)"
        )
