"""A disordered wire between two clean leads of its own width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as default
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.address import ensemble_key
from qtcore.model.assembly import (
    assemble,
    orbitals_of,
    refuse_unless_spin_fits,
    refuse_unless_they_combine,
)
from qtcore.model.checks import as_tuple, finite_number, whole_number
from qtcore.model.disorder import Address, BondDisorder, Box, Disorder, OnsiteDisorder
from qtcore.model.disorder.given import single_or_several
from qtcore.model.field import checked_field, refuse_unless_flux_closes
from qtcore.model.functions import Potential, on_sites
from qtcore.model.hopping import Hopping, RandomBonds, refuse_ending_field, refuse_further_bonds
from qtcore.model.lattice import Lattice, Square
from qtcore.model.leads import checked_leads, checked_offset, contacts, origin, shared_sites
from qtcore.model.removed import refuse_unless_removed
from qtcore.model.slices import Slices
from qtcore.model.structure import Structure, applied
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
        Disorder of sites, such as `Box`, and of bonds, such as `RandomFlux`; several, independent
        of each other, add up on sites and multiply on bonds. Leads and their contacts are clean.
    flux : float
        Perpendicular field (along z): flux per plaquette in units of h/e.
    field_in_leads : bool
        Whether the field fills the leads too (True), or only the plaquettes between the slices
        of the sample (False; not with hopping beyond neighbours).
    terms : sequence of Term
        Spin–orbit coupling and the like, in sample and leads.
    gates : sequence of functions
        Potentials V(x, y), in a bar V(x, y, z), in the sample.
    field : (float, float, float)
        Bars only: flux in h/e through a plaquette normal to x, y and z.
    lead_shift : float
        On-site energy of the leads relative to the sample, in units of t (doped leads).
    lead_lattice : Lattice, optional
        Cross-section of leads that are wider or narrower than the sample.
    lead_offset : float or (float, float)
        With `lead_lattice`: y, in a bar (y, z), of the sample's origin in the lead, in lattice
        constants. On a strip, the site of the lead that the sample's site 0 continues. Sites of
        sample and lead that lie at one place continue each other; other sites end there.
    structure : sequence of Structure
        Bonds and sites of the sample that are changed by functions of position, in all samples
        alike: `TunnelContact`, `ChangedBonds`, `ChangedBond`, `Strain`, `FluxTube`, `LocalField`,
        `MissingSites`. Factors of several multiply. Leads are as without.

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
    lead_lattice: Lattice | None = None
    lead_offset: float | tuple[float, float] = 0.0
    structure: Sequence[Structure] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.lattice, Lattice):
            raise InputError(
                f"lattice must be Square(...) or Chain(), got {self.lattice!r}; or Cubic(...), "
                "Honeycomb(...), Custom(...)"
            )
        object.__setattr__(self, "disorder", single_or_several(self.disorder))
        if not isinstance(self.field_in_leads, bool | np.bool_):
            raise InputError(f"field_in_leads must be True or False, got {self.field_in_leads!r}")
        flux = finite_number("flux", self.flux, "h/e per plaquette")
        object.__setattr__(self, "flux", flux)
        object.__setattr__(self, "terms", as_tuple("terms", self.terms))
        object.__setattr__(self, "gates", as_tuple("gates", self.gates))
        object.__setattr__(self, "field", checked_field(self.lattice, self.field, flux))
        shift = finite_number("lead_shift", self.lead_shift, "units of t")
        object.__setattr__(self, "lead_shift", shift)
        refuse_unless_flux_closes(self.lattice, flux, self.field_vector)
        refuse_unless_they_combine(self.lattice, self.terms)
        for term in self.terms:
            term.contribution(self.lattice)
        if self.field_vector.any() and not self.field_in_leads:
            refuse_ending_field(self.lattice, self.terms)
        B = self.field_vector if self.field_in_leads else None
        lead, offset = checked_leads(self.lattice, self.lead_lattice, self.lead_offset, B)
        object.__setattr__(self, "lead_lattice", lead)
        object.__setattr__(self, "lead_offset", offset)
        if lead is not None:
            for term in self.terms:
                term.contribution(lead)
        for disorder in self.disorders:
            disorder.check(self.lattice)
            if isinstance(disorder, BondDisorder) and disorder.spin:
                refuse_unless_spin_fits(self.lattice, self.terms, disorder)
            if isinstance(disorder, BondDisorder) and disorder.own_bonds_only:
                refuse_further_bonds(self.lattice, self.terms, disorder)
        for gate in self.gates:
            if not callable(gate):
                raise InputError(
                    f"a gate must be a function V(x, y) or a gate such as CoshBarrier(...), "
                    f"got {gate!r}"
                )
            on_sites(gate, self.lattice, 0, 1)
        refuse_unless_removed((*self.disorders, *self.gates), self.lattice)
        object.__setattr__(
            self, "structure", applied.checked_structure(self.structure, self.lattice)
        )

    @property
    def disorders(self) -> tuple[Disorder, ...]:
        """The kinds of disorder, one or several."""
        return self.disorder if isinstance(self.disorder, tuple) else (self.disorder,)

    @property
    def _spin_from_disorder(self) -> bool:
        return any(isinstance(one, BondDisorder) and one.spin for one in self.disorders)

    @property
    def random_hopping(self) -> bool:
        """Whether the hopping differs from bond to bond: then `hopping_of` replaces h and v.

        By disorder or by structure; the latter is the same in all realizations.
        """
        structured = applied.changes_sample(self.structure)
        return structured or any(isinstance(one, BondDisorder) for one in self.disorders)

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
        return math.prod(orbitals_of(self.lattice, self.terms, self._spin_from_disorder))

    @property
    def spins(self) -> int:
        """Spins that the orbitals count: 2 where terms or disorder act on the spin, otherwise 1."""
        return orbitals_of(self.lattice, self.terms, self._spin_from_disorder)[0]

    @property
    def strip(self) -> Square | None:
        """Lattice of a square strip without spin, of constant hopping, and with leads of its own.

        None if the wire is anything more. Field, gates and disorder of the sites are not.
        """
        more = self.terms or self.random_hopping or self.lead_shift or self.lead_lattice is not None
        is_plain = not (more or self.structure)
        return self.lattice if isinstance(self.lattice, Square) and is_plain else None

    @property
    def plain_strip(self) -> tuple[Square, Box] | None:
        """Lattice and disorder of a square strip with box disorder in a perpendicular field.

        None if the wire is anything more: then it is `slices` and `potential_of` that count.
        """
        strip = self.strip
        if strip is None or self.gates or not isinstance(self.disorder, Box):
            return None
        return strip, self.disorder

    @property
    def own_box(self) -> Box | None:
        """Box disorder that is all of the potential, and counts the sites of this wire's slices.

        None if there are gates, or disorder of another kind.
        """
        return self.disorder if isinstance(self.disorder, Box) and not self.gates else None

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
        """Return the clean wire and its leads; of its structure only the contacts to the leads."""
        return _slices(self)

    def check_length(self, length: int) -> None:
        """Raise InputError if disorder or structure do not fit a wire of this many slices."""
        slices = whole_number("length (slices)", length, 1)
        for disorder in self.disorders:
            disorder.check(self.lattice, slices)
        if self.structure:
            applied.check_along(self.structure, self.lattice, bonds_of(self).pairs, slices)

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
            if not isinstance(disorder, OnsiteDisorder):
                continue
            address = Address(self.key(seed, number), realizations, first_slice, slices)
            values += disorder.potential(self.lattice, address)
        return self.with_fixed(values, first_slice)

    def with_fixed(self, disorder: NDArray[np.float64], first_slice: int) -> NDArray[np.float64]:
        """Return disorder, (slice, site, R), with gates, and what stands for missing sites."""
        values = disorder
        for gate in self.gates:
            values = values + on_sites(gate, self.lattice, first_slice, len(values))[:, :, None]
        gone = self.missing_sites(first_slice, len(values))
        if gone is not None:
            values = np.where(gone[:, :, None], applied.MISSING * self.slices().unit, values)
        return values

    def missing_sites(self, first_slice: int, slices: int) -> NDArray[np.bool_] | None:
        """Return which sites structure removes, (slice, site), or None if it removes none."""
        return applied.missing_sites(self.structure, self.lattice, first_slice, slices)

    def hopping_of(
        self, realizations: NDArray[np.uint64], first_slice: int, slices: int, seed: int
    ) -> Hopping:
        """Return h and v of each slice and sample, without the potential.

        A value depends on seed, realization, slice and bond only, to the last bit. Without bond
        disorder and structure it is the clean h and v, repeated.

        Parameters
        ----------
        realizations : (R,) uint64 array
            Numbers of the samples.
        first_slice, slices : int
            Slices from `first_slice` >= 0 on.
        seed : int
            Seed of the ensemble, >= 0.
        """
        whole_number("first slice", first_slice, 0)
        whole_number("number of slices", slices, 0)
        return bonds_of(self).hopping(self.bond_kinds(seed), realizations, first_slice, slices)

    def bond_kinds(self, seed: int) -> list[tuple[BondDisorder, NDArray[np.uint64]]]:
        """Return structure and the disorder of bonds, each with a key, the first one innermost."""
        none = np.zeros(2, dtype=np.uint64)
        structure = [(applied.StructuredBonds(self.structure), none)] if self.structure else []
        return structure + [
            (disorder, self.key(seed, number))
            for number, disorder in enumerate(self.disorders)
            if isinstance(disorder, BondDisorder)
        ]

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
    spin = wire._spin_from_disorder
    B = wire.field_vector
    h, v = assemble(wire.lattice, wire.terms, B, spin)
    lead_h, lead_v = h, v
    lead, offset = wire.lead_lattice, checked_offset(wire.lead_offset)
    if lead is not None or (B.any() and not wire.field_in_leads):
        lead_B = B if wire.field_in_leads else np.zeros(3)
        lead_h, lead_v = assemble(lead or wire.lattice, wire.terms, lead_B, spin, origin(offset))
    if wire.lead_shift:
        lead_h = lead_h + wire.lead_shift * np.eye(len(lead_h))
    ends = None
    if lead is not None:
        shared = shared_sites(wire.lattice, lead, offset)
        ends = contacts(shared, len(h), lead_v, wire.orbitals)
    if wire.structure:
        plain = ends or (lead_v, lead_v)
        ends = applied.with_contacts(wire.structure, wire.lattice, wire.orbitals, plain) or ends
    for matrix in (h, v, lead_h, lead_v, *(ends or ())):
        matrix.setflags(write=False)
    return Slices(h, v, lead_h, lead_v, wire.orbitals, ends)


@lru_cache(maxsize=8)
def bonds_of(wire: Wire) -> RandomBonds:
    """Return the bonds of a wire, whose factors `Wire.bond_kinds` make."""
    return RandomBonds(wire.lattice, wire.slices(), wire._spin_from_disorder)
