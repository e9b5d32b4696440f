"""The mean free path of diffusive wires, from their resistance.

Without interference a wire of length L has 1/g = (L + z) / (sigma M); z, how far outside the wire
the leads are felt, is known from the Boltzmann equation of the modes in units of l. What interference
adds to <g> is known from DMPK. One number is left, l; Einstein's relation makes the diffusion constant
of it (`qtcore.theory.diffusion.Diffusion`).
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import fit_linear
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import mean
from qtcore.theory.born import Rates
from qtcore.theory.diffusion import golden_rule_wire
from qtcore.theory.dmpk import conductance_moments

SHORTEST = 8.0
"""Shortest wire, over l, from which transport is measured."""

_NEARBY = 1e-3


def diffusive_mean_free_path(g: Array, lengths: Array, rates: Rates, beta: int) -> Estimate:
    """Return l from conductances: what is left when DMPK is taken off.

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

    Returns
    -------
    Estimate
        Sites.

    Raises
    ------
    Missing
        If no length lies there, or there are too few realizations for a fit over those that do.
    """
    path, contact = golden_rule_wire(rates)
    for _ in range(50):
        window = _window(lengths, rates.channels, path)
        average, used = mean(g[:, window]), lengths[window]
        found = _from_conductance(average, used, rates.channels, beta, path, contact)
        path, before = float(found), path
        if abs(path / before - 1) < 1e-6:
            break
    # The l that DMPK is given follows the one that comes out.
    nearby = [
        float(_from_conductance(average, used, rates.channels, beta, near, contact))
        for near in (path * (1 - _NEARBY), path * (1 + _NEARBY))
    ]
    answer = (nearby[1] - nearby[0]) / (2 * _NEARBY * path)
    return Estimate(path, found.shares / (1 - answer), found.counts, folded=found.folded)


def _window(lengths: Array, channels: int, path: float) -> NDArray[np.bool_]:
    """Return which lengths are diffusive."""
    window = (lengths >= SHORTEST * path) & (lengths <= channels * path)
    if not window.any():
        raise Missing(
            f"no length between {SHORTEST:g} l = {SHORTEST * path:.0f} and N l = "
            f"{channels * path:.0f} sites (N = {channels}), got "
            f"{', '.join(f'{L:g}' for L in lengths)}: add some with --set lengths=, or take a wider "
            "wire"
        )
    return np.asarray(window)


def _from_conductance(
    average: Estimate, lengths: Array, channels: int, beta: int, path: float, contact: float
) -> Estimate:
    """Return l from mean conductances, with what interference adds for a wire of this l taken off."""
    s = lengths / path
    quantum = conductance_moments(s, channels, beta).mean - channels / (1 + s)
    # 1 / l of each length, from N / g = L / l + z / l.
    steepness: Estimate = (channels / (average - quantum) - contact) / lengths
    found: Estimate = 1 / fit_linear(steepness, np.ones((len(s), 1))).coefficients[0]
    return found
