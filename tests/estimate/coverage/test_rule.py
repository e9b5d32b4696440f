"""Every function with an error has a case, every case a row, and the rule can fail."""

import importlib
import inspect
import pkgutil
import re
from itertools import takewhile

import numpy as np

import qtcore.estimate

from . import (
    distribution_cases,
    field_cases,
    fit_cases,
    other_cases,
    scaling_cases,
    statistics_cases,
)
from .harness import PAGE, Case, measured, row_start

CASES = [
    *statistics_cases.CASES,
    *distribution_cases.CASES,
    *fit_cases.CASES,
    *scaling_cases.CASES,
    *field_cases.CASES,
    *other_cases.CASES,
]

WITH_ERRORS = (
    "Estimate",
    "CommonCurve",
    "Comparison",
    "Crossings",
    "Curve",
    "FieldChange",
    "Fit",
    "Localization",
    "MeanFreePath",
    "Plateaus",
    "PowerLaw",
    "Scaling",
    "SeriesResistance",
)
"""Results that hold a standard error, by the names in annotations."""

COVERED = {
    "estimate.collapse.at_scaled_lengths": "squared spread of a collapse",
    "estimate.collapse.squared_spread": "squared spread of a collapse",
    "estimate.common_curve.fit_common_curve": "ln ξ by a common curve",
    "estimate.comparison.compare_bins": "part of the values in a bin, less a law",
    "estimate.comparison.compare_samples": "squared distance of two kinds of samples",
    "estimate.comparison.compare_with_law": "squared distance from a law",
    "estimate.correlation.correlation": "correlation",
    "estimate.correlation.similarity": "correlation of a moved impurity",
    "estimate.crossings.size_crossings": "crossing of two sizes",
    "estimate.cumulants.cumulant": "third cumulant",
    "estimate.cumulants.kurtosis": "kurtosis",
    "estimate.cumulants.skewness": "skewness",
    "estimate.diffusion.diffusive_mean_free_path": "mean free path of diffusive wires",
    "estimate.field_change.field_change": "change in a field",
    "estimate.fit.fit": "parameter of a global fit",
    "estimate.fit_linear.fit_line": "slope",
    "estimate.fit_linear.fit_linear": "slope",
    "estimate.forgetting.measured": "half width of a correlation",
    "estimate.forgetting.power_law": "power of a half width",
    "estimate.half_width.half_width": "half width of a correlation",
    "estimate.histogram.histogram": "density",
    "estimate.histogram.parts_in_bins": "part of the values in a bin, less a law",
    "estimate.localization_length.fit_localization": "localization length",
    "estimate.localization_length.fit_variance_slope": "slope of var(ln g)",
    "estimate.mean_free_path.fit_mean_free_path": "mean free path",
    "estimate.moments.mean": "mean",
    "estimate.moments.variance": "variance",
    "estimate.noise.fano_of_window": "Fano factor of a bias window",
    "estimate.noise.noise": "Fano factor of a bias window",
    "estimate.phase_length.fit_film": "L_φ of a film",
    "estimate.phase_length.fit_phase_length": "L_φ of a rectangle",
    "estimate.plateaus.plateaus": "plateau",
    "estimate.pool.pool": "pooled number",
    "estimate.power.fit_power": "exponent of a power",
    "estimate.power.logarithmic_slope": "d ln g / d ln L",
    "estimate.propagate.propagate": "propagated function",
    "estimate.scaling_average.average_expansions": "exponent ν averaged over expansions",
    "estimate.scaling.fit_scaling": "exponent ν by finite-size scaling",
    "estimate.scaling.scan_smallest_size": "exponent ν by finite-size scaling",
    "estimate.series_resistance.series_resistance": "resistance in series",
    "estimate.transition.localization_ratio": "mean",
    "estimate.share.share": "share",
    "estimate.size.fit_size": "size of a correction",
    "estimate.steps.steps": "position of a step",
    "estimate.thermal.differential_conductance": "thermal average",
    "estimate.thermal.thermal_conductance": "thermal average",
}
"""The estimator of the cases for every public function of `qtcore.estimate` whose result has an error."""

OF_CLASS = (
    "as_estimate",
    "combined",
    "estimate_of",
    "exact",
    "independent",
    "paired",
    "stack",
    "excess_of",
    "choose_orders",
    "expansion_weights",
)
"""Functions that estimate nothing: they make estimates of what they are given. `excess_of` returns a
number of spread 1; its law is tested in `tests/estimate/test_fits.py`. `choose_orders` returns one of its fits,
`expansion_weights` those that it weights."""


def test_the_page_has_a_row_for_every_case_and_no_other():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (head,) = [n for n, line in enumerate(lines) if line.startswith("| estimator")]
    rows = list(takewhile(lambda line: line.startswith("| "), lines[head + 2 :]))
    assert len(rows) == len(CASES)
    for case in CASES:
        assert sum(line.startswith(row_start(case)) for line in rows) == 1, case.name


def test_every_function_with_an_error_has_a_case():
    found = set()
    modules = [
        importlib.import_module(f"qtcore.estimate.{module.name}")
        for module in pkgutil.iter_modules(qtcore.estimate.__path__)
    ]
    for loaded in modules:
        for name, function in vars(loaded).items():
            own = inspect.isfunction(function) and function.__module__ == loaded.__name__
            if not own or name.startswith("_") or name in OF_CLASS:
                continue
            words = re.findall(r"\w+", str(inspect.signature(function).return_annotation))
            if set(words) & set(WITH_ERRORS):
                found.add(f"{loaded.__name__.removeprefix('qtcore.')}.{name}")
    assert found == set(COVERED)
    assert set(COVERED.values()) <= {case.estimator for case in CASES}


def test_errors_that_are_wrong_by_a_sixth_are_noticed():
    for factor in (0.83, 1.2):
        case = Case(
            "test",
            "",
            str(factor),
            lambda rng, factor=factor: (rng.standard_normal(600), np.full(600, factor)),
            0.0,
        )
        assert measured(case).missed()
        assert bool(measured(case).missed(safe=True)) is (factor < 1)


def test_a_bias_of_two_thirds_of_an_error_is_noticed():
    case = Case("test", "", "bias", lambda rng: (rng.normal(0.67, 1, 600), np.ones(600)), 0.0)
    assert measured(case).missed()


def test_no_case_stands_twice():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
