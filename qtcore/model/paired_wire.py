"""What a wire with pairing may have beside it, and wires that look like one."""

from collections.abc import Sequence

from qtcore.errors import InputError
from qtcore.model.disorder import BondDisorder, Box, Disorder, OnsiteDisorder
from qtcore.model.lattice import Custom, Lattice
from qtcore.model.structure import ChangedBonds, Structure
from qtcore.model.structure.applied import bond_factors
from qtcore.model.structure.contract import own_pairs
from qtcore.model.terms import Pairing, Term

_WORKS = (
    "real factors multiply hopping and pairing of a bond alike, as those of ChangedBonds, ChangedBond, "
    "TunnelContact, Strain and RandomHopping(strength)"
)

_AT_ONCE = 2**20
"""Factors of bonds that are looked through at once, about."""


def refuse_unless_pairing_fits(
    lattice: Lattice,
    lead: Lattice | None,
    terms: Sequence[Term],
    changes: Sequence[Disorder | Structure],
    *,
    in_field: bool,
    field_in_leads: bool,
) -> None:
    """Refuse what has no meaning beside electrons and holes; parameters are those of a `Wire`.

    Raises
    ------
    InputError
        If there is a field, bonds with phases, or a lead without holes.
    """
    for term in terms:
        if isinstance(term, Pairing):
            for cross_section in {lattice, lead or lattice}:
                term.pairs(cross_section)
    if lead is not None and lead.has_holes != lattice.has_holes:
        raise InputError(
            f"the leads, {lead!r}, and the sample, {lattice!r}, must both have holes or neither; "
            "give Custom(..., pairing=True) for both"
        )
    # Beside a sample that nothing pairs, the phase of a single superconductor has no meaning.
    apart = any(
        isinstance(term, Pairing) and term.in_one_lead and term.profile is not None
        for term in terms
    )
    if in_field and (field_in_leads or not apart):
        raise InputError(
            "a field does not go with pairing: the phase of a superconductor turns with the vector "
            "potential, and with a given phase the result would depend on the gauge; leave flux and "
            "field at 0, or let the field end at the leads (field_in_leads=False) and one of these be "
            "the only superconductor (in_leads='right' and a profile that is 0 in the sample)"
        )
    for one in changes:
        if isinstance(one, ChangedBonds):
            refuse_turning_bonds([one], lattice, 1)
            continue
        turns = isinstance(one, Structure) and not one.is_real
        if isinstance(one, BondDisorder):
            turns = one.acts and (one.spin or not one.keeps_time_reversal)
        if turns:
            raise InputError(
                f"{one!r} does not go with pairing: its factors would have to be other ones for "
                f"holes; {_WORKS}"
            )


def refuse_turning_bonds(parts: Sequence[Structure], lattice: Lattice, slices: int) -> None:
    """Refuse functions that give bonds of a wire with pairing a phase, so many slices of it.

    Raises
    ------
    InputError
        If a factor of a `ChangedBonds` is no real number.
    """
    pairs = own_pairs(lattice)
    for one in parts:
        if not isinstance(one, ChangedBonds):
            continue
        step = max(1, _AT_ONCE // max(1, len(pairs.first)))
        for first in range(0, slices, step):
            factors = bond_factors([one], lattice, pairs, first, min(step, slices - first))
            turned = factors[factors.imag != 0]
            if len(turned):
                raise InputError(
                    f"factor of ChangedBonds gives {turned[0]:g}, which does not go with pairing: a factor "
                    f"with a phase would have to be another one for holes; {_WORKS}"
                )


def refuse_ambiguous(
    lattice: Lattice, disorders: Sequence[Disorder], *, has_potential: bool
) -> None:
    """Refuse a potential on arrays that look like electrons and holes, unless they say what they are.

    Parameters
    ----------
    lattice : Lattice
        Cross-section.
    disorders : sequence of Disorder
        Of the wire.
    has_potential : bool
        Whether there are gates, or doped leads.

    Raises
    ------
    InputError
        If what the potential does to the second half of the orbitals is not clear.
    """
    if not isinstance(lattice, Custom) or lattice.pairing is not None or lattice.orbitals == 1:
        return
    on_sites = any(isinstance(one, OnsiteDisorder) and one != Box(0.0) for one in disorders)
    if not on_sites and not has_potential:
        return
    if lattice.looks_paired:
        raise InputError(
            f"the matrices of {lattice!r} have the form of electrons and holes that pairing couples, "
            "and a potential acts on these with opposite signs (eps tau_z); say pairing=True if they "
            "are that, or pairing=False if they are orbitals of a normal electron, which all see the "
            "same potential"
        )
