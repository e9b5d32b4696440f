"""From samples to numbers with errors: means, variances, densities, fits, lengths."""

from qtcore.estimate.collapse import at_scaled_lengths, squared_spread
from qtcore.estimate.correlation import correlation, distances, similarity
from qtcore.estimate.estimate import Estimate, as_estimate, exact, independent, stack
from qtcore.estimate.field_change import field_change
from qtcore.estimate.fit import fit
from qtcore.estimate.fit_linear import Fit, fit_line, fit_linear
from qtcore.estimate.half_width import crossing, half_width
from qtcore.estimate.histogram import histogram
from qtcore.estimate.localization_length import (
    Localization,
    fit_localization,
    fit_variance_slope,
)
from qtcore.estimate.mean_free_path import MeanFreePath, fit_mean_free_path
from qtcore.estimate.missing import Missing, attempt
from qtcore.estimate.moments import mean, refuse_large_error, variance
from qtcore.estimate.phase_length import fit_film, fit_phase_length
from qtcore.estimate.plateaus import Plateaus, plateaus
from qtcore.estimate.pool import pool
from qtcore.estimate.propagate import propagate
from qtcore.estimate.series_resistance import SeriesResistance, series_resistance
from qtcore.estimate.size import fit_size
from qtcore.estimate.steps import step_widths, steps
from qtcore.estimate.thermal import differential_conductance, thermal_conductance

__all__ = [
    "Estimate",
    "Fit",
    "Localization",
    "MeanFreePath",
    "Missing",
    "Plateaus",
    "SeriesResistance",
    "as_estimate",
    "at_scaled_lengths",
    "attempt",
    "correlation",
    "crossing",
    "differential_conductance",
    "distances",
    "exact",
    "field_change",
    "fit",
    "fit_film",
    "fit_line",
    "fit_linear",
    "fit_localization",
    "fit_mean_free_path",
    "fit_phase_length",
    "fit_size",
    "fit_variance_slope",
    "half_width",
    "histogram",
    "independent",
    "mean",
    "plateaus",
    "pool",
    "propagate",
    "refuse_large_error",
    "series_resistance",
    "similarity",
    "squared_spread",
    "stack",
    "step_widths",
    "steps",
    "thermal_conductance",
    "variance",
]
