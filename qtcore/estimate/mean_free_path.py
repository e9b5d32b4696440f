"""The mean free path, from how <g> falls below the number of channels.

Model: the classical conductance of the strip (all channels as unequal as they are), its length
scaled so that the mean free path comes out as l, plus the weak-localization correction
(`qtcore.theory.boltzmann.mean_conductance`). Window: L <= xi / 4 with xi = (beta N + 2 - beta) l of
the fitted l, where the next quantum correction is still small; iterated until it stays.

In a field, the shortest wires keep some of the weak localization that the model leaves out: chi² per
degree of freedom comes to 4 for 6000 realizations of width 8, while l moves by less than 0.3 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import fit_linear
from qtcore.estimate.localization_length import computed
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import mean
from qtcore.theory.boltzmann import mean_conductance, spins
from qtcore.theory.born import Rates
from qtcore.theory.equivalent_channels import localization_length

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
        l in sites; a single number.
    longest : int
        Longest wire in the window, sites.
    reduced : float
        chi² per degree of freedom.
    """

    mean_free_path: Estimate
    longest: int
    reduced: float

    def __str__(self) -> str:
        """Return the result in a line."""
        return (
            f"l = {self.mean_free_path} sites, fitted up to L = {self.longest}, "
            f"χ² per degree of freedom {self.reduced:.2g}"
        )

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"MeanFreePath({self})"


def fit_mean_free_path(g: ArrayLike, lengths: ArrayLike, rates: Rates, beta: float) -> MeanFreePath:
    """Fit l to the mean conductance of short wires.

    The law is `qtcore.theory.boltzmann.mean_conductance`: the classical conductance of channels that
    are as unequal as the golden rule says, with all rates scaled by one factor, plus weak
    localization. So l is the l of DMPK, N L / l = <sum_n R_n> for L << l. It is not that of
    N / (1 + L / l), which takes all channels for equal and knows no interference: fitted to the same
    conductances, that law gives another number; near thresholds its conductances are 10 to 15 % off.

    Parameters
    ----------
    g : (realization, length) float array
        Conductances in e²/h per spin (for beta = 4 of one spin, g_K). A length that no realization has does not count. A
        realization that lacks one of the remaining lengths in the window is left out of all.
    lengths : (length,) array
        Sites, increasing.
    rates : Rates
        Golden-rule rates of the strip; their overall size is the starting point of the fit. For beta = 4
        between both modes of each Kramers pair (`qtcore.theory.born.rates_of_wire`).
    beta : float
        Symmetry index; NaN between those of two classes, where there is no model.

    Raises
    ------
    Missing
        If fewer than three lengths lie in the window, there are too few realizations for the
        covariance of those that do, the symmetry index is NaN, or conductances and rates are not of one wire: ⟨g⟩ exceeds the number of
        channels, or l runs away from the golden rule.
    InputError
        If the two arrays do not belong together, or lengths do not increase.
    """
    if np.isnan(beta):
        raise Missing("there is no model of ⟨g⟩ between two symmetry classes")
    samples, places = computed(g, lengths)
    mfp, channels = rates.mean_free_path, rates.channels / spins(beta)
    for _ in range(50):
        window = places <= WINDOW * localization_length(channels, mfp, beta)
        if window.sum() < FEWEST_LENGTHS:
            why = f"there are fewer than {FEWEST_LENGTHS} lengths up to ξ/{1 / WINDOW:g}"
            if mfp == rates.mean_free_path:
                raise Missing(f"{why}; compute more short wires")
            raise Missing(
                f"{why} of {_moved(mfp, rates)}; compute more short wires, or: {_TOGETHER}"
            )
        previous = mfp
        measured = mean(samples[:, window])
        _refuse_more_than_channels(measured, channels)
        fitted, reduced = _improve(measured, places[window], rates, mfp, beta)
        mfp = float(fitted)
        if not 1 / _FAR < mfp / rates.mean_free_path < _FAR:
            raise Missing(f"the fit runs away, to {_moved(mfp, rates)}; {_TOGETHER}")
        if abs(mfp / previous - 1) < _SETTLED:
            break
    return MeanFreePath(fitted, int(places[window].max()), reduced)


def _refuse_more_than_channels(measured: Estimate, channels: float) -> None:
    """Raise Missing if ⟨g⟩ exceeds the number of channels by more than chance."""
    excess = measured.values - channels
    worst = int(np.argmax(excess - 4 * measured.error))
    if excess[worst] > 4 * measured.error[worst] + 1e-6 * channels:
        raise Missing(
            f"⟨g⟩ is {measured[worst]} and exceeds the {channels:g} channels of the rates; {_TOGETHER}"
        )


def _moved(mfp: float, rates: Rates) -> str:
    return f"a fitted l of {mfp:.3g} sites, where the golden rule says {rates.mean_free_path:.3g}"


_TOGETHER = "conductances and rates must be of one wire: the same width, energy and disorder, and g of one spin"

_FAR = 100.0
"""No fit is believed whose l differs by more than this factor from the golden rule."""


def _improve(
    measured: Estimate, lengths: Array, rates: Rates, mfp: float, beta: float
) -> tuple[Estimate, float]:
    """Take one Gauss-Newton step in ln l; return l and the reduced chi²."""
    model = mean_conductance(rates, mfp, lengths, beta)
    slope = (mean_conductance(rates, mfp * (1 + _STEP), lengths, beta) - model) / _STEP
    # Amplitudes that scatter back add up like a random walk along the wire, so reflections of two
    # lengths share the square of the shorter one's mean. The measured covariance, in contrast,
    # grows with the reflection of the few samples that dominate it, and would favour small ones.
    reflected = rates.channels / spins(beta) - model
    walk = np.minimum.outer(reflected, reflected) ** 2
    fit = fit_linear(measured - model, slope[:, None], walk)
    found: Estimate = mfp * np.exp(fit.coefficients[0])  # type: ignore[assignment]  # an Estimate's
    return found, fit.reduced
