"""A precision goal: which mean shall be known how well, and how many realizations that takes.

The rule looks at the data after each round and decides how many realizations each point gets in
the next. It depends on these numbers alone, so a run that was interrupted ends with the same ones.

Stopping by the data biases the mean: samples that scatter little by chance stop early. For N
realizations of mean mu, standard deviation sigma and skewness gamma, in units of the standard error,

    bias = -gamma / sqrt(N)                      (absolute goal)
    bias = eps (2 - gamma mu / sigma)            (relative goal eps, where N = (sigma / eps mu)²)

to leading order in 1/N, from Wald's second identity for the sums of x - mu and of (x - mu)² - sigma²:
nothing for an absolute goal and a symmetric distribution, else a few per cent of the stated error.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from qtcore.errors import InputError
from qtcore.sweep.counts import MOST_REALIZATIONS
from qtcore.sweep.program import program
from qtcore.sweep.spec import Sweep
from qtcore.sweep.validation import Checked, whole

if TYPE_CHECKING:
    import xarray as xr


FIRST_ROUND = 64
"""Realizations of the first round, at least: the variance must be known before it decides."""

MOST_ROUND = 100
"""The cap if none is given, in units of the preset's realizations: a tenth of its error."""

GROWTH = 4.0
"""A round multiplies the realizations of a point by this, at most: no early estimate of a variance
decides about more."""

MARGIN = 1.1
"""Realizations in excess of what the present variance asks for; spares most points a last round."""


FAR = 1e100
"""Times the goal: an error that no number of realizations brings there."""


@dataclass(frozen=True)
class Goal:
    """The main quantity of a workflow: what `--precision` is about.

    Attributes
    ----------
    variable : str
        A stored variable, of which the mean over realizations counts; the first one if left out.
    lengths : {"longest", "every"}
        Whether the goal holds at the longest length of a point, or at each. The longest has the
        largest scatter; the mean of ln g of a short wire may be near zero, and a percentage of it
        means nothing. Along other dimensions of the variable every entry counts.
    estimate : function(dataset of a point) -> (value, standard error), optional
        Instead of a mean, where the quantity is another one; at the top level of the definition.
    """

    variable: str = ""
    lengths: Literal["longest", "every"] = "longest"
    estimate: "Callable[[xr.Dataset], tuple[float, float]] | None" = None


