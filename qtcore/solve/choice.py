"""Which solver a wire gets, and why."""

from typing import NamedTuple

import numpy as np

from qtcore.errors import InputError
from qtcore.model.wire import Wire

METHODS = ("auto", "transfer", "recursive")
"""What can be asked for."""

_SINGULAR = 1e-10
"""Ratio of the smallest to the largest singular value of a coupling that counts as singular."""


class Choice(NamedTuple):
    """A solver and the reason for it."""

    method: str
    reason: str


def choose(wire: Wire, method: str = "auto") -> Choice:
    """Return the solver for a wire.

    Parameters
    ----------
    wire : Wire
        The wire.
    method : {"auto", "transfer", "recursive"}
        A wish, or "auto": transfer where the slices' coupling can be inverted.

    Raises
    ------
    InputError
        If the method is unknown, or the transfer solver is asked for a wire with a singular
        coupling.
    """
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if method == "recursive":
        return Choice("recursive", "asked for")
    if wire.plain_strip is not None:
        return Choice("transfer", "a square strip couples straight ahead")
    slices = wire.slices()
    worst = min(_conditioning(v) for v in (slices.v, slices.lead_v))
    if worst > _SINGULAR:
        return Choice("transfer", "the coupling between slices can be inverted")
    if method == "transfer":
        raise InputError(
            "the coupling between slices is singular (its smallest singular value is "
            f"{worst:.1e} of the largest), which the transfer solver cannot carry on; use "
            "method='recursive'"
        )
    return Choice("recursive", "the coupling between slices is singular")


def _conditioning(v: "np.ndarray[tuple[int, int], np.dtype[np.complex128]]") -> float:
    size = np.linalg.svd(v, compute_uv=False)
    return float(size[-1] / size[0])
