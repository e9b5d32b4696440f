"""Which solver a wire gets, and why."""

from typing import Any, NamedTuple

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_wire
from qtcore.solve.random_stencil import couples_straight_ahead

METHODS = ("auto", "transfer", "recursive")
"""What can be asked for."""

_SINGULAR = 1e-10
"""Ratio of the smallest to the largest singular value of a coupling that counts as singular."""


class Choice(NamedTuple):
    """A solver and the reason for it."""

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
        A wish, or "auto": transfer where the slices' coupling can be inverted and is the same
        everywhere, the leads' included.
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
    if wire.strip is not None:
        return Choice("transfer", "a square strip couples straight ahead")
    obstacle, why = _obstacle(wire, absorption)
    if not obstacle:
        return Choice("transfer", "the coupling between slices can be inverted")
    if method == "transfer":
        raise InputError(
            f"{obstacle}{why}, which the transfer solver cannot carry on; use method='recursive'"
        )
    return Choice("recursive", obstacle)


def _obstacle(wire: Wire, absorption: float) -> tuple[str, str]:
    """Return what keeps the transfer solver from a wire, and by how much; or nothing."""
    slices = wire.slices()
    if wire.random_hopping and not couples_straight_ahead(slices.v, slices.orbitals):
        return "the random coupling between slices connects each site with several", ""
    if wire.random_hopping and absorption:
        return "the sample has both absorption and random hopping", ""
    if not slices.uniform:
        M, M_lead = len(slices.h), len(slices.lead_h)
        return (
            "the leads have another cross-section than the sample",
            f" ({M_lead} and {M} orbitals)",
        )
    worst = min(_conditioning(v) for v in (slices.v, slices.lead_v))
    if worst > _SINGULAR:
        return "", ""
    return (
        "the coupling between slices is singular",
        f" (its smallest singular value is {worst:.1e} of the largest)",
    )


def _conditioning(v: "np.ndarray[tuple[int, int], np.dtype[np.complex128]]") -> float:
    size = np.linalg.svd(v, compute_uv=False)
    return float(size[-1] / size[0])
