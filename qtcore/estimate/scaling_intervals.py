"""Intervals of the parameters of a scaling function that need not lie evenly around their values.

The errors of `Scaling` are to first order. Where few points decide, such as about the exponent of the
irrelevant variable, χ² is no parabola, and intervals from many fits or from χ² itself are right.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qtcore.errors import InputError, listed
from qtcore.estimate.estimate import Array
from qtcore.estimate.missing import Missing
from qtcore.estimate.scaling import Scaling
from qtcore.estimate.scaling_start import is_sound, settle

REFITS = 500
"""So many fits are made unless asked otherwise."""

_SETTLED = 0.9
"""Part of the fits that must settle."""

FARTHEST = 12.0
"""Standard errors from the value at which an interval that does not end counts as open."""

_CLOSE = 1e-2
"""Ends of an interval are found to this part of an error."""


@dataclass(frozen=True)
class Refits:
    """Parameters of a scaling function from fits to numbers drawn anew.

    Attributes
    ----------
    names : tuple of str
    draws : (fit, parameter) float array
        Of the fits that settled.
    """

    names: tuple[str, ...]
    draws: Array

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Return the interval that holds this part of the fits, with equal parts on both sides.

        Raises
        ------
        InputError
            If there is no such parameter, or the level does not lie between 0 and 1.
        """
        column = self.draws[:, _place(self.names, name)]
        low, high = np.quantile(column, [(1 - level_of(level)) / 2, (1 + level) / 2])
        return float(low), float(high)


def refit_scaling(scaling: Scaling, count: int = REFITS, seed: int = 1) -> Refits:
    """Fit a scaling function again and again, to numbers that scatter as the measured ones do.

    The numbers are those of the fitted function. To them come the shares of the realizations, each
    times a normal number of its own: a bootstrap over realizations, or over independent pieces, that
    keeps all that numbers have in common.

    Parameters
    ----------
    scaling : Scaling
        As `fit_scaling` returns it.
    count : int
        Fits; 100 at least.
    seed : int
        Of the normal numbers.

    Raises
    ------
    InputError
        If there are too few fits to find an interval from.
    Missing
        If more than a tenth of the fits do not settle.
    """
    if count < 100:
        raise InputError(f"intervals from refits take at least 100 of them, got {count}")
    expansion, start = scaling.expansion, scaling.fit.coefficients.values
    errors, shares = scaling.y.error, scaling.y.shares
    noise = np.random.default_rng(seed).standard_normal((count, len(shares))) @ shares
    values = expansion.value(start)
    found = [settle(expansion, values + one, errors, start) for one in noise]
    draws = [
        one.parameters for one in found if one is not None and is_sound(expansion, one.parameters)
    ]
    if len(draws) < _SETTLED * count:
        raise Missing(
            f"only {len(draws)} of {count} fits to numbers drawn anew settle: these points do not fix "
            "all parameters; take fewer orders, more sizes or more realizations"
        )
    return Refits(scaling.names, np.array(draws))


def profile_interval(scaling: Scaling, name: str, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a parameter in which χ² stays near its smallest value.

    All other parameters are fitted anew at each value. χ² may rise by the square of the normal
    quantile. For numbers that have something in common, that is multiplied by what their errors are over
    those of independent numbers, squared.

    Parameters
    ----------
    scaling : Scaling
        As `fit_scaling` returns it.
    name : str
        Of the parameter: one of `scaling.names`.
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

    profile = profile_of(scaling, name)
    return ends_of(
        lambda value: float(ndtr(profile.away(value))), profile.best, profile.error, level_of(level)
    )


@dataclass(frozen=True)
class Profile:
    """χ² by one parameter, all others fitted anew at each value.

    Attributes
    ----------
    scaling : Scaling
    place : int
        Of the parameter.
    best, error : float
        Its value and standard error.
    ratio : float
        Square of its error over what it were for independent numbers.
    step : (p,) float array
        How the best parameters move with this one.
    """

    scaling: Scaling
    place: int
    best: float
    error: float
    ratio: float
    step: Array

    def away(self, value: float) -> float:
        """Return how far a value is from the best one, in errors: the root of what χ² rises by."""
        scaling, sign = self.scaling, np.sign(value - self.best)
        start = scaling.fit.coefficients.values + self.step * (value - self.best)
        found = settle(scaling.expansion, scaling.y.values, scaling.y.error, start, held=self.place)
        if found is None:
            return float(sign * np.inf) if sign else 0.0
        rise = max(found.squares - scaling.squares, 0.0)
        return float(sign * np.sqrt(rise / self.ratio))


def profile_of(scaling: Scaling, name: str) -> Profile:
    """Return the profile of a parameter; raises InputError if there is no such parameter."""
    place, best = _place(scaling.names, name), scaling.fit.coefficients
    weighted = scaling.expansion.slope(best.values) / scaling.y.error[:, None]
    plain = np.linalg.inv(weighted.T @ weighted)
    error = float(best.error[place])
    ratio = float(error**2 / plain[place, place])
    step = plain[:, place] / plain[place, place]
    return Profile(scaling, place, float(best.values[place]), error, ratio, step)


def ends_of(
    below: Callable[[float], float], middle: float, error: float, level: float
) -> tuple[float, float]:
    """Return the values at which `below`, which rises from 0 to 1, is (1 - level)/2 and (1 + level)/2.

    An end is infinite where that is not so within twelve errors from the middle.
    """
    return (
        _end(below, middle, error, (1 - level) / 2),
        _end(below, middle, error, (1 + level) / 2),
    )


def _end(below: Callable[[float], float], middle: float, error: float, wanted: float) -> float:
    """Return the value at which `below` is what is wanted."""
    from scipy.optimize import brentq

    def missing(distance: float) -> float:
        return below(middle + distance * error) - wanted

    sign = 1.0 if wanted > 0.5 else -1.0
    inner, outer = 0.0, sign
    if sign * missing(inner) > 0:  # averages may lie beyond an end of their own interval
        inner, outer = -4.0 * sign, inner
    while not sign * missing(outer) > 0:
        inner, outer = outer, 1.5 * outer
        if abs(outer) > FARTHEST:
            return sign * float(np.inf)
    if sign * missing(inner) > 0:
        return middle + inner * error
    return middle + error * float(brentq(missing, inner, outer, xtol=_CLOSE))


def _place(names: tuple[str, ...], name: str) -> int:
    if name not in names:
        raise InputError(
            f"{name!r} is no parameter of this scaling function; it has {listed(list(names))}"
        )
    return names.index(name)


def level_of(level: float) -> float:
    """Return the level of an interval; raises InputError unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise InputError(f"the level of an interval lies between 0 and 1, got {level:g}")
    return level
