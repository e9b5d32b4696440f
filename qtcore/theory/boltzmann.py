"""Classical conductance of a disordered strip: a Boltzmann equation with one term per mode.

Particles run right or left in N modes and hop between them at the golden-rule rates. Nothing is
assumed about the channels being equal, which matters near thresholds, where N / (1 + L / l) is
off by 10-15 %. Solved by adding a slab to itself: probabilities, unlike amplitudes, just compose.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.theory.born import Rates
from qtcore.theory.equivalent_channels import weak_localization

Matrix = NDArray[Any]

# Thickness of the first slab over the shortest lifetime of a mode: thin enough for the transfer
# matrix of the slab, whose elements grow like exp(thickness), to be inverted without loss.
_FIRST_SLAB = 0.25

_LOSS = 1e-30
"""A loss so small that its square is nothing."""


def classical_conductance(rates: Rates, lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the classical <g> between leads that feed all modes equally, per length.

    Parameters
    ----------
    rates : Rates
        Scattering probabilities per slice.
    lengths : (length,) float array
        Sites, >= 0; only length × rate matters, so a length may be rescaled to fit l.

    Returns
    -------
    (length,) float array
        e²/h per spin; N at length 0 and N l / L times a number near 1 when L >> l.
    """
    return np.array([_transmission(rates, float(length)) for length in lengths])


def mean_conductance(
    rates: Rates, mean_free_path: float, lengths: NDArray[np.float64], beta: float
) -> NDArray[np.float64]:
    """Return <g> (length,) of short wires: the classical conductance and weak localization.

    Parameters
    ----------
    rates : Rates
        How unequal the channels are.
    mean_free_path : float
        l in sites, which the rates are scaled to.
    lengths : (length,) float array
        Sites; far below xi, where the next quantum correction is small.
    beta : float
        Symmetry index; for 4 the rates are those of both modes of each Kramers pair.

    Returns
    -------
    (length,) float array
        e²/h per spin.
    """
    classical = classical_conductance(rates, lengths * (rates.mean_free_path / mean_free_path))
    return classical / spins(beta) + weak_localization(lengths / mean_free_path, beta)


def spins(beta: float) -> int:
    """Return how many modes of `Rates` make a channel: 2 for beta = 4, a Kramers pair."""
    return 2 if beta == 4 else 1


def classical_transit(
    rates: Rates, slowness: NDArray[np.float64], lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the classical mean time that particles take which get through, per length.

    The time that a particle spends in a mode is the way that it goes times the mode's slowness. A small loss
    in proportion to the time weights each path by its duration: the time is -d ln g / d loss, which is found without
    differences, from an imaginary loss.

    Parameters
    ----------
    rates : Rates
        Scattering probabilities per slice.
    slowness : (N,) float array
        1 / v of the modes, (ħ/t) per slice; see `qtcore.theory.born.slowness`.
    lengths : (length,) float array
        Sites, > 0.

    Returns
    -------
    (length,) float array
        ħ/t. L² / 6 D where L >> l; the mean slowness times L in a clean wire.
    """
    found = [_slab(rates, float(length), _LOSS * slowness)[0].sum() for length in lengths]
    return np.array([-one.imag / one.real / _LOSS for one in found])


def _transmission(rates: Rates, length: float) -> float:
    return float(_slab(rates, length)[0].sum())


def _slab(rates: Rates, length: float, loss: NDArray[np.float64] | None = None) -> "Slab":
    """Return probabilities of a slab; `loss`, (N,), is an imaginary loss per slice of each mode."""
    import scipy.linalg

    out_right = rates.right.sum(axis=0) + rates.back.sum(axis=0)
    out_left = rates.left.sum(axis=0) + rates.back.sum(axis=1)
    N = rates.channels
    generator: Matrix = np.empty((2 * N, 2 * N), np.float64 if loss is None else np.complex128)
    # d/dx of the currents (right, left); the left movers arrive from the other side, hence signs.
    generator[:N, :N] = rates.right - np.diag(out_right)
    generator[:N, N:] = rates.back.T
    generator[N:, :N] = -rates.back
    generator[N:, N:] = np.diag(out_left) - rates.left
    if loss is not None:
        generator -= 1j * np.diag(np.concatenate([loss, -loss]))
    fastest = max(float(out_right.max()), float(out_left.max()))
    doublings = max(0, int(np.ceil(np.log2(max(length * fastest / _FIRST_SLAB, 1e-300)))))
    transfer = scipy.linalg.expm(generator * (length / 2**doublings))
    slab = _as_probabilities(transfer, N)
    for _ in range(doublings):
        slab = _in_series(slab, slab)
    return slab


# A slab is (t, r, t', r'): transmitted and reflected probabilities for particles that come from
# the left (t, r) and from the right (t', r').
Slab = tuple[Matrix, Matrix, Matrix, Matrix]


def _as_probabilities(transfer: Matrix, N: int) -> Slab:
    """Turn the transfer matrix of a slab into its transmission and reflection."""
    inverse = np.linalg.inv(transfer[N:, N:])
    r = -inverse @ transfer[N:, :N]
    t = transfer[:N, :N] + transfer[:N, N:] @ r
    return t, r, inverse, transfer[:N, N:] @ inverse


def _in_series(first: Slab, second: Slab) -> Slab:
    """Put two slabs in series, summing over the number of bounces between them."""
    t1, r1, back1, inner1 = first
    t2, r2, back2, inner2 = second
    one = np.eye(len(t1))
    to_right = np.linalg.solve(one - inner1 @ r2, t1)
    to_left = np.linalg.solve(one - r2 @ inner1, back2)
    return (
        t2 @ to_right,
        r1 + back1 @ r2 @ to_right,
        back1 @ to_left,
        inner2 + t2 @ inner1 @ to_left,
    )
