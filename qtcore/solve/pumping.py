"""Charges pumped through a tube by a flux quantum: the winding number of det r.

A strip that is closed across is a tube. While the flux through it grows by h/e, the det r of the right
lead runs around the origin as often as an electron arrives there, which is the Hall conductance in e²/h
of what the tube is made of (Laughlin's argument). It needs no gap, only that nothing passes from end to
end.
Bräunlich, Graf and Ortelli, Commun. Math. Phys. 295, 243 (2010); Fulga, Hassler and Akhmerov, PRB 85,
165409 (2012).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import whole_number
from qtcore.model.hopping import Entries, Hopping
from qtcore.model.wire import Wire
from qtcore.room import refuse_more_than_memory
from qtcore.shown import ShownFields
from qtcore.solve.arguments import checked_energy, checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import HoppingOf, addressed
from qtcore.threads import one_thread

SMALL_STEP = math.pi / 2
"""Turn of det r between neighbouring fluxes that is small enough to know its sign, radians."""

OPEN = 0.1
"""Least singular value of r below which a winding is suspect: there T exceeds 0.99."""

_MOST_STEPS = 512

_MATRICES = 16
"""Matrices of the size of a slice that the recursive solver holds for each sample, about."""

_TOGETHER = 2**26
"""Bytes that samples may take together."""


@dataclass(frozen=True, eq=False, repr=False)
class Windings(ShownFields):
    """Winding numbers of det r of every realization over one flux quantum.

    Attributes
    ----------
    values : (realization,) int array
        Electrons that arrive in the right lead; with the sign of `kubo_bastin` for axes="xy".
    least_reflection : (realization,) float array
        Least singular value of r at any flux: sqrt(1 - T) of the channel that transmits most. The
        winding changes only where this passes through 0.
    largest_step : (realization,) float array
        Largest turn of det r between neighbouring fluxes, radians.
    suspect : (realization,) bool array
        Where the least reflection is below 0.1, or a turn above pi / 2 even with the most fluxes.
    """

    values: NDArray[np.int64]
    least_reflection: NDArray[np.float64]
    largest_step: NDArray[np.float64]
    suspect: NDArray[np.bool_]


@one_thread
def charge_pumped(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    fluxes: int = 16,
) -> Windings:
    """Return how many electrons a flux quantum through a tube pumps into the right lead.

    The flux is that through the tube, and is zero in the leads. They need open modes; in the gap of a
    topological insulator give metallic leads, such as those of `lead_shift`.

    Parameters
    ----------
    wire : Wire
        A strip that is closed across (periodic=True).
    energy : float
        Units of t.
    length : int
        Slices: long enough that nothing passes from end to end.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble.
    fluxes : int
        Fluxes between 0 and h/e at first, at least 4. Where det r turns by more than pi / 2 from one to
        the next, they are doubled, up to 512.

    Returns
    -------
    Windings
        `values` is (realization,).

    Raises
    ------
    InputError
        If an argument is wrong, the lattice is not closed across, or no mode of the leads is open.
    """
    ensemble = Ensemble([length], realizations, seed)
    checked_wire(wire).check_length(ensemble.longest)
    fermi, count = checked_energy(energy), whole_number("fluxes", fluxes, 4)
    tube = _Tube(wire, fermi, ensemble)
    found = [_wound(tube, rows, count) for rows in tube.groups()]
    windings, least_reflection, largest_step = np.concatenate(found, axis=1)
    suspect = (least_reflection < OPEN) | (largest_step > SMALL_STEP)
    return Windings(np.rint(windings).astype(np.int64), least_reflection, largest_step, suspect)


def _wound(tube: "_Tube", rows: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Return windings, least reflections and largest steps of some samples, (3, realization)."""
    phases, least = tube.reflections(np.arange(count) / count, rows)
    results = np.zeros((3, len(rows)))
    unsettled = np.arange(len(rows))
    while True:
        turns = np.angle(np.roll(phases, -1, axis=0) * phases.conj())
        largest = np.abs(turns).max(axis=0)
        results[:, unsettled] = turns.sum(axis=0) / (2 * math.pi), least.min(axis=0), largest
        wide = largest > SMALL_STEP
        if not wide.any() or 2 * count > _MOST_STEPS:
            return results
        unsettled = unsettled[wide]
        between = tube.reflections((np.arange(count) + 0.5) / count, rows[unsettled])
        count *= 2
        phases, least = (
            np.stack([old[:, wide], new], axis=1).reshape(count, -1)
            for old, new in zip((phases, least), between, strict=True)
        )