class Precision(Checked):
    """A goal with the standard error that is asked for; kept in the store's attributes.

    Parameters
    ----------
    error : float
        Standard error that every point shall reach: in the unit of the quantity, or relative to it.
    relative : bool
        Which of the two.
    most : int
        Realizations of a point, at most.
    variable, lengths
        As in `Goal`.
    program : str
        Text that defines `estimate(dataset)`, or nothing.
    """

    error: float = Field(gt=0, allow_inf_nan=False)
    relative: bool
    most: Annotated[int, BeforeValidator(whole), Field(ge=2, le=MOST_REALIZATIONS)] = Field(
        description="at most so many realizations per point, a whole number from 2 to "
        f"{MOST_REALIZATIONS:,}"
    )
    variable: str
    lengths: Literal["longest", "every"] = "longest"
    program: str = ""

    @classmethod
    def asked(cls, given: str | float, most: int, goal: Goal, sweep: Sweep) -> Self:
        """Return what `--precision` asks of a sweep.

        Parameters
        ----------
        given : str or float
            `1%` of the quantity, or a number in its unit.
        most : int
            Realizations of a point, at most.
        goal : Goal
            The quantity.
        sweep : Sweep
            What is swept.

        Raises
        ------
        InputError
            If it is no number > 0, or the sweep does not store the quantity.
        """
        error, relative = _parsed(given)
        stored = [variable.name for variable in sweep.outputs]
        variable = goal.variable or stored[0]
        if variable not in stored:
            raise InputError(
                f"the goal of {sweep.workflow} is about {variable!r}; stored are "
                f"{', '.join(stored)}"
            )
        text = "" if goal.estimate is None else program({"estimate": goal.estimate})
        return cls(
            error=error,
            relative=relative,
            most=most,
            variable=variable,
            lengths=goal.lengths,
            program=text,
        )

    @property
    def in_words(self) -> str:
        """The goal as it is shown."""
        quantity = "the workflow's estimate" if self.program else f"the mean of {self.variable}"
        size = f"{100 * self.error:g} % of {quantity}"
        return size if self.relative else f"{self.error:g} in {quantity}"

    def standing(self, value: Any, error: Any, realizations: int) -> "PointPrecision":
        """Return how far a point is whose quantity has some entries.

        Parameters
        ----------
        value, error : number or array
            Estimates and their standard errors; an entry without a number does not count.
        realizations : int
            Whose data these are.
        """
        signed, errors = np.ravel(value), np.ravel(np.asarray(error, dtype=np.float64))
        values = np.abs(signed)
        counted = ~np.isnan(values)
        if not counted.any():
            return PointPrecision(realizations, math.nan, math.nan, math.inf)
        values, errors = values[counted], np.where(np.isnan(errors), np.inf, errors)[counted]
        shown = values if np.iscomplexobj(signed) else signed[counted]
        targets = self.error * values if self.relative else np.full_like(values, self.error)
        ratios = np.divide(errors, targets, out=np.full_like(errors, np.inf), where=targets > 0)
        ratios[errors == 0] = 0.0
        worst = int(np.argmax(ratios))
        ratio = float(ratios[worst])
        needed: float = realizations
        if ratio > 1:  # so far that its square is no float is as far as can be
            squared = ratio**2 if ratio < FAR else math.inf
            needed = max(realizations + 1, realizations * squared)
        return PointPrecision(
            realizations, float(shown[worst]), float(errors[worst]), float(needed)
        )


@dataclass(frozen=True)
class PointPrecision:
    """How far a point is from its goal: its worst entry.

    Attributes
    ----------
    realizations : int
        Whose data were judged.
    value, error : float
        The estimate (of a complex quantity its magnitude), and its standard error.
    needed : float
        Realizations that the goal takes by the present estimates; infinite if they cannot say.
    """

    realizations: int
    value: float
    error: float
    needed: float

    @property
    def reached(self) -> bool:
        """Whether the error is small enough."""
        return self.needed <= self.realizations


def mean_and_error(samples: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the mean over realizations and its standard error, for every entry.

    Parameters
    ----------
    samples : (realization, ...) array
        Values; what is not finite is left out. The error is infinite with fewer than two values.
    """
    finite = np.isfinite(samples)
    count = finite.sum(axis=0)
    total = np.where(finite, samples, 0).sum(axis=0)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    with np.errstate(over="ignore"):  # then the error is infinite, and the goal not reached
        squares = np.where(finite, np.abs(samples - mean) ** 2, 0.0).sum(axis=0)
    variance_of_mean = np.divide(
        squares, count * (count - 1.0), out=np.full(count.shape, np.inf), where=count > 1
    )
    return mean, np.sqrt(variance_of_mean)


def next_count(standing: PointPrecision, most: int, block: int) -> int:
    """Return the realizations that a point gets in the next round, in whole blocks up to the cap."""
    now = standing.realizations
    if standing.reached or now >= most:
        return now
    wanted = min(MARGIN * standing.needed, GROWTH * now)
    return min(block * math.ceil(wanted / block), most)


def _parsed(given: str | float) -> tuple[float, bool]:
    """Return the number, and whether it is relative."""
    text = str(given).strip()
    relative = text.endswith("%")
    try:
        found = float(text.removesuffix("%"))
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found > 0 and (not relative or found < 100)):
        raise InputError(
            f"--precision {text}: allowed is a percentage of the quantity between 0 % and 100 %, "
            "such as 1%, or a number > 0 in its unit, such as 0.01"
        )
    return (found / 100, True) if relative else (found, False)
