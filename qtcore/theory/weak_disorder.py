"""What weak disorder does to the conductance of any wire without field, to lowest order.

G' = G + G|i> eps_i <i|G + G|i> eps_i G_ii eps_i <i|G + ... for independent on-site energies of mean
zero: the mean of g moves in second order, and g spreads in first. In a straight wire the mean is
the first Born result, -N L/l of `qtcore.theory.born`; here gates may bend the modes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

if TYPE_CHECKING:
    from qtcore.model.wire import Wire


_CLOSED = 1e-9
"""Broadenings below this (units of t) belong to closed modes."""


@dataclass(frozen=True)
class WeakDisorder:
    """Conductance of a clean wire, and what disorder of small variance does to it.

    Attributes
    ----------
    g : float
        Without disorder, e²/h per spin.
    shift : float
        d<g> / d<eps²>, in 1/t².
    spread : float
        Standard deviation of g between samples, over the root of <eps²>, in 1/t.
    """

    g: float
    shift: float
    spread: float


def weak_disorder(wire: "Wire", energy: float, length: int) -> WeakDisorder:
    """Return the response of a wire's conductance to uncorrelated on-site energies.

    Parameters
    ----------
    wire : Wire
        Without disorder, field and spin–orbit coupling: H is real.
    energy : float
        Units of t.
    length : int
        Slices.

    Raises
    ------
    InputError
        If H is complex.
    """
    from qtcore.solve.green import green_diagonal, sample_with_leads, solve_blocks

    system = sample_with_leads(wire, energy, length, [0], 0)
    if np.any(system.inside.imag) or np.any(system.ahead.imag):
        raise InputError("weak_disorder takes wires with a real H: no flux, no spin–orbit coupling")
    left, right = (_root(lead.sigma) for lead in (system.leads.left, system.leads.right))
    psi = solve_blocks(system, system.sources(left, right))[:, 0]
    from_left, from_right = psi[..., : left.shape[1]], psi[..., left.shape[1] :]
    t = left.T @ from_right[0]
    local = np.diagonal(green_diagonal(system)[:, 0], axis1=1, axis2=2)
    first = np.einsum("xim,nm,xin->xi", from_right, t.conj(), from_left)
    both = (np.abs(from_left) ** 2).sum(axis=2) * (np.abs(from_right) ** 2).sum(axis=2)
    return WeakDisorder(
        float((np.abs(t) ** 2).sum()),
        float((2 * (local * first).real + both).sum()),
        float(np.sqrt(((2 * first.real) ** 2).sum())),
    )


def _root(sigma: NDArray[np.complexfloating]) -> NDArray[np.complex128]:
    """Return real columns U with Gamma = U U^T, one for each open mode."""
    from qtcore.solve.contacts import broadening

    values, vectors = np.linalg.eigh(broadening(sigma).real)
    is_open = values > _CLOSED
    return np.asarray(vectors[:, is_open] * np.sqrt(values[is_open]), dtype=np.complex128)
