"""Time evolution exp(-iHt) of states of closed samples, as a series of Chebyshev polynomials.

exp(-iHt) = exp(-i center t) sum_n (2 - delta_n0) (-i)^n J_n(half t) T_n, whose terms fall faster
than exponentially from n = half t on. Tal-Ezer and Kosloff, J. Chem. Phys. 81, 3967 (1984).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import jv

from qtcore.errors import InputError, QtcoreError
from qtcore.lanes import LANES
from qtcore.model.checks import LARGEST_NUMBER, finite_number, unmasked
from qtcore.room import refuse_more_than_memory
from qtcore.solve.absent import absent_sites, without
from qtcore.solve.bounds import interval_of
from qtcore.solve.chebyshev import Recursion, checked_bounds, room_for
from qtcore.solve.closed_frame import Frame, SparseFrame
from qtcore.threads import one_thread

NORM_KEPT = 1e-9
"""By how much the norm of a state may change, relative to it; rounding errors stay below 1e-12."""

_NEGLIGIBLE = 1e-17

_PER_TERM = 80
"""Bytes of the weights of one term, while they are made."""

ARRAYS = 4
"""Arrays of the recursion that a step of time needs."""


def states_at_once(frame: Frame) -> int:
    """Return how many complex states go side by side: a real H needs two lanes for each."""
    return LANES // 2 if frame.planes == 1 else LANES


def checked_times(times: Sequence[float]) -> tuple[float, ...]:
    """Return times as floats, or raise InputError unless they are >= 0 and increase."""
    found = tuple(finite_number("time", one, "units of hbar / t") for one in np.atleast_1d(times))
    if not found:
        raise InputError("times is empty; give at least one (units of hbar / t)")
    if found[0] < 0 or any(later <= one for one, later in pairwise(found)):
        raise InputError(f"times must be >= 0 and increase strictly, got {list(found)[:8]}")
    return found


def checked_states(states: Any, size: int) -> NDArray[np.complex128]:
    """Return states as (D, state), or raise InputError."""
    unmasked("states", states)
    try:
        given = np.asarray(states, dtype=np.complex128)
    except (TypeError, ValueError):
        raise InputError(
            "states must be an array of numbers, (orbitals of the sample, state)"
        ) from None
    one = given[:, None] if given.ndim == 1 else given
    if one.ndim != 2 or one.shape[0] != size or not one.shape[1]:
        raise InputError(f"states must be ({size}, state) for this sample, got shape {given.shape}")
    if not np.isfinite(one).all():
        raise InputError("states must be finite everywhere")
    largest = np.abs(one).max(axis=0)
    if not largest.all():
        raise InputError("a state is zero everywhere; give every state some weight")
    off = (largest > LARGEST_NUMBER) | (largest < 1 / LARGEST_NUMBER)
    if off.any():
        raise InputError(
            f"the largest amplitude of a state must be from {1 / LARGEST_NUMBER:g} to "
            f"{LARGEST_NUMBER:g}, got {largest[off][0]:.3g}: its square would overflow or vanish; "
            "divide states by their norm"
        )
    return one


def _refuse_weight_on_absent(states: NDArray[np.complex128], absent: NDArray[np.bool_]) -> None:
    weight = float((np.abs(states[absent]) ** 2).sum(axis=0).max())
    if weight:
        raise InputError(
            f"a state has a weight of {weight:.3g} on sites that are absent (vacancies and walls, on-site "
            "energies beyond 2^15 times the couplings); set it to zero there"
        )


def advanced(
    recursion: Recursion, planes: int, states: NDArray[np.complex128], time: float
) -> NDArray[np.complex128]:
    """Return exp(-iHt) states, (D, state).

    Parameters
    ----------
    recursion : Recursion
        The polynomials of H; each lane of a real H may have its own diagonal, where lanes k and
        k + LANES / 2 have the same.
    planes : int
        1 if H is real, otherwise 2.
    states : (D, state) array
        At most `states_at_once`.
    time : float
        Units of hbar / t.

    Raises
    ------
    QtcoreError
        If a norm changes, because the spectrum reaches beyond the interval.
    """
    count, half = states.shape[1], LANES // 2
    vectors: NDArray[Any] = states
    if planes == 1:
        vectors = np.zeros((len(states), LANES))
        vectors[:, :count], vectors[:, half : half + count] = states.real, states.imag
    sums = recursion.sums(recursion.start(vectors), _weights(recursion.interval.half * time))
    even, odd = (recursion.complex_view(each) for each in sums)
    if planes == 1:
        found = np.empty(states.shape, dtype=np.complex128)
        found.real = even[:, :count] - odd[:, half : half + count]
        found.imag = odd[:, :count] + even[:, half : half + count]
    else:
        found = even[:, :count] + 1j * odd[:, :count]
    found *= np.exp(-1j * recursion.interval.center * time)
    before, after = (np.einsum("ds,ds->s", psi.conj(), psi).real for psi in (states, found))
    if not (np.abs(after - before) <= NORM_KEPT * before).all():
        raise QtcoreError(
            "the norm of a state is not conserved, so that the spectrum is wider than its bounds; leave "
            "bounds away, then safe ones are found"
        )
    return found


def _terms(argument: float) -> int:
    """Return how many terms are looked at, or raise InputError if they do not fit into memory."""
    terms = int(argument + 20 * argument ** (1 / 3) + 40)
    refuse_more_than_memory(
        _PER_TERM * terms,
        f"{terms:.3g} Chebyshev polynomials between one time and the next",
        "take times that lie closer, or shorter ones",
    )
    return terms


def _weights(argument: float) -> NDArray[np.float64]:
    """Return the weights of T_n: in the first row those of even n, in the second -i of odd n."""
    n = np.arange(_terms(argument))
    bessel = jv(n, argument)
    count = max(2, int(np.flatnonzero(np.abs(bessel) > _NEGLIGIBLE)[-1]) + 1)
    n, bessel = n[:count], bessel[:count]
    series = np.where(n == 0, 1.0, 2.0) * bessel * np.array([1, -1, -1, 1])[n % 4]
    return np.where(n % 2 == np.arange(2)[:, None], series, 0.0)


@one_thread
def time_evolution(
    H: Any,
    states: Any,
    times: Sequence[float],
    bounds: tuple[float, float] | None = None,
) -> NDArray[np.complex128]:
    """Return exp(-iHt) states at several times, (time, D, state), for a given H.

    Eight real vectors go side by side: four states of a real H, eight of a complex one.

    Parameters
    ----------
    H : sparse (D, D) Hermitian array
        From `closed_sample`, units of t.
    states : (D,) or (D, state) array
        At time 0; of any norm, with largest amplitudes from 1e-30 to 1e30.
    times : sequence of float
        Increasing, >= 0, units of hbar / t.
    bounds : (float, float), optional
        Energies that enclose the spectrum, units of t; safe ones are found unless given. The
        interval of the expansion is 1 % wider.

    Raises
    ------
    InputError
        If an argument is wrong, a level lies outside the bounds, or the memory does not suffice.
    QtcoreError
        If a norm shows that the spectrum is wider than the bounds after all.
    """
    asked, own = checked_times(times), checked_bounds(bounds)
    frame = SparseFrame(H)
    start = checked_states(states, frame.size)
    absent = absent_sites(frame.diagonal, frame.reach)
    if absent is not None:
        _refuse_weight_on_absent(start, absent)
        H = without(sparse.csr_array(H), absent)
        frame = SparseFrame(H)
    refuse_more_than_memory(
        room_for(frame, ARRAYS + 2) + start.nbytes * (len(asked) + 1),
        f"{start.shape[1]} states of {frame.size:,} orbitals at {len(asked)} times",
        "take fewer of them",
    )
    interval = interval_of(frame, frame.diagonal, own, lambda: H)
    for before, time in pairwise([0.0, *asked]):
        _terms(interval.half * (time - before))
    recursion = Recursion(frame, frame.diagonal, interval)
    found = np.empty((len(asked), *start.shape), dtype=np.complex128)
    together = states_at_once(frame)
    for first in range(0, start.shape[1], together):
        some = slice(first, first + together)
        psi, now = start[:, some], 0.0
        for k, time in enumerate(asked):
            if time > now:
                psi = advanced(recursion, frame.planes, psi, time - now)
            found[k, :, some], now = psi, time
    return found
