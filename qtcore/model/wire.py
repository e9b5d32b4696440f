"""A disordered wire between two clean leads of its own width."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.assembly import (
    refuse_unless_spin_fits,
    refuse_unless_they_combine,
    space_of,
)
from qtcore.model.checks import as_tuple, finite_number, phase_number, whole_number
from qtcore.model.clean import clean_slices
from qtcore.model.disorder import BondDisorder, Box, Disorder, WithMatrix
from qtcore.model.disorder.given import single_or_several
from qtcore.model.field import checked_field, refuse_unless_flux_closes
from qtcore.model.functions import Potential, on_sites
from qtcore.model.hopping import refuse_ending_field, refuse_further_bonds
from qtcore.model.lattice import Lattice, Square
from qtcore.model.leads import checked_leads, checked_offset, strips_on
from qtcore.model.nambu import OrbitalSpace
from qtcore.model.paired_wire import (
    refuse_ambiguous,
    refuse_turning_bonds,
    refuse_unless_pairing_fits,
)
from qtcore.model.pairing_profile import check_profile, profile_of
from qtcore.model.removed import refuse_unless_removed
from qtcore.model.sampled import Sampled, bonds_of
from qtcore.model.site_matrices import SiteMatrices
from qtcore.model.slices import Slices
from qtcore.model.structure import Structure, applied
from qtcore.model.terms import Pairing, Term
from qtcore.model.terms.pairing import Profile
from qtcore.model.words import wire_in_words
from qtcore.shown import Card, Shown, described
from qtcore.units import peierls_phase


@dataclass(frozen=True, repr=False)
class Wire(Shown, Sampled):
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
        `WithMatrix` makes it act on the orbitals of a site.
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
    right_lead_offset : float or (float, float), optional
        The same of the right lead, where it is another one than that of the left lead. Not with a
        field in the leads.
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
    right_lead_offset: float | tuple[float, float] | None = None
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
        flux = phase_number("flux", self.flux, "h/e per plaquette")
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
        offsets = self.lead_offset, self.right_lead_offset
        lead, offset, right = checked_leads(self.lattice, self.lead_lattice, *offsets, B)
        object.__setattr__(self, "lead_lattice", lead)
        object.__setattr__(self, "lead_offset", offset)
        object.__setattr__(self, "right_lead_offset", right)
        if lead is not None:
            for term in self.terms:
                term.contribution(lead)
        for disorder in self.disorders:
            disorder.check(self.lattice)
            if getattr(disorder, "spin", False):
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
        has_potential = bool(self.gates) or self.lead_shift != 0
        refuse_ambiguous(self.lattice, self.disorders, has_potential=has_potential)
        if self.space.paired or (self.lead_lattice is not None and self.lead_lattice.has_holes):
            refuse_unless_pairing_fits(
                self.lattice,
                self.lead_lattice,
                self.terms,
                (*self.disorders, *self.structure),
                in_field=bool(self.field_vector.any()),
                field_in_leads=bool(self.field_in_leads),
            )
        for disorder in self.disorders:
            if isinstance(disorder, WithMatrix):
                disorder.matrices(self.space)  # refuses what does not fit

    def _card(self) -> Card:
        """Return what it shows of itself."""
        return Card(described(self), wire_in_words(self))

    @property
    def disorders(self) -> tuple[Disorder, ...]:
        """The kinds of disorder, one or several."""
        return self.disorder if isinstance(self.disorder, tuple) else (self.disorder,)

    @property
    def _spin_from_disorder(self) -> bool:
        return any(getattr(one, "spin", False) for one in self.disorders)

    @property
    def random_bonds(self) -> bool:
        """Whether the hopping differs from bond to bond.

        By disorder, or by structure and pairing that depends on the place, which are the same in
        all realizations.
        """
        structured = applied.changes_sample(self.structure) or self.profile is not None
        return structured or bool(self.bond_disorders)

    @property
    def random_hopping(self) -> bool:
        """Whether h or v differ from slice to slice: then `hopping_of` takes their place.

        So do bonds that differ, and matrices on the sites that are not diagonal.
        """
        return self.random_bonds or self.random_matrices

    @property
    def profile(self) -> Profile | None:
        """What multiplies the pairing of the sample place by place; None where nothing does."""
        return profile_of(self.terms)

    @property
    def is_junction(self) -> bool:
        """Whether one lead is a superconductor and the other one is normal."""
        return any(isinstance(term, Pairing) and term.in_one_lead for term in self.terms)

    @property
    def random_matrices(self) -> bool:
        """Whether numbers on the sites multiply matrices that are not diagonal."""
        return self.site_matrices is not None and self.site_matrices.rows is None

    @property
    def site_matrices(self) -> SiteMatrices | None:
        """What numbers on the sites multiply there; None if that is 1 for all of them."""
        is_plain = not (self.matrix_kinds or self.space.paired)
        return None if is_plain else _site_matrices(self)

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
        """Orbitals on each site, spin and holes included."""
        return self.space.size

    @property
    def space(self) -> OrbitalSpace:
        """The orbitals on each site: electron or hole outermost, then spin, then bands."""
        return space_of(self.lattice, self.terms, self._spin_from_disorder)

    @property
    def spins(self) -> int:
        """Spins that the orbitals count: 2 where terms or disorder act on the spin, otherwise 1."""
        return self.space.spins

    @property
    def strip(self) -> Square | None:
        """Lattice of a square strip without spin, and of constant hopping.

        Its leads are its own, or narrower ones on some of its sites (see `lead_sites`). None if the
        wire is anything more. Field, gates and disorder of the sites are not.
        """
        other_leads = self.lead_lattice is not None and not self.lead_sites
        more = self.terms or self.random_hopping or self.lead_shift or other_leads
        # Disorder of no strength that would act on the spin leaves both spins there.
        is_plain = not (more or self.structure) and self.site_matrices is None and self.spins == 1
        return self.lattice if isinstance(self.lattice, Square) and is_plain else None

    @property
    def lead_sites(self) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Sites of a slice that the left and the right lead continue, if they are narrower strips.

        In the order of the lead's sites. None if leads are anything else, if there is a field, or no
        disorder of continuous values: clean strips have states that such leads do not reach.
        """
        lead, right = self.lead_lattice, self.right_lead_offset
        if not (isinstance(self.lattice, Square) and isinstance(lead, Square)) or self.phase:
            return None
        if not any(disorder.random and not disorder.discrete for disorder in self.disorders):
            return None
        offsets = self.lead_offset, self.lead_offset if right is None else right
        return strips_on(self.lattice, lead, *map(checked_offset, offsets))

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

        None if there are gates, or disorder of another kind, or holes that see the opposite of it.
        """
        if self.gates or not isinstance(self.disorder, Box) or self.site_matrices is not None:
            return None
        return self.disorder

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
        if self.profile is not None:
            in_field = bool(self.field_vector.any())
            check_profile(self.profile, self.lattice, slices, is_zero=in_field)
        if self.structure:
            applied.check_along(self.structure, self.lattice, bonds_of(self).pairs, slices)
            if self.space.paired:
                refuse_turning_bonds(self.structure, self.lattice, slices)


@lru_cache(maxsize=8)
def _slices(wire: Wire) -> Slices:
    right = wire.right_lead_offset
    found = clean_slices(
        wire.lattice,
        wire.terms,
        wire._spin_from_disorder,
        wire.field_vector,
        field_in_leads=wire.field_in_leads,
        lead=wire.lead_lattice,
        offset=checked_offset(wire.lead_offset),
        right_offset=None if right is None else checked_offset(right),
        lead_shift=wire.lead_shift,
    )
    if wire.structure:
        plain = found.left_contact, found.right_contact
        ends = applied.with_contacts(wire.structure, wire.lattice, wire.orbitals, plain)
        found = replace(found, contacts=ends or found.contacts)
        for matrix in found.contacts or ():
            matrix.setflags(write=False)
    # Where orbitals see other potentials, each row is a site of its own to the solvers.
    matrices = wire.site_matrices
    return found if matrices is None or matrices.rows is None else replace(found, orbitals=1)


@lru_cache(maxsize=8)
def _site_matrices(wire: Wire) -> SiteMatrices:
    return SiteMatrices(wire.space, wire.lattice.sites, wire.matrix_kinds)
