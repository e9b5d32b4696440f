"""Which solver a wire gets, and why."""

from typing import Any, NamedTuple

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.model.structure.applied import removes_sites
from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_wire
from qtcore.solve.joined import SINGULAR, conditioning, is_singular, joined
from qtcore.solve.modes import Modes
from qtcore.solve.random_stencil import couples_straight_ahead
from qtcore.solve.shaped_wires import bare_wire, is_shaped

METHODS = ("auto", "transfer", "recursive")
"""What can be asked for."""


_PEELED = "the slices can be solved one unknown at a time"
_SHAPED = "columns begin and end where sites do"


class Choice(NamedTuple):
    """A solver, "transfer", "recursive" or "front", and the reason for it."""

    method: str
    reason: str


def checked_method(method: Any) -> str:
    """Return the name of a solver or "auto", or raise InputError if it is neither."""
    if not isinstance(method, str) or method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, got {brief(method)}")
    return method


def choose(wire: Wire, method: str = "auto", absorption: float = 0.0) -> Choice:
    """Return the solver for a wire.

    Of a wire with independent parts (see `separation`) each part gets the solver that is chosen for
    it. That may be the transfer solver where the whole wire needs the other one.

    Parameters
    ----------
    wire : Wire
        The wire.
    method : {"auto", "transfer", "recursive"}
        A wish, or "auto": transfer where the slices' coupling can be inverted, or the slices
        can be peeled, or each site is coupled to its own successor only and some sites are missing, in
        the sample or in its leads. A strip between narrower leads at different places is eliminated by
        a front, which no other wire is.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t.

    Raises
    ------
    InputError
        If the method is unknown, or the transfer solver is asked for a wire that it cannot solve.
    """
    checked_method(method)
    checked_wire(wire)
    if method == "recursive":
        return Choice("recursive", "asked for")
    apart = wire.right_lead_offset is not None and wire.strip is not None
    if method == "auto" and apart and not absorption:
        return Choice("front", "the leads continue few sites, at different places")
    if wire.strip is not None and not (absorption and wire.lead_lattice is not None):
        return Choice("transfer", "a square strip couples straight ahead")
    found = obstacle(wire, absorption)
    if not found:
        return Choice("transfer", "the coupling between slices can be inverted")
    if _is_peeled(wire):
        return Choice("transfer", _PEELED)
    if is_shaped(wire) and not absorption:
        bare = bare_wire(wire)
        if bare is not None and not obstacle(bare):
            return Choice("transfer", _SHAPED)
    if method == "transfer":
        raise InputError(
            f"{found}{_detail(wire, found)}, which the transfer solver cannot carry on; "
            "use method='recursive'"
        )
    return Choice("recursive", found)


def solver_at(wire: Wire, modes: Modes, method: str, absorption: float) -> str:
    """Return the name of the solver for a wire at the energy of its leads' modes; see `choose`.

    Where the waves feel rounding errors of the energy, peeled slices and those whose sites differ feel them
    more than recursive Green's functions do: "auto" takes those.
    """
    chosen = choose(wire, method, absorption)
    if method == "auto" and modes.delicate and chosen.reason in (_PEELED, _SHAPED):
        return "recursive"
    return chosen.method


def _is_peeled(wire: Wire) -> bool:
    """Return whether the program of `peeling` carries a wire on whose coupling has no inverse."""
    slices = wire.slices()
    return slices.uniform and not wire.random_hopping and joined(slices) is not None


_OTHER_LEADS = "the leads have another cross-section than the sample"
_SINGULAR = "the coupling between slices is singular"


def obstacle(wire: Wire, absorption: float = 0.0) -> str:
    """Return what keeps the transfer solver from a wire, or nothing.

    Wires whose slices are peeled, or of which sites are missing, do not count here.
    """
    slices = wire.slices()
    if removes_sites(wire.structure):
        return "sites of the sample are missing"
    if wire.random_bonds and not couples_straight_ahead(slices.v, wire.orbitals):
        return "the random coupling between slices connects each site with several"
    if wire.profile is not None and not _pairs_on_sites(wire):
        return "the pairing of bonds between slices differs from place to place"
    if wire.random_bonds and absorption:
        return "the sample has both absorption and random hopping"
    if wire.lead_lattice is not None:
        return _OTHER_LEADS
    if is_singular(slices):
        return _SINGULAR
    if slices.contacts and min(conditioning(end) for end in slices.contacts) <= SINGULAR:
        return "a contact to a lead lets nothing through at some sites"
    return ""


def _pairs_on_sites(wire: Wire) -> bool:
    """Return whether nothing is paired between slices, where it could take the inverse from them."""
    k, v = wire.orbitals, wire.slices().v
    is_hole = np.arange(len(v)) % k >= k // 2
    return not v[is_hole[:, None] != is_hole].any()


def _detail(wire: Wire, found: str) -> str:
    """Return by how much an obstacle is in the way, for those who asked for the transfer solver."""
    slices = wire.slices()
    if found == _OTHER_LEADS:
        return f" ({len(slices.lead_h)} and {len(slices.h)} orbitals)"
    if found == _SINGULAR:
        worst = min(conditioning(v) for v in (slices.v, slices.lead_v))
        return f" (its smallest singular value is {worst:.1e} of the largest)"
    return ""
