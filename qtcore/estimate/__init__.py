"""From samples to numbers with errors: means, variances, densities, fits."""

from qtcore.estimate.estimate import Estimate, as_estimate, exact, stack
from qtcore.estimate.fit import fit
from qtcore.estimate.fit_linear import Fit, fit_line, fit_linear
from qtcore.estimate.histogram import histogram
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import mean, variance
from qtcore.estimate.pool import pool
from qtcore.estimate.propagate import propagate

__all__ = [
    "Estimate",
    "Fit",
    "Missing",
    "as_estimate",
    "exact",
    "fit",
    "fit_line",
    "fit_linear",
    "histogram",
    "mean",
    "pool",
    "propagate",
    "stack",
    "variance",
]
