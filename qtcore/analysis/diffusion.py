"""Diffusion in a strip of square lattice: what follows from its measured resistance.

Without interference a wire of length L has 1/g = (L + z) / (sigma M); z, how far outside the wire
the leads are felt, is known from the Boltzmann equation of the modes in units of l. What interference
adds to <g> is known from DMPK. One number is left, l, and Einstein's relation turns
sigma = 2 pi rho D (e²/h per spin) into the diffusion constant without further assumptions.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, inverse, mean
from qtcore.errors import InputError
from qtcore.theory.born import Rates
from qtcore.theory.diffusion import Diffusion, classical_diffusion, golden_rule_wire
from qtcore.theory.dmpk import conductance_moments

SHORTEST = 8.0
"""Shortest wire, over l, from which transport is measured."""

_NEARBY = 1e-3


def measure_diffusion(
    g: Array, lengths: Array, rates: Rates, beta: int, energy: float, width: int
) -> Diffusion:
    """Return classical transport from conductances: what is left when DMPK is taken off.

    Lengths between 8 l and Nl enter, l found on the way; it is the only unknown.

    Parameters
    ----------
    g : (realization, length) float array
        Conductances, e²/h per spin.
    lengths : (length,) float array
        Sites.
    rates : Rates
        Golden-rule rates: channels, z / l, and where to start.
    beta : int
        1 with and 2 without time-reversal symmetry.
    energy : float
        Units of t.
    width : int
        Sites.

    Raises
    ------
    InputError
        If no length lies there, or there are too few realizations for a fit over those that do.
    """
    mfp, contact = golden_rule_wire(rates)
    for _ in range(50):
        window = _window(lengths, rates.channels, mfp, width)
        found = _from_conductance(g[:, window], lengths[window], rates.channels, beta, mfp, contact)
        mfp, before = found.value, mfp
        if abs(mfp / before - 1) < 1e-6:
            break
    # The l that DMPK is given follows the one that comes out.
    nearby = [
        _from_conductance(g[:, window], lengths[window], rates.channels, beta, near, contact).value
        for near in (mfp * (1 - _NEARBY), mfp * (1 + _NEARBY))
    ]
    answer = (nearby[1] - nearby[0]) / (2 * _NEARBY * mfp)
    flow = classical_diffusion(rates, mfp, energy, width)
    return replace(flow, mean_free_path_error=found.error / (1 - answer))


def _window(lengths: Array, channels: int, mfp: float, width: int) -> NDArray[np.bool_]:
    """Return which lengths are diffusive."""
    window = (lengths >= SHORTEST * mfp) & (lengths <= channels * mfp)
    if not window.any():
        raise InputError(
            f"no length between {SHORTEST:g} l = {SHORTEST * mfp:.0f} and N l = "
            f"{channels * mfp:.0f} sites at width {width}, got "
            f"{', '.join(f'{L:g}' for L in lengths)}: add some with --set lengths=, or take a wider "
            "wire"
        )
    return np.asarray(window)


def _from_conductance(
    g: Array, lengths: Array, channels: int, beta: int, mfp: float, contact: float
) -> Estimate:
    """Return l from conductances, with what interference adds for a wire of this l taken off."""
    s = lengths / mfp
    quantum = conductance_moments(s, channels, beta).mean - channels / (1 + s)
    average = mean(g)
    classical = average.values - quantum
    # 1 / l of each length, from N / g = L / l + z / l.
    steepness = Curve(
        (channels / classical - contact) / lengths,
        -channels * average.shares / classical**2 / lengths,
    )
    return inverse(fit_linear(steepness, np.ones((len(s), 1))).coefficients[0])
