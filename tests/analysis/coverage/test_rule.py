"""Every function with an error has a case, every case a row, and the rule can fail."""

import importlib
import inspect
import pkgutil
import re

import numpy as np

import qtcore.analysis

from . import fit_cases, other_cases, statistics_cases
from .harness import PAGE, Case, measured, row_start

CASES = [*statistics_cases.CASES, *fit_cases.CASES, *other_cases.CASES]

WITH_ERRORS = (
    "Collapse",
    "Diffusion",
    "Estimate",
    "Curve",
    "Fit",
    "Localization",
    "MeanFreePath",
    "PhaseCoherence",
    "Plateaus",
    "SeriesResistance",
    "Steps",
)
"""Results that hold a standard error, by the names in annotations."""

COVERED = {
    "collapse.at_common_lengths": "squared spread of a collapse",
    "collapse.collapse": "squared spread of a collapse",
    "diffusion.measure_diffusion": "mean free path of diffusive wires",
    "correlation.correlation": "correlation",
    "half_width.half_width": "half width of a correlation",
    "localization_length.fit_localization": "localization length",
    "mean_free_path.fit_mean_free_path": "mean free path",
    "regression.fit_linear": "slope",
    "plateaus.plateaus": "plateau",
    "staircase.series_resistance": "resistance in series",
    "staircase.steps": "position of a step",
    "statistics.inverse": "inverse",
    "statistics.mean": "mean",
    "statistics.quotient": "Fano factor",
    "statistics.ratio": "ratio",
    "statistics.scaled": "ratio of ξ in a field",
    "statistics.variance": "variance",
    "universal.power_law": "power of a half width",
    "weak_localization.fit_phase_length": "L_φ of a film",
}
"""The estimator of the cases for every public function of the analysis whose result has an error."""


def test_the_page_has_a_row_for_every_case_and_no_other():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| estimator")]
    assert len(rows) == len(CASES)
    for case in CASES:
        assert sum(line.startswith(row_start(case)) for line in rows) == 1, case.name


def test_every_function_with_an_error_has_a_case():
    found = set()
    for module in pkgutil.iter_modules(qtcore.analysis.__path__):
        loaded = importlib.import_module(f"qtcore.analysis.{module.name}")
        for name, function in vars(loaded).items():
            own = inspect.isfunction(function) and function.__module__ == loaded.__name__
            if not own or name.startswith("_"):
                continue
            words = re.findall(r"\w+", str(inspect.signature(function).return_annotation))
            if set(words) & set(WITH_ERRORS):
                found.add(f"{module.name}.{name}")
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
