"""A disordered wire between two clean leads of its own width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.address import ensemble_key, onsite
from qtcore.model.disorder import Box
from qtcore.model.lattice import Square, whole_number
from qtcore.units import peierls_phase


@dataclass(frozen=True)
class Wire:
    """A square-lattice wire with on-site disorder in a perpendicular magnetic field.

    Slice 0 touches the left lead; the first L slices are the wire of length L. Between slices the
    hopping is 1; the field sits in the phases of the hopping across (see `transverse`), which is
    one of the many equivalent gauges.

    Parameters
    ----------
    lattice : Square
        Cross-section; `Chain()` for one site.
    disorder : Box
        On-site disorder.
    flux : float
        Flux per plaquette in units of h/e.
    field_in_leads : bool
        Whether the field fills the leads too (True), or only the plaquettes between the slices
        of the sample (False).

    Raises
    ------
    InputError
        If the flux is no finite number, or does not fit a periodic strip: across a cylinder the
        flux per plaquette must be a multiple of 1/width.
    """

    lattice: Square
    disorder: Box = field(default_factory=lambda: Box(0.0))
    flux: float = 0.0
    field_in_leads: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.lattice, Square):
            raise InputError(f"lattice must be Square(...) or Chain(), got {self.lattice!r}")
        if not isinstance(self.disorder, Box):
            raise InputError(f"disorder must be Box(strength), got {self.disorder!r}")
        if not isinstance(self.field_in_leads, bool | np.bool_):
            raise InputError(f"field_in_leads must be True or False, got {self.field_in_leads!r}")
        if isinstance(self.flux, str | bool | complex):
            raise InputError(f"flux must be a number (h/e per plaquette), got {self.flux!r}")
        try:
            flux = float(self.flux)
        except (TypeError, ValueError):
            raise InputError(
                f"flux must be a number (h/e per plaquette), got {self.flux!r}"
            ) from None
        if not math.isfinite(flux):
            raise InputError(f"flux must be finite (h/e per plaquette), got {flux}")
        around = flux * self.lattice.width
        if self.lattice.periodic and abs(around - round(around)) > 1e-9:
            raise InputError(
                f"a periodic strip of width {self.lattice.width} carries a flux per plaquette "
                f"in multiples of 1/{self.lattice.width} only, got {flux}"
            )
        object.__setattr__(self, "flux", flux)

    @property
    def width(self) -> int:
        """Sites across."""
        return self.lattice.width

    @property
    def phase(self) -> float:
        """By how much the Peierls phase of the bonds across grows per slice (radians).

        Without a second site across there is no plaquette and no phase.
        """
        return peierls_phase(self.flux) if self.width > 1 else 0.0

    def transverse(self, slice_number: int) -> NDArray[np.complex128]:
        """Return the hopping inside a slice, (site, site), in units of t."""
        return self.lattice.transverse(self.phase * slice_number)

    def key(self, seed: int) -> NDArray[np.uint64]:
        """Return the key of this wire's disorder ensemble; flux, energy, length do not enter."""
        ensemble: dict[str, object] = {
            "lattice": "square",
            "periodic": bool(self.lattice.periodic),
            "width": self.width,
            "disorder": "box",
            "strength": self.disorder.strength.hex(),
        }
        return ensemble_key(whole_number("seed", seed, 0), ensemble)

    def onsite(self, realization: int, slices: Sequence[int], seed: int) -> NDArray[np.float64]:
        """Return the on-site values that a sample is made of.

        Parameters
        ----------
        realization : int
            Number of the sample, >= 0.
        slices : sequence of int
            Slice numbers, each >= 0.
        seed : int
            Seed of the ensemble, >= 0.

        Returns
        -------
        (len(slices), width) float array
            In units of t.

        Raises
        ------
        InputError
            If a number is no whole number >= 0.
        """
        sample = whole_number("realization", realization, 0)
        key = self.key(seed)
        numbers = [whole_number("slice", number, 0) for number in slices]
        values = np.empty((len(numbers), self.width))
        if not numbers:
            return values
        first, last = min(numbers), max(numbers)
        if last - first < 4 * len(numbers):
            sites = (last - first + 1) * self.width
            run = onsite(key, sample, first * self.width, sites, self.disorder.strength)
            values[:] = run.reshape(-1, self.width)[np.asarray(numbers) - first]
        else:
            for row, number in enumerate(numbers):
                values[row] = onsite(
                    key, sample, number * self.width, self.width, self.disorder.strength
                )
        return values
