"""Invariants of a reflection matrix: the sign of its determinant, and how many of its signs are minus.

Deep inside an insulator nothing passes, r is unitary, and what symmetry leaves of it is an integer or a
sign. Akhmerov et al., PRL 106, 057001 (2011); Fulga, Hassler, Akhmerov and Beenakker, PRB 83, 155429
(2011).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import unmasked
from qtcore.model.nambu import potential_signs
from qtcore.model.removed import REMOVED
from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_energy, checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.pumping import OPEN
from qtcore.solve.recursive import ensemble_matrices, scattering_matrices
from qtcore.threads import one_thread

_WALL = 1e-4
"""Phase by which det r may miss a real number; a wall of 2^20 t stands for an infinite one."""

_SYMMETRIC = 1e-6
"""By how much a reflection matrix may miss the form that a symmetry gives it; its elements are at most 1."""


class ReflectionInvariants(NamedTuple):
    """Invariants of reflection matrices, with what they rest on.

    Attributes
    ----------
    values : (...) int array
        The invariants.
    least_reflection : (...) float array
        Least singular value of r, from 0 to 1: an invariant changes only where it passes through 0.
    suspect : (...) bool array
        Where it is below 0.1, so that a channel transmits more than 0.99.
    """

    values: NDArray[np.int64]
    least_reflection: NDArray[np.float64]
    suspect: NDArray[np.bool_]


def determinant_sign(r: Any, conjugation: Any = None) -> ReflectionInvariants:
    """Return the sign of det r of classes D and BDI: -1 for a Majorana state at this end, otherwise 1.

    At zero energy particle–hole symmetry makes r real in a basis of Majorana modes. In electrons and
    holes it is r = C r* C^+ instead, with C = tau_x if the modes of holes are the conjugates of those of
    electrons. Then det r is real in either basis.

    Parameters
    ----------
    r : (..., N, N) array
        Reflection matrices at zero energy, (outgoing, incoming).
    conjugation : (N, N) array, optional
        The unitary C; the unit matrix unless given, that is a real r.

    Returns
    -------
    ReflectionInvariants
        `values` is 1 or -1.

    Raises
    ------
    InputError
        If r is no such matrix, or has not this symmetry.
    """
    matrices = _checked(r)
    N = matrices.shape[-1]
    C = np.eye(N) if conjugation is None else _checked_unitary(conjugation, N)
    off = np.abs(matrices - C @ matrices.conj() @ C.conj().T).max(initial=0.0)
    if not off <= _SYMMETRIC:
        raise InputError(
            f"r must be its own conjugate, r = C r* C^+, and an element is off by {off:.3g}; particle–hole "
            "symmetry holds at zero energy only, and conjugation= is the C of the basis that r is in (tau_x "
            "for electrons and holes)"
        )
    return _invariants(matrices, np.linalg.slogdet(matrices)[0].real)


@one_thread
def reflection_sign(
    wire: Wire, length: int, realizations: Sequence[int], seed: int, energy: float = 0.0
) -> ReflectionInvariants:
    """Return the sign of det r of the left ends of wires: -1 for an odd number of states at zero energy.

    det r is divided by that of the same lead with a hard wall at its end, so that it is the same in any
    basis of the modes. With particle–hole or chiral symmetry of sample and leads the quotient is real.

    Parameters
    ----------
    wire : Wire
        Such as a pairing chain or one of alternating bonds (`Custom`), with disorder that keeps the
        symmetry, and metallic leads without pairing (`lead_lattice`).
    length : int
        Slices: long enough that nothing passes from end to end.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble.
    energy : float
        At which the symmetry holds, units of t.

    Returns
    -------
    ReflectionInvariants
        `values` is 1 or -1, (realization,).

    Raises
    ------
    InputError
        If an argument is wrong, no mode is open, or the quotient is not real.
    """
    ensemble, middle = Ensemble([length], realizations, seed), checked_energy(energy)
    (found,) = ensemble_matrices(checked_wire(wire), middle, ensemble)
    slices = replace(wire.slices(), orbitals=1)
    signs = np.tile(potential_signs(wire.space), wire.width)
    wall = (REMOVED * slices.unit * signs)[None, :, None]
    (walled,) = scattering_matrices(slices, middle, [1], wall)
    matrices = _checked(found.r_prime @ walled.r_prime[0].conj().T)
    phase = np.linalg.slogdet(matrices)[0]
    off = float(np.abs(phase.imag).max())
    if not off <= _WALL:
        raise InputError(
            f"det r has no sign: its phase misses a real number by {off:.3g}, so that sample and leads have "
            "neither particle–hole nor chiral symmetry at this energy; disorder must keep the symmetry, too"
        )
    return _invariants(matrices, np.sign(phase.real))


def chiral_number(r: Any) -> ReflectionInvariants:
    """Return the number of negative eigenvalues of r of classes AIII, BDI and CII.

    With chiral symmetry r is Hermitian at zero energy, if each outgoing mode is the chiral partner of
    the incoming one. In an insulator its eigenvalues are 1 and -1.

    Parameters
    ----------
    r : (..., N, N) array
        Reflection matrices at zero energy in this basis.

    Returns
    -------
    ReflectionInvariants
        `values` is from 0 to N.

    Raises
    ------
    InputError
        If r is no such matrix, or not Hermitian.
    """
    matrices = _checked(r)
    off = np.abs(matrices - matrices.conj().swapaxes(-1, -2)).max(initial=0.0)
    if not off <= _SYMMETRIC:
        raise InputError(
            f"r must be Hermitian, and an element is off by {off:.3g}; chiral symmetry holds at zero energy, "
            "and outgoing modes must be the chiral partners of the incoming ones"
        )
    return _invariants(matrices, (np.linalg.eigvalsh(matrices) < 0).sum(axis=-1))


def _invariants(matrices: NDArray[Any], values: NDArray[Any]) -> ReflectionInvariants:
    least = np.linalg.svd(matrices, compute_uv=False)[..., -1]
    return ReflectionInvariants(np.rint(values).astype(np.int64), least, least < OPEN)


def _checked(r: Any) -> NDArray[np.complex128]:
    """Return reflection matrices (..., N, N), or raise InputError."""
    unmasked("r", r)
    try:
        matrices = np.asarray(r, dtype=np.complex128)
    except (TypeError, ValueError):
        raise InputError(
            f"r must be an array of reflection matrices, (..., N, N), got {type(r).__name__}"
        ) from None
    if matrices.ndim < 2 or matrices.shape[-1] != matrices.shape[-2] or not matrices.shape[-1]:
        raise InputError(
            f"r must be square matrices, (..., N, N), got shape {matrices.shape}; both ways into one lead "
            "have the same number of modes"
        )
    if not np.isfinite(matrices).all():
        raise InputError("r must be finite everywhere")
    largest = float(np.linalg.norm(matrices, 2, axis=(-2, -1)).max(initial=0.0))
    if largest > 1 + _SYMMETRIC:
        raise InputError(
            f"r reflects more than comes in: its largest singular value is {largest:.6g}, at most 1 is "
            "possible"
        )
    return matrices


def _checked_unitary(given: Any, N: int) -> NDArray[np.complex128]:
    """Return the matrix of a conjugation, or raise InputError."""
    unmasked("conjugation", given)
    try:
        C = np.asarray(given, dtype=np.complex128)
    except (TypeError, ValueError):
        raise InputError(f"conjugation must be a matrix, got {type(given).__name__}") from None
    if C.shape != (N, N):
        raise InputError(f"conjugation must be ({N}, {N}), as r is, got shape {C.shape}")
    off = np.abs(C @ C.conj().T - np.eye(N)).max()
    if not off < 1e-9:
        raise InputError(f"conjugation must be unitary; C C^+ - 1 has an element of size {off:.3g}")
    return C
