"""The mean free path, from how <g> falls below the number of channels.

Model: the classical conductance of the strip (all channels as unequal as they are), its length
scaled so that the mean free path comes out as l, plus the weak-localization correction. Window:
L <= xi / 4 with xi = (beta N + 2 - beta) l of the fitted l, where the next quantum correction is
still small; iterated until it stays.

In a field, the shortest wires keep some of the weak localization that the model leaves out: chi² per
degree of freedom comes to 4 for 6000 realizations of width 8, while l moves by less than 0.3 %.
"""

from dataclasses import dataclass

import numpy as np

from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, are_enough, mean
from qtcore.theory.boltzmann import classical_conductance
from qtcore.theory.born import Rates
from qtcore.theory.quasi_1d import localization_length, weak_localization

WINDOW = 0.25
"""Longest wire of the fit, over xi."""

FEWEST_LENGTHS = 3

# Relative change of l for the derivative of the model, and the change at which the fit has ended.
_STEP, _SETTLED = 1e-4, 1e-6


@dataclass(frozen=True, repr=False)
class MeanFreePath:
    """Result of the fit.

    Attributes
    ----------
    mean_free_path : Estimate
        l in sites.
    longest : int
        Longest wire in the window, sites.
    reduced_chi_squared : float
        chi² per degree of freedom.
    """

    mean_free_path: Estimate
    longest: int
    reduced_chi_squared: float

    def __str__(self) -> str:
        """Return the result in a line."""
        return (
            f"l = {self.mean_free_path} sites, fitted up to L = {self.longest}, "
            f"χ² per degree of freedom {self.reduced_chi_squared:.2g}"
        )

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"MeanFreePath({self})"


def mean_conductance(rates: Rates, mfp: float, lengths: Array, beta: float) -> Array:
    """Return <g> (length,) in e²/h per spin for the mean free path `mfp` (sites)."""
    classical = classical_conductance(rates, lengths * (rates.mean_free_path / mfp))
    return classical + weak_localization(lengths / mfp, beta)


def fit_mean_free_path(g: Array, lengths: Array, rates: Rates, beta: float) -> MeanFreePath | None:
    """Fit l to the mean conductance of short wires.

    Parameters
    ----------
    g : (realization, length) float array
        Conductances in e²/h per spin; rows with a NaN in the window count as missing.
    lengths : (length,) float array
        Sites, increasing.
    rates : Rates
        Golden-rule rates of the strip; their overall size is the starting point of the fit.
    beta : float
        Symmetry index.

    Returns
    -------
    MeanFreePath or None
        None if fewer than three lengths lie in the window, or there are too few realizations
        for the covariance of those that do.
    """
    mfp = rates.mean_free_path
    for _ in range(50):
        window = lengths <= WINDOW * localization_length(float(rates.channels), mfp, beta)
        found = int(window.sum())
        if found < FEWEST_LENGTHS:
            return None
        if not are_enough(g[:, window], found):
            return None
        previous = mfp
        measured = mean(g[:, window])
        fitted, reduced = _improve(measured, lengths[window], rates, mfp, beta)
        mfp = fitted.value
        if abs(mfp / previous - 1) < _SETTLED:
            break
    return MeanFreePath(fitted, int(lengths[window].max()), reduced)


def _improve(
    measured: Curve, lengths: Array, rates: Rates, mfp: float, beta: float
) -> tuple[Estimate, float]:
    """Take one Gauss-Newton step in ln l; return l and the reduced chi²."""
    model = mean_conductance(rates, mfp, lengths, beta)
    slope = (mean_conductance(rates, mfp * (1 + _STEP), lengths, beta) - model) / _STEP
    # Amplitudes that scatter back add up like a random walk along the wire, so reflections of two
    # lengths share the square of the shorter one's mean. The measured covariance, in contrast,
    # grows with the reflection of the few samples that dominate it, and would favour small ones.
    reflected = rates.channels - model
    walk = np.minimum.outer(reflected, reflected) ** 2
    fit = fit_linear(Curve(measured.values - model, measured.shares), slope[:, None], walk)
    change = fit.coefficients[0]
    return Estimate(mfp * float(np.exp(change.value)), mfp * change.shares), fit.reduced
