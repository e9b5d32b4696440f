"""Powers: how a number grows with another one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate, as_estimate, exact
from qtcore.estimate.fit import fit
from qtcore.estimate.fit_linear import Fit
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.missing import Missing, refuse_missing

EXPONENTS = np.concatenate([-np.geomspace(6, 0.1, 25), np.geomspace(0.1, 6, 25)])
"""Exponents that are tried as starts."""


@dataclass(frozen=True)
class PowerLaw:
    """A power law that was fitted, y = constant + amplitude x^exponent.

    Attributes
    ----------
    exponent, amplitude : Estimate
    constant : Estimate
        Exactly 0 if none was fitted.
    fit : Fit
        With χ², degrees of freedom and the probability of a χ² as large.
    """

    exponent: Estimate
    amplitude: Estimate
    constant: Estimate
    fit: Fit

    def value(self, x: ArrayLike) -> Array:
        """Return the law at other places."""
        power = np.asarray(x, dtype=np.float64) ** float(self.exponent)
        return np.asarray(float(self.constant) + float(self.amplitude) * power)


def fit_power(x: ArrayLike, y: Estimate, *, constant: bool = False) -> PowerLaw:
    """Fit y = amplitude x^exponent, or y = constant + amplitude x^exponent.

    A bare power is often not asymptotic: compare the exponents with and without a constant, and
    `.fit.probability` of both. Starts are found.

    Parameters
    ----------
    x : (n,) float array
        Positive; more different values than there are parameters.
    y : Estimate (n,)
        Numbers of either sign; all with a value and an error.
    constant : bool
        Whether a constant is fitted.

    Raises
    ------
    InputError
        If x is not positive and finite, y no Estimate, or the shapes differ.
    Missing
        If there are not more places than parameters, a number has no value or error, the fit does not
        settle, or the numbers leave the exponent open: what grows or falls with x, or without a constant the numbers themselves, is below two
        of its errors.
    """
    places = numbers(x, "x of a power law", ndim=1)
    y = estimate_of(y, "y of a power law", places.shape)
    if not (places > 0).all():
        raise InputError(f"a power law is for x > 0, got {places.min():g}")
    parameters = 3 if constant else 2
    if len(np.unique(places)) <= parameters:
        raise Missing(
            f"a power law of {parameters} parameters needs more than {parameters} places, "
            f"got {len(np.unique(places))}; add some"
        )
    # In units of a middle place amplitude and exponent hardly depend on each other.
    middle = float(np.exp(np.log(places).mean()))
    logs = np.log(places / middle)

    def law(p: Array) -> Array:
        grown = p[1] * np.exp(p[0] * logs)
        return np.asarray(grown + p[2] if constant else grown)

    def slope(p: Array) -> Array:
        power = np.exp(p[0] * logs)
        columns = [p[1] * power * logs, power]
        return np.stack([*columns, np.ones(len(logs))] if constant else columns, axis=1)

    refuse_missing(y.values, y.error)
    if np.ptp(y.values) == 0 and (constant or y.values[0] == 0):
        raise Missing(_OPEN.format(f"they are all {y.values[0]:g}"))
    found = fit(law, y, _start(logs, y, constant=constant), slope=slope)
    _refuse_open(found, logs, constant=constant)
    exponent, amplitude = found.coefficients[0], found.coefficients[1]
    level = found.coefficients[2] if constant else exact(0.0)
    in_x = amplitude * np.exp(exponent * -np.log(middle))
    return PowerLaw(exponent, in_x, level, found)


def _refuse_open(found: Fit, logs: Array, *, constant: bool) -> None:
    """Raise Missing if the size of a power is no number that differs from 0, so that any exponent would do."""
    exponent, size = found.coefficients[0], found.coefficients[1]
    if constant:  # by how much it grows from the first place to the last one
        size = as_estimate(size * (np.exp(exponent * logs.max()) - np.exp(exponent * logs.min())))
    if not abs(float(size)) > _SHOWS * float(size.error):
        what = (
            f"they change by {size} from the smallest x to the largest one, beside a constant"
            if constant
            else f"in the middle of x they are {size}"
        )
        raise Missing(_OPEN.format(what))


_OPEN = "the numbers show no power of x, and leave its exponent open: {}; compute more realizations, or take a wider range of x"

_SHOWS = 2.0
"""A power of fewer than so many of its errors shows no exponent."""


def _start(logs: Array, y: Estimate, *, constant: bool) -> list[float]:
    """Return exponent, amplitude and constant of the best of many exponents."""
    weights = 1 / y.error
    best, least = [1.0, float(y.values.mean())], np.inf
    for exponent in EXPONENTS:
        power = np.exp(exponent * logs)
        columns = [power, np.ones(len(logs))] if constant else [power]
        design = np.stack(columns, axis=1) * weights[:, None]
        if not np.isfinite(design).all():  # a power of a place far away is infinite
            continue
        linear, *_ = np.linalg.lstsq(design, y.values * weights, rcond=None)
        misfit = float(np.sum((design @ linear - y.values * weights) ** 2))
        if misfit < least:
            best, least = [float(exponent), *linear.tolist()], misfit
    return best if len(best) == (3 if constant else 2) else [*best, 0.0]


def logarithmic_slope(x: ArrayLike, y: Estimate) -> tuple[Estimate, Estimate]:
    """Return d ln y / d ln x between neighbouring x, and where it belongs.

    With x = L and y = g this is β(g), the flow of the conductance with the size of the system
    (E. Abrahams, P. W. Anderson, D. C. Licciardello and T. V. Ramakrishnan, Phys. Rev. Lett. 42, 673
    (1979)), up to terms of second order in the distance of neighbouring ln x. For the typical
    conductance take y = exp(⟨ln g⟩).

    Parameters
    ----------
    x : (n,) float array
        Positive and increasing, two at least.
    y : Estimate (..., n)
        Positive; NaN comes out where it is not.

    Returns
    -------
    middle : Estimate (..., n - 1)
        The geometric mean of neighbouring y.
    slope : Estimate (..., n - 1)

    Raises
    ------
    InputError
        If x is not positive and increasing, or the shapes do not belong together.
    Missing
        If there are fewer than two x.
    """
    places = numbers(x, "x of a slope", ndim=1)
    y = estimate_of(y, "y of a slope")
    if not y.ndim or y.shape[-1] != len(places):
        raise InputError(
            f"x is (n,) and y (..., n), got {places.shape} and {y.shape}; put the axis of x last"
        )
    if len(places) < 2:
        raise Missing(f"a slope takes at least two sizes, got {len(places)}; add a size")
    if not (places > 0).all() or not (np.diff(places) > 0).all():
        raise InputError("x must be positive and increasing, for the logarithms between neighbours")
    logs = as_estimate(np.log(y.where(y.values > 0)))
    low, high = logs[..., :-1], logs[..., 1:]
    middle = as_estimate(np.exp((low + high) / 2))
    slope: Estimate = (high - low) / np.diff(np.log(places))
    return middle, slope
