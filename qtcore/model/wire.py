"""A disordered wire between two clean leads of its own width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as default
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.address import ensemble_key
from qtcore.model.assembly import assemble, orbitals_of, refuse_unless_they_combine
from qtcore.model.checks import finite_number, whole_number
from qtcore.model.disorder import Address, Box, Disorder
from qtcore.model.field import refuse_unless_it_closes
from qtcore.model.functions import Potential, on_sites
from qtcore.model.lattice import Lattice, Square
from qtcore.model.slices import Slices
from qtcore.model.terms import Term
from qtcore.units import peierls_phase


@dataclass(frozen=True)
class Wire:
    """A wire of any cross-section with disorder and gates, in a magnetic field.

    Slice 0 touches the left lead; the first L slices are the wire of length L. The leads are the
    wire without disorder and gates, and like it for the rest unless said otherwise.

    Parameters
    ----------
    lattice : Lattice
        Cross-section: `Chain()`, `Square`, `Cubic`, `Honeycomb` or `Custom`.
    disorder : Disorder or sequence of Disorder
        On-site disorder; several add up and are independent of each other.
    flux : float
        Perpendicular field (along z): flux per plaquette in units of h/e.
    field_in_leads : bool
        Whether the field fills the leads too (True), or only the plaquettes between the slices
        of the sample (False).
    terms : sequence of Term
        Spin–orbit coupling and the like, in sample and leads.
    gates : sequence of functions
        Potentials V(x, y), in a bar V(x, y, z), in the sample.
    field : (float, float, float)
        Bars only: flux in h/e through a plaquette normal to x, y and z.
    lead_shift : float
        On-site energy of the leads relative to the sample, in units of t (doped leads).

    Raises
    ------
    InputError
        If something is no number or of the wrong kind, if terms contradict each other or do not
        fit the lattice, or a field does not fit a cross-section that closes onto itself: across a
        cylinder the flux per plaquette must be a multiple of 1/width.
    """

    lattice: Lattice
    disorder: Disorder | Sequence[Disorder] = default(default_factory=lambda: Box(0.0))
    flux: float = 0.0
    field_in_leads: bool = True
    terms: Sequence[Term] = ()
    gates: Sequence[Potential] = ()
    field: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lead_shift: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.lattice, Lattice):
            raise InputError(
                f"lattice must be Square(...) or Chain(), got {self.lattice!r}; or Cubic(...), "
                "Honeycomb(...), Custom(...)"
            )
        object.__setattr__(self, "disorder", _single_or_tuple(self.disorder))
        if not isinstance(self.field_in_leads, bool | np.bool_):
            raise InputError(f"field_in_leads must be True or False, got {self.field_in_leads!r}")
        flux = finite_number("flux", self.flux, "h/e per plaquette")
        object.__setattr__(self, "flux", flux)
        object.__setattr__(self, "terms", _as_tuple("terms", self.terms))
        object.__setattr__(self, "gates", _as_tuple("gates", self.gates))
        object.__setattr__(self, "field", _field(self.lattice, self.field, flux))
        shift = finite_number("lead_shift", self.lead_shift, "units of t")
        object.__setattr__(self, "lead_shift", shift)
        self._check_field()
        refuse_unless_they_combine(self.lattice, self.terms)
        for term in self.terms:
            term.contribution(self.lattice)
        for disorder in self.disorders:
            disorder.check(self.lattice)
        for gate in self.gates:
            if not callable(gate):
                raise InputError(
                    f"a gate must be a function V(x, y) or a gate such as CoshBarrier(...), "
                    f"got {gate!r}"
                )
            on_sites(gate, self.lattice, 0, 1)

    def _check_field(self) -> None:
        if isinstance(self.lattice, Square):
            around = self.flux * self.lattice.width
            if self.lattice.periodic and abs(around - round(around)) > 1e-9:
                raise InputError(
                    f"a periodic strip of width {self.lattice.width} carries a flux per plaquette "
                    f"in multiples of 1/{self.lattice.width} only, got {self.flux}"
                )
        else:
            refuse_unless_it_closes(self.lattice, self.field_vector)

    @property
    def disorders(self) -> tuple[Disorder, ...]:
        """The kinds of disorder, one or several."""
        return self.disorder if isinstance(self.disorder, tuple) else (self.disorder,)

    @property
    def field_vector(self) -> NDArray[np.float64]:
        """B: flux in h/e through one squared lattice constant normal to x, y and z, (3,)."""
        return np.add(self.field, (0.0, 0.0, self.flux / self.lattice.plaquette))

    @property
    def width(self) -> int:
        """Sites across: of a whole slice."""
        return self.lattice.sites

    @property
    def orbitals(self) -> int:
        """Orbitals on each site, spin included."""
        return math.prod(orbitals_of(self.lattice, self.terms))

    @property
    def plain_strip(self) -> tuple[Square, Box] | None:
        """Lattice and disorder of a square strip with box disorder in a perpendicular field.

        None if the wire is anything more: then it is `slices` and `potential_of` that count.
        """
        more = self.terms or self.gates or self.lead_shift != 0
        if isinstance(self.lattice, Square) and isinstance(self.disorder, Box) and not more:
            return self.lattice, self.disorder
        return None

    @property
    def phase(self) -> float:
        """By how much the Peierls phase of a plaquette grows per slice (radians).

        Without a second site across there is no plaquette and no phase.
        """
        return peierls_phase(self.flux) if self.width > 1 else 0.0

    def transverse(self, slice_number: int) -> NDArray[np.complex128]:
        """Return the hopping inside a slice of a square strip, (site, site), in units of t.

        The field sits in the hopping across here, which is one of the many equivalent gauges.
        """
        if not isinstance(self.lattice, Square):
            raise InputError(f"transverse() is for Square(...); use slices() for {self.lattice!r}")
        return self.lattice.transverse(self.phase * slice_number)

    def slices(self) -> Slices:
        """Return the clean wire and its leads, slice by slice the same."""
        return _slices(self)

    def check_length(self, length: int) -> None:
        """Raise InputError if the disorder does not fit a wire of this many slices."""
        slices = whole_number("length (slices)", length, 1)
        for disorder in self.disorders:
            disorder.check(self.lattice, slices)

    def key(self, seed: int, number: int = 0) -> NDArray[np.uint64]:
        """Return the key of a disorder's ensemble; flux, energy, length, terms do not enter.

        Parameters
        ----------
        seed : int
            Seed of the ensemble, >= 0.
        number : int
            Which of the wire's disorders. Equal ones are told apart by how often they came
            before, so that they are independent.
        """
        disorder = self.disorders[number]
        ensemble = {**self.lattice.ensemble(), **disorder.ensemble()}
        repeats = sum(other.ensemble() == disorder.ensemble() for other in self.disorders[:number])
        if repeats:
            ensemble["repeat"] = repeats
        return ensemble_key(whole_number("seed", seed, 0), ensemble)

    def potential_of(
        self, realizations: NDArray[np.uint64], first_slice: int, slices: int, seed: int
    ) -> NDArray[np.float64]:
        """Return the sum of all disorder and gates, (slice, site, R), in units of t.

        A value depends on seed, realization, slice and site only, to the last bit.

        Parameters
        ----------
        realizations : (R,) uint64 array
            Numbers of the samples.
        first_slice, slices : int
            Slices from `first_slice` >= 0 on.
        seed : int
            Seed of the ensemble, >= 0.

        Raises
        ------
        InputError
            If a given potential returns NaN or another shape, or ends before the last slice.
        """
        whole_number("first slice", first_slice, 0)
        whole_number("number of slices", slices, 0)
        values = np.zeros((slices, self.lattice.sites, len(realizations)))
        if not values.size:
            return values
        for number, disorder in enumerate(self.disorders):
            address = Address(self.key(seed, number), realizations, first_slice, slices)
            values += disorder.potential(self.lattice, address)
        for gate in self.gates:
            values += on_sites(gate, self.lattice, first_slice, slices)[:, :, None]
        return values

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
        (len(slices), site) float array
            In units of t.

        Raises
        ------
        InputError
            If a number is no whole number >= 0.
        """
        sample = np.array([whole_number("realization", realization, 0)], dtype=np.uint64)
        whole_number("seed", seed, 0)
        numbers = [whole_number("slice", number, 0) for number in slices]
        values = np.empty((len(numbers), self.lattice.sites))
        if not numbers:
            return values
        first, last = min(numbers), max(numbers)
        if last - first < 4 * len(numbers):
            run = self.potential_of(sample, first, last - first + 1, seed)
            values[:] = run[np.asarray(numbers) - first, :, 0]
        else:
            for row, number in enumerate(numbers):
                values[row] = self.potential_of(sample, number, 1, seed)[0, :, 0]
        return values


