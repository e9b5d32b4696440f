"""The numbers of an analysis as a report shows them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from qtcore.estimate.estimate import with_error
from qtcore.results.check_words import interval_text
from qtcore.results.dataset import INTERVAL
from qtcore.results.quantities import place_in_words, quantities_in

MOST_ROWS = 100
"""Rows of one quantity on the page."""

ROUNDING = 1e-13
"""An error that is a smaller part of its number comes from rounding."""

NORMAL = 1.959964
"""Standard errors on each side of an interval of 95 % of a normal law."""


@dataclass(frozen=True)
class Number:
    """A number of the analysis with what belongs to it; NaN where nothing is known.

    Attributes
    ----------
    quantity : str
        Name of the quantity.
    at : str
        Where it is, in words.
    value, error, lower, upper, theory : float
        In the unit of the quantity. `lower` and `upper` are the ends of its 95 % interval.
    """

    quantity: str
    at: str
    value: float
    error: float
    lower: float
    upper: float
    theory: float

    @property
    def result_text(self) -> str:
        """The number with its standard error."""
        return with_error(self.value, self.error) if self.error > 0 else f"{self.value:.4g}"

    @property
    def interval_text(self) -> str:
        """The interval, without brackets."""
        return interval_text(self.lower, self.upper).strip(" []")

    @property
    def theory_text(self) -> str:
        """What theory says."""
        return f"{self.theory:.4g}" if math.isfinite(self.theory) else ""


@dataclass(frozen=True)
class Quantity:
    """A quantity of the analysis with all of its numbers.

    Attributes
    ----------
    name, symbol, long_name, units, source : str
        As the analysis says.
    numbers : tuple of Number
        Those that are finite.
    """

    name: str
    symbol: str
    long_name: str
    units: str
    source: str
    numbers: tuple[Number, ...]

    @property
    def shown(self) -> tuple[Number, ...]:
        """The numbers that stand on the page."""
        return self.numbers[:MOST_ROWS]

    @property
    def has_theory(self) -> bool:
        """Whether theory says something of one of them."""
        return any(one.theory_text for one in self.shown)

    @property
    def has_interval(self) -> bool:
        """Whether one of them has an error."""
        return any(one.interval_text for one in self.shown)


def quantities_of(result: xr.Dataset) -> list[Quantity]:
    """Return the quantities of an analysis that have a number; those with few numbers come first."""
    found = []
    for name in quantities_in(result):
        about = {key: str(value) for key, value in result[name].attrs.items()}
        numbers = tuple(_numbers(result, name))
        if numbers:
            found.append(
                Quantity(
                    name,
                    about.get("symbol", name) or name,
                    about.get("long_name", name),
                    about.get("units", ""),
                    about.get("source", ""),
                    numbers,
                )
            )
    return sorted(found, key=lambda one: len(one.numbers))


def _numbers(result: xr.Dataset, name: str) -> Iterator[Number]:
    values = result[name]
    dims = [str(d) for d in values.dims]

    def along(suffix: str) -> Any:
        other = f"{name}{suffix}"
        if other not in result or not set(result[other].dims) <= set(values.dims):
            return np.full(values.shape, np.nan)
        return result[other].broadcast_like(values).transpose(*values.dims).to_numpy()

    numbers = values.to_numpy().astype(float)
    errors, theory = (along(suffix).astype(float) for suffix in ("_error", "_theory"))
    ends = result.get(str(values.attrs.get(INTERVAL)))
    stated = None if ends is None or ends.shape != (*values.shape, 2) else ends.to_numpy()
    for index in np.argwhere(np.isfinite(numbers)):
        place = tuple(map(int, index))
        value, error = float(numbers[place]), float(errors[place])
        if error < ROUNDING * abs(value):  # of what is exact
            error = math.nan
        lower, upper = value - NORMAL * error, value + NORMAL * error
        if stated is not None:
            lower, upper = (float(end) for end in stated[place])
        elif not error > 0:
            lower = upper = math.nan
        where = place_in_words(result, dims, place)
        yield Number(name, where, value, error, lower, upper, float(theory[place]))