def refuse_unless_tube(wire: Wire) -> None:
    """Raise InputError unless a flux through a wire pumps charge."""
    if len(wire.lattice.wraps()) != 1:
        raise InputError(
            f"a flux goes through a tube, that is a strip that is closed across, got {wire.lattice!r}; "
            "use periodic=True"
        )
    if wire.space.paired:
        raise InputError(
            "a flux pumps charge, which a wire with pairing does not conserve; its invariants are the "
            "sign of det r (observe.andreev) and the Bott index"
        )


class _Tube:
    """Samples of a wire with a flux through the tube that they form."""

    def __init__(self, wire: Wire, energy: float, ensemble: Ensemble) -> None:
        refuse_unless_tube(wire)
        (wrap,) = wire.lattice.wraps()
        self._wire, self._energy, self._ensemble = wire, energy, ensemble
        places = np.repeat(wire.lattice.positions(), wire.orbitals, axis=0)
        across = places @ wrap / (wrap @ wrap)
        # How often the bond from i to j passes the seam.
        self._passes = -np.rint(across[None, :] - across[:, None])
        refuse_more_than_memory(
            self._bytes, f"a tube of {len(places):,} orbitals around", "take a narrower one"
        )

    @property
    def _bytes(self) -> int:
        """Bytes that a sample takes while it is solved."""
        return 16 * _MATRICES * len(self._passes) ** 2

    def groups(self) -> Iterator[NDArray[np.intp]]:
        """Yield numbers of samples that are solved together: a few MiB of them go through caches best."""
        R, together = len(self._ensemble.numbers), max(1, _TOGETHER // self._bytes)
        for first in range(0, R, together):
            yield np.arange(first, min(R, first + together))

    def reflections(
        self, fluxes: NDArray[np.float64], rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
        """Return the phase of det r and the least singular value of r, (flux, realization) each."""
        clean, numbers = self._wire.slices(), self._ensemble.numbers[rows]
        potential, hopping = addressed(self._wire, numbers, self._ensemble.seed)
        phases = np.empty((len(fluxes), len(rows)), dtype=np.complex128)
        least = np.empty(phases.shape)
        for k, flux in enumerate(fluxes):
            turns = np.exp(2j * math.pi * flux * self._passes)
            # Leads and contacts stay as they are: their modes, and the phases of r, know no flux.
            slices = replace(clean, h=clean.h * turns, v=clean.v * turns)
            (found,) = scattering_matrices(
                slices,
                self._energy,
                self._ensemble.lengths,
                potential,
                hopping=hopping and _turned(hopping, turns),
            )
            r = found.r
            phases[k] = np.linalg.slogdet(r)[0]
            least[k] = np.linalg.svd(r, compute_uv=False)[:, -1]
        return phases, least


def _turned(hopping: HoppingOf, turns: NDArray[np.complex128]) -> HoppingOf:
    """Return random hopping with a phase for each entry of h and v."""

    def one(entries: Entries) -> Entries:
        factors = turns[entries.rows, entries.columns]
        return Entries(entries.rows, entries.columns, entries.values * factors[None, :, None])

    def of(first: int, count: int) -> Hopping:
        found = hopping(first, count)
        return Hopping(one(found.inside), one(found.ahead))

    return of
