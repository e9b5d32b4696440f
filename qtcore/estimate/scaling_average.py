"""Averages over the expansions of a scaling function, which count what choosing one leaves out.

Terms that data cannot tell from nothing still move ν. One expansion, chosen because it is the smallest
that fits, leaves them out, and its intervals know nothing of that. In synthetic runs of the Anderson
transition, with terms too small for a test at one per cent, intervals of 95 % held ν in 63 to 74 % of the
cases. Averages over all expansions, weighted by how well each predicts, held it in 90 to 98 %.

Weights are Akaike's: exp(-AIC / 2) with AIC = χ² + 2 × parameters (K. P. Burnham and D. R. Anderson,
Sociological Methods & Research 33, 261 (2004); W. I. Jay and E. T. Neil, PRD 103, 114502 (2021)).
"""

import numpy as np

from qtcore.estimate.estimate import Array, Estimate, exact, stack
from qtcore.estimate.scaling import Scaling
from qtcore.estimate.scaling_intervals import FARTHEST, ends_of, level_of, profile_of

ONE_ERROR = 0.6827
"""Level of the interval that is one standard error to both sides."""

_COUNTS = 1e-2
"""Expansions of a smaller weight than this part of the largest one are left out."""


def expansion_weights(scaling: Scaling) -> tuple[tuple[Scaling, ...], Array]:
    """Return the fits that count in an average, and their weights, which add up to 1.

    Parameters
    ----------
    scaling : Scaling
        As `fit_scaling` returns it; one that was fitted alone counts alone.

    Returns
    -------
    fits : tuple of Scaling
    weights : (fit,) float array
        Akaike's, with χ² in units of what a degree of freedom has in the largest expansion.
    """
    fits = scaling.settled or (scaling,)
    largest = max(fits, key=lambda one: len(one.names))
    unit = largest.squares / largest.fit.reduced / largest.fit.degrees
    if not np.isfinite(unit) or unit <= 0:
        return (scaling,), np.ones(1)
    criterion = np.array([one.squares / unit + 2 * len(one.names) for one in fits])
    weights = np.exp((criterion.min() - criterion) / 2)
    kept = weights >= _COUNTS
    counting = tuple(one for one, keep in zip(fits, kept, strict=True) if keep)
    return counting, weights[kept] / weights[kept].sum()


def average_expansions(scaling: Scaling, name: str) -> Estimate:
    """Return a parameter averaged over the expansions that were tried.

    The error is half the length of the interval of 68.27 %, so that it counts how far expansions are
    apart, and that χ² need not be a parabola: where little is known of the irrelevant exponent,
    errors of first order are up to four times too small. An open end counts as twelve errors away. The
    shares of the mean, to first order, are stretched to that error.

    Parameters
    ----------
    scaling : Scaling
        As `fit_scaling` returns it.
    name : str
        Of a parameter that all expansions have: `critical`, `nu` or `a00`. NaN if there is none.
    """
    fits, weights = expansion_weights(scaling)
    each = stack([one.parameter(name) for one in fits])
    if not np.isfinite(each.values).all():
        return exact(np.nan)
    mean = each.linear(weights[None, :])[0]
    ends = np.array(average_interval(scaling, name, ONE_ERROR))
    half = np.where(np.isfinite(ends), np.abs(ends - float(mean)), FARTHEST * mean.error).mean()
    stretch = max(float(half / mean.error), 1.0)
    return Estimate(mean.values, stretch * mean.shares, mean.counts, folded=mean.folded)


def average_interval(scaling: Scaling, name: str, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a parameter, averaged over the expansions that were tried.

    Each expansion says by its profile of χ² how likely a smaller estimate than the found one is for
    a value; at the ends of the interval the average of these probabilities is (1 ± level) / 2
    (D. Fletcher and D. Turek, J. Agric. Biol. Environ. Stat. 17, 38 (2012)).

    Parameters
    ----------
    scaling : Scaling
        As `fit_scaling` returns it.
    name : str
        Of a parameter that all expansions have: `critical`, `nu` or `a00`.
    level : float
        How often the interval should hold the truth.

    Returns
    -------
    low, high : float
        An end is infinite where χ² does not rise enough within twelve errors.

    Raises
    ------
    InputError
        If there is no such parameter, or the level does not lie between 0 and 1.
    """
    from scipy.special import ndtr

    fits, weights = expansion_weights(scaling)
    profiles = [profile_of(one, name) for one in fits]
    middle = float(weights @ [one.best for one in profiles])
    spread = np.sqrt(weights @ [one.error**2 + (one.best - middle) ** 2 for one in profiles])
    return ends_of(
        lambda value: float(weights @ ndtr([one.away(value) for one in profiles])),
        middle,
        float(spread),
        level_of(level),
    )
