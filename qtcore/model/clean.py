"""The clean matrices of a wire and of its leads, from what the wire is given."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.model.assembly import assemble, space_of
from qtcore.model.lattice.contract import Lattice
from qtcore.model.leads import Offset, contacts, origin, shared_sites
from qtcore.model.nambu import charge
from qtcore.model.slices import Slices
from qtcore.model.terms.contract import Term
from qtcore.model.terms.pairing import Pairing


def clean_slices(
    lattice: Lattice,
    terms: Sequence[Term],
    spin: bool,
    B: NDArray[np.float64],
    *,
    field_in_leads: bool,
    lead: Lattice | None,
    offset: Offset,
    right_offset: Offset | None,
    lead_shift: float,
) -> Slices:
    """Return the clean wire and its leads; the parameters are those of `Wire`.

    Parameters
    ----------
    spin : bool
        Whether spins count even if no term acts on them.
    B : (3,) float array
        Field, see `assemble`.
    lead : Lattice or None
        Cross-section of the leads, where it is another one.
    offset, right_offset : (float, float)
        Of the leads, and of the right one if it is elsewhere; then no field is in the leads.
    """
    h, v = assemble(lattice, terms, B, spin)
    lead_h, lead_v = h, v
    pairing = [term for term in terms if isinstance(term, Pairing)]
    is_normal = any(not term.reaches("left") for term in pairing)
    is_junction = any(term.in_one_lead for term in pairing)
    right_lead = None
    lead_B = B if field_in_leads else np.zeros(3)
    its_own = lead or lattice, terms, lead_B, spin, origin(offset)
    if lead is not None or is_normal or is_junction or (B.any() and not field_in_leads):
        lead_h, lead_v = assemble(*its_own, lead="left")
    if is_junction:
        right_lead = assemble(*its_own, lead="right")
    space = space_of(lattice, terms, spin)
    if lead_shift:
        k = space.size
        on_site = charge(k) if space.paired else np.eye(k)
        shift = lead_shift * np.kron(np.eye(len(lead_h) // k), on_site)
        # The superconductor of a junction goes on as it is in the sample.
        if right_lead is None or is_normal:
            lead_h = lead_h + shift
        else:
            right_lead = right_lead[0] + shift, right_lead[1]
    ends = None
    if lead is not None:
        couplings = lead_v, lead_v if right_lead is None else right_lead[1]
        places = offset, offset if right_offset is None else right_offset
        left, right = (
            contacts(shared_sites(lattice, lead, place), len(h), coupling, space.size)
            for place, coupling in zip(places, couplings, strict=True)
        )
        ends = left[0], right[1]
    for matrix in (h, v, lead_h, lead_v, *(ends or ()), *(right_lead or ())):
        matrix.setflags(write=False)
    return Slices(h, v, lead_h, lead_v, space.size, ends, right_lead)