@lru_cache(maxsize=8)
def _slices(wire: Wire) -> Slices:
    h, v = assemble(wire.lattice, wire.terms, wire.field_vector)
    lead_h, lead_v = h, v
    if not wire.field_in_leads and wire.field_vector.any():
        lead_h, lead_v = assemble(wire.lattice, wire.terms, np.zeros(3))
    if wire.lead_shift:
        lead_h = lead_h + wire.lead_shift * np.eye(len(h))
    for matrix in (h, v, lead_h, lead_v):
        matrix.setflags(write=False)
    return Slices(h, v, lead_h, lead_v, wire.orbitals)


def _single_or_tuple(given: Any) -> Disorder | tuple[Disorder, ...]:
    """Return one disorder as it is, several as a tuple."""
    if isinstance(given, Disorder):
        return given
    if isinstance(given, Sequence) and not isinstance(given, str):
        several = tuple(given)
        wrong = [one for one in several if not isinstance(one, Disorder)]
        if not wrong:
            return (several or (Box(0.0),))[0] if len(several) < 2 else several
        given = wrong[0]
    raise InputError(
        f"disorder must be Box(strength), got {given!r}; or Gaussian(...), Cauchy(...), "
        "Binary(...), Vacancies(...), Correlated(...), RemoteImpurities(...), Fixed(...), "
        "or a sequence of such"
    )


def _as_tuple(name: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError(f"{name} must be a sequence, such as {name}=(one, other), got {given!r}")
    return tuple(given)


def _field(lattice: Lattice, given: Any, flux: float) -> tuple[float, float, float]:
    """Return the field of a bar as three floats, or refuse it."""
    try:
        parts = tuple(given)
    except TypeError:
        parts = ()
    if len(parts) != 3:
        raise InputError(
            f"field must be (Bx, By, Bz), flux in h/e per plaquette normal to each, got {given!r}"
        )
    Bx, By, Bz = (
        finite_number(name, part, "h/e per plaquette")
        for name, part in zip(("Bx", "By", "Bz"), parts, strict=True)
    )
    if (Bx or By or Bz) and lattice.dimension != 3:
        raise InputError(
            f"field is for bars such as Cubic(...), got {given!r} on {lattice!r}: use flux for the "
            "perpendicular field, Zeeman(bx, by) for one in the plane"
        )
    if Bz and flux:
        raise InputError(
            f"the field along z is given twice: flux = {flux:g} and field = {given!r}; choose one"
        )
    return Bx, By, Bz
