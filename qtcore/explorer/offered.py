"""What the explorer offers of an analysis, and what it estimates of the samples themselves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.estimators import LOGARITHM
from qtcore.answers.tabulated import ESTIMATORS
from qtcore.store.layout import LENGTH

RESULT = "result"
"""In the place of a statistic: the quantity is one of the definition's analysis."""

ESTIMATE = "estimate"
"""In the place of a statistic: the quantity is estimated of the samples, such as a localization length."""

FEWEST = 4
"""Lengths that a fit needs."""


@dataclass(frozen=True)
class Numbers:
    """A quantity on its grid.

    Attributes
    ----------
    values, errors : array
        Over the dimensions of the quantity; NaN where nothing is known. Errors are standard errors.
    theory : array or None
        What theory says, where the definition compares.
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    theory: NDArray[np.float64] | None = None


def estimates_offered(dataset: xr.Dataset, result: xr.Dataset | None) -> list[dict[str, Any]]:
    """Return what is estimated of the samples at each point, as far as no analysis has it."""
    if LOGARITHM not in dataset.data_vars or dataset.sizes.get(LENGTH, 0) < FEWEST:
        return []
    units = str(dataset[LENGTH].attrs.get("units", ""))
    return [
        {
            "name": name,
            "statistic": ESTIMATE,
            "label": f"{name.replace('_', ' ')}, fitted to the samples of each point",
            "units": units if name == "localization_length" else "",
            "dims": [str(d) for d in dataset["finished"].dims],
        }
        for name in ESTIMATORS
        if result is None or name not in result
    ]


def estimated(dataset: xr.Dataset, name: str) -> Numbers:
    """Return an estimate at each point; NaN where the samples do not suffice."""
    found = ESTIMATORS[name](dataset)[[name, f"{name}_error"]].compute()
    found = found.transpose(*dataset["finished"].dims)
    return Numbers(found[name].to_numpy(), found[f"{name}_error"].to_numpy())


def results_offered(result: xr.Dataset | None) -> list[dict[str, Any]]:
    """Return what is offered of an analysis."""
    if result is None:
        return []
    beside = ("_error", "_theory", "_compared", "_left_out")
    return [
        {
            "name": str(name),
            "statistic": RESULT,
            "label": variable.attrs.get("long_name", str(name)),
            "symbol": variable.attrs.get("symbol", ""),
            "units": variable.attrs.get("units", ""),
            "source": result.get(f"{name}_theory", variable).attrs.get("source", ""),
            "dims": [str(d) for d in variable.dims],
        }
        for name, variable in result.data_vars.items()
        if not str(name).endswith(beside) and variable.dtype.kind in "fiub"
    ]


def of_result(result: xr.Dataset, name: str) -> Numbers:
    """Return a quantity of an analysis with its error and theory, over its own dimensions."""
    values = result[name]

    def along(other: str) -> NDArray[np.float64] | None:
        if other not in result:
            return None
        found = result[other].broadcast_like(values).transpose(*values.dims)
        return found.to_numpy().astype(np.float64)

    errors = along(f"{name}_error")
    whole = values.to_numpy().astype(np.float64)
    return Numbers(
        whole, np.full(whole.shape, np.nan) if errors is None else errors, along(f"{name}_theory")
    )
