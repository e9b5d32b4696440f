"""Transport through a chaotic cavity: closed forms of random-matrix theory, two leads without a barrier.

The scattering matrix of a cavity whose electrons stay much longer than they need to reach all of it is
distributed evenly over the unitary matrices (beta = 2), or over the symmetric ones among them (beta = 1).
Left out are direct paths from lead to lead and waves that a mouth reflects; both take a part of the
order of ergodic over dwell time. Beenakker, Rev. Mod. Phys. 69, 731 (1997); Savin and Sommers, PRB 73,
081307 (2006); Brouwer, Frahm and Beenakker, PRL 78, 4737 (1997).
"""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]


def _symmetry(channels: tuple[int, int], beta: int) -> float:
    """Return 2 / beta, or refuse what is no cavity."""
    if beta not in (1, 2):
        raise InputError(f"beta must be 1 (time reversal) or 2 (none), got {beta!r}")
    if min(channels) < 1:
        raise InputError(
            f"each lead of a cavity must have at least 1 open channel, got {channels}; raise the "
            "energy above the first threshold of the leads, or widen them"
        )
    return 2 / beta


def mean_conductance(left: int, right: int, beta: int) -> float:
    """Return <g>, e²/h per spin, of leads with `left` and `right` channels.

    Its loss against the classical left right / (left + right) is weak localization, 1/4 for many channels.
    """
    a = _symmetry((left, right), beta)
    return left * right / (left + right - 1 + a)


def conductance_variance(left: int, right: int, beta: int) -> float:
    """Return var g, (e²/h per spin)²: 1/(8 beta) for many channels in two equal leads."""
    a = _symmetry((left, right), beta)
    N = left + right
    return (2 / beta * left * right * (left - 1 + a) * (right - 1 + a)) / (
        (N - 2 + a) * (N - 1 + a) ** 2 * (N - 1 + 2 * a)
    )


def mean_partition(left: int, right: int, beta: int) -> float:
    """Return <sum T (1 - T)>, e²/h per spin: shot noise, a quarter of <g> for many channels in equal leads."""
    a = _symmetry((left, right), beta)
    N = left + right
    return (left * right * (left - 1 + a) * (right - 1 + a)) / (
        (N - 2 + a) * (N - 1 + a) * (N - 1 + 2 * a)
    )


def one_channel_distribution(T: Array, beta: int) -> Array:
    """Return the probability of a smaller transmission between leads of one channel, T^(beta/2)."""
    _symmetry((1, 1), beta)
    return np.asarray(np.clip(T, 0, 1) ** (beta / 2))


def one_channel_density(T: Array, beta: int) -> Array:
    """Return the density of the transmission between leads of one channel, (beta/2) T^(beta/2 - 1)."""
    _symmetry((1, 1), beta)
    return np.asarray(beta / 2 * T ** (beta / 2 - 1))


def mean_rate(channels: int, beta: int) -> float:
    """Return <Tr Q^-1> in units of the level spacing over 2 pi, Q the Wigner-Smith matrix of all channels.

    The inverse delay times have the density prod |x_i - x_j|^beta prod x_i^(beta N / 2) exp(-beta x_i / 2)
    in this unit, that of a Wishart matrix of N rows and 2 N - 1 + 2 / beta columns. <Tr Q> is 1 over it.
    """
    return channels * (2 * channels - 1 + _symmetry((channels, 1), beta))


def rate_distribution(rate: Array, channels: int, beta: int) -> Array:
    """Return the probability of a smaller Tr Q^-1, in the unit of `mean_rate`: a gamma distribution."""
    from scipy.special import gammainc

    shape = beta / 2 * mean_rate(channels, beta)
    return np.asarray(gammainc(shape, beta / 2 * np.maximum(rate, 0)))


def rate_density(rate: Array, channels: int, beta: int) -> Array:
    """Return the density of Tr Q^-1, in the unit of `mean_rate`, at rates above 0."""
    shape, inverse = beta / 2 * mean_rate(channels, beta), beta / 2
    log = shape * np.log(inverse) - math.lgamma(shape) + (shape - 1) * np.log(rate) - inverse * rate
    return np.asarray(np.exp(log))


def lorentzian_dip(flux: Array, depth: float, width: float) -> Array:
    """Return <g(flux)> less <g> in a strong field: -depth / (1 + (flux / width)²).

    That of a chaotic cavity of many channels; `width` is about the flux quantum times the root of ergodic
    over dwell time (Baranger, Jalabert and Stone, PRL 70, 3876 (1993)).
    """
    return np.asarray(-depth / (1 + (flux / width) ** 2))
