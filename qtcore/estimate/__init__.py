"""From samples to numbers with errors: means, variances, densities, fits, lengths."""

from qtcore.estimate.collapse import at_scaled_lengths, squared_spread
from qtcore.estimate.common_curve import CommonCurve, fit_common_curve
from qtcore.estimate.comparison import (
    Comparison,
    compare_bins,
    compare_samples,
    compare_with_law,
)
from qtcore.estimate.correlation import correlation, distances, similarity
from qtcore.estimate.crossings import Crossings, size_crossings
from qtcore.estimate.cumulants import cumulant, kurtosis, skewness
from qtcore.estimate.estimate import Estimate, as_estimate, exact, stack
from qtcore.estimate.field_change import field_change
from qtcore.estimate.fit import fit
from qtcore.estimate.fit_linear import Fit, fit_line, fit_linear, realizations_needed
from qtcore.estimate.half_width import crossing, half_width
from qtcore.estimate.histogram import histogram
from qtcore.estimate.independent import independent
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
from qtcore.estimate.power import PowerLaw, fit_power, logarithmic_slope
from qtcore.estimate.propagate import propagate
from qtcore.estimate.scaling import (
    USUAL_ORDERS,
    Scaling,
    choose_orders,
    fit_scaling,
    scan_smallest_size,
)
from qtcore.estimate.scaling_average import (
    average_expansions,
    average_interval,
    expansion_weights,
)
from qtcore.estimate.scaling_function import ScalingOrders
from qtcore.estimate.scaling_intervals import Refits, profile_interval, refit_scaling
from qtcore.estimate.series_resistance import SeriesResistance, series_resistance
from qtcore.estimate.share import share
from qtcore.estimate.size import fit_size
from qtcore.estimate.steps import step_widths, steps
from qtcore.estimate.thermal import differential_conductance, thermal_conductance
from qtcore.estimate.transition import (
    localization_ratio,
    refuse_few_fitted,
    transition_numbers,
)

__all__ = [
    "USUAL_ORDERS",
    "CommonCurve",
    "Comparison",
    "Crossings",
    "Estimate",
    "Fit",
    "Localization",
    "MeanFreePath",
    "Missing",
    "Plateaus",
    "PowerLaw",
    "Refits",
    "Scaling",
    "ScalingOrders",
    "SeriesResistance",
    "as_estimate",
    "at_scaled_lengths",
    "attempt",
    "average_expansions",
    "average_interval",
    "choose_orders",
    "compare_bins",
    "compare_samples",
    "compare_with_law",
    "correlation",
    "crossing",
    "cumulant",
    "differential_conductance",
    "distances",
    "exact",
    "expansion_weights",
    "field_change",
    "fit",
    "fit_common_curve",
    "fit_film",
    "fit_line",
    "fit_linear",
    "fit_localization",
    "fit_mean_free_path",
    "fit_phase_length",
    "fit_power",
    "fit_scaling",
    "fit_size",
    "fit_variance_slope",
    "half_width",
    "histogram",
    "independent",
    "kurtosis",
    "localization_ratio",
    "logarithmic_slope",
    "mean",
    "plateaus",
    "pool",
    "profile_interval",
    "propagate",
    "realizations_needed",
    "refit_scaling",
    "refuse_few_fitted",
    "refuse_large_error",
    "scan_smallest_size",
    "series_resistance",
    "share",
    "similarity",
    "size_crossings",
    "skewness",
    "squared_spread",
    "stack",
    "step_widths",
    "steps",
    "thermal_conductance",
    "transition_numbers",
    "variance",
]
