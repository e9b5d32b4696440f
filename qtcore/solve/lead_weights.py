"""What reads the amplitudes of a lead's modes off a wave on two slices."""

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.modes import Modes, Separable

_SLOW_GROWTH = 0.5
"""By how much a closed wave grows per slice at least, in the units that it is measured in."""


def mode_weights(modes: Modes, separable: Separable) -> NDArray[np.float64]:
    """Return (M + N, 5) weights that read amplitudes off transverse components; see `lead_matching`.

    With incoming a and outgoing b, u_{L-1} = a + b and u_L = lambda_in a + lambda_out b.
    """
    M, N = modes.width, modes.channels
    into, out = separable.left_factor, separable.right_factor
    # What vanishes on the earlier slice is counted on the later one.
    into = np.where(np.isinf(into), out + 1, into)
    difference = (out - into) * separable.norms
    # Closed waves that grow are to vanish, in whatever units: those that barely grow do not swamp
    # the others.
    slow = np.abs(difference[N:]) < _SLOW_GROWTH
    difference[N:][slow] *= _SLOW_GROWTH / np.abs(difference[N:][slow])
    weights = np.zeros((M + N, 5))
    weights[:, 0] = np.concatenate([np.arange(M), np.arange(N)])
    a = np.stack([out / difference, -1 / difference], axis=1)
    b = np.stack([-into / difference, 1 / difference], axis=1)[:N]
    weights[:, 1:] = np.concatenate([a, b]).view(np.float64).reshape(M + N, 4)
    return weights


def mode_projector(
    modes: Modes,
    out_of: NDArray[np.complexfloating],
    out_of_before: NDArray[np.complexfloating] | None,
) -> NDArray[np.float64]:
    """Return (rows, 2 M, 2) weights of psi_{L-1} and psi_L; rows are A, then B, padded to even.

    `out_of` and `out_of_before` take what the wire carries on to what it is in the lead, where they differ.
    """
    M, N = modes.width, modes.channels
    rows = modes.amplitude_rows()
    rows[:, M:] = rows[:, M:] @ out_of
    if out_of_before is not None:
        rows[:, :M] = rows[:, :M] @ out_of_before
    padded = np.zeros((M + N + (M + N) % 2, 2 * M), dtype=np.complex128)
    padded[: M + N] = rows
    return padded.view(np.float64).reshape(len(padded), 2 * M, 2)
