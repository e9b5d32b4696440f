"""A closed sample cut out of a wire: its sparse Hamiltonian and velocity."""

import cmath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError
from qtcore.model.slices import Slices
from qtcore.solve.recursive import checked_potential


def closed_sample(
    slices: Slices, potential: NDArray[np.float64], periodic: bool = False, twist: float = 0.0
) -> tuple[Any, Any]:
    """Return H and v_x = i [H, x] of one sample without leads.

    Parameters
    ----------
    slices : Slices
        The clean wire.
    potential : (slice, site) float array
        Disorder and gates of one sample, units of t; as many slices as it has.
    periodic : bool
        Couple the last slice to the first (needs at least three slices).
    twist : float
        Phase (radians) that a wave gains once around; for `periodic`.

    Returns
    -------
    H, v_x : sparse (slices * M, slices * M) arrays
        Units of t, and of t times sites; complex only where needed.

    Raises
    ------
    InputError
        If the potential does not fit, or the ring is too short.
    """
    values = checked_potential(slices, len(potential), np.asarray(potential)[:, :, None])[:, 0]
    L = len(values)
    if periodic and L < 3:
        raise InputError(f"a periodic sample needs at least 3 slices, got {L}")
    real = not (slices.h.imag.any() or slices.v.imag.any()) and twist == 0
    h, v = (slices.h.real, slices.v.real) if real else (slices.h, slices.v)
    next_slice = sparse.kron(sparse.eye_array(L, k=1), v, format="csr")
    if periodic:
        corner = sparse.coo_array(([1.0], ([L - 1], [0])), shape=(L, L))
        phase = 1.0 if real else cmath.exp(1j * twist)
        next_slice = next_slice + sparse.kron(corner, phase * v, format="csr")
    H = sparse.kron(sparse.eye_array(L), h) + sparse.diags_array(values.ravel())
    back = next_slice.conj().T
    # x grows by one along every bond to the next slice, also along the one that closes the ring.
    velocity = (next_slice - back).astype(np.complex128)
    velocity.data = 1j * velocity.data
    return (H + next_slice + back).tocsr(), velocity.tocsr()
