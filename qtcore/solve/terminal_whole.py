"""One sample of a bar as a single sparse system, with pivoting: waves everywhere, from every lead."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from qtcore.errors import QtcoreError
from qtcore.model.terminals import Bar
from qtcore.room import refuse_more_than_memory
from qtcore.solve.closed import closed_sample
from qtcore.solve.pencil import Matrix
from qtcore.solve.terminal_ports import Port, in_gauge_of

_PER_UNKNOWN = 2000
"""Bytes that each orbital takes at least, factors included."""


_DEFECT = 1e-6
"""Largest element of S^+ S - 1 up to which waves are given."""


class Whole(NamedTuple):
    """Waves of unit flux that the open modes of all leads send into a sample.

    Attributes
    ----------
    psi : (slices * M, channel) complex array
        A wave for each mode, lead by lead, in the gauge of `Wire.slices`.
    S : (channel, channel) complex array
        (outgoing, incoming) modes.
    H : sparse array
        The sample without leads, units of t.
    """

    psi: Matrix
    S: Matrix
    H: Any


def whole_bar(
    bar: Bar, leads: list[Port], energy: float, length: int, realization: int, seed: int
) -> Whole:
    """Return the waves in one sample of a bar, and its S.

    Parameters
    ----------
    bar : Bar
        The bar.
    leads : list of Port
        Its leads at this energy.
    energy : float
        Units of t.
    length : int
        Slices.
    realization, seed : int
        Address of the sample.

    Raises
    ------
    InputError
        If the memory does not suffice.
    QtcoreError
        If a state that no lead reaches lies at exactly this energy.
    """
    M = len(bar.wire.slices().h)
    size, channels = M * length, [port.channels for port in leads]
    refuse_more_than_memory(
        (_PER_UNKNOWN + 16 * sum(channels)) * size,
        f"waves on {size:,} orbitals",
        "take a smaller sample",
    )
    H = closed_sample(bar.wire, length, realization, seed).H
    leads = in_gauge_of(bar, leads, np.array([realization], dtype=np.uint64), seed)
    places = [_unknowns(port, length, M) for port in leads]
    sources = np.zeros((size, sum(channels)), np.complex128)
    matrix = (energy * sparse.eye_array(size, format="csc", dtype=np.complex128) - H).tocsc()
    first = 0
    for port, at in zip(leads, places, strict=True):
        rows, columns = np.repeat(at, len(at)), np.tile(at, len(at))
        values = (port.contact.sigma.ravel(), (rows, columns))
        matrix = matrix - sparse.coo_array(values, shape=(size, size)).tocsc()
        sources[at, first : first + port.channels] = port.contact.source
        first += port.channels
    try:
        psi = splu(matrix.tocsc()).solve(sources)
    except RuntimeError:
        raise QtcoreError(
            "a state that no lead reaches lies at exactly this energy; shift the energy"
        ) from None
    S, first = np.zeros((sum(channels),) * 2, np.complex128), 0
    for port, at in zip(leads, places, strict=True):
        own = slice(first, first + port.channels)
        S[own] = port.contact.read @ psi[at]
        S[own, own] -= port.contact.direct
        first += port.channels
    _refuse_unless_unitary(S)
    return Whole(psi, S, H)


def _refuse_unless_unitary(S: Matrix) -> None:
    """Raise QtcoreError if rounding errors have made S something else than a scattering matrix."""
    with np.errstate(invalid="ignore"):
        defect = float(np.abs(S.conj().T @ S - np.eye(len(S))).max())
    if not defect < _DEFECT:
        raise QtcoreError(
            f"rounding errors of the waves in this sample are too large (S misses unitarity by "
            f"{defect:.1g}): a state that hardly any lead reaches lies at this energy; shift the energy"
        )


def _unknowns(port: Port, length: int, M: int) -> NDArray[np.intp]:
    """Return the numbers of the components that a lead touches in a sample of this length."""
    slices = length - 1 if port.end == "right" else port.sites[0]
    return np.asarray(slices * M + port.sites[1], dtype=np.intp)
