"""A check of several points at once: what is pooled, and what does not count."""

import numpy as np
import pytest
import xarray as xr

from qtcore.analysis.check import pooled_ratio


@pytest.fixture
def result():
    """Two points 10 % above theory with errors 1 : 2, one without a result, one without theory."""
    return xr.Dataset(
        {
            "xi": ("width", [11.0, 22.0, np.nan, 70.0]),
            "xi_error": ("width", [0.1, 0.4, np.nan, 0.1]),
            "theory": ("width", [10.0, 20.0, 30.0, np.nan]),
        }
    )


def test_a_ratio_is_pooled_over_points_with_theory_and_result(result):
    (check,) = pooled_ratio(result, "xi", result["theory"], "xi", 0.05, "a book", unit=2.0)
    assert check.value == pytest.approx(2.2)
    assert check.error == pytest.approx(2 * (1 / 0.01**2 + 1 / 0.02**2) ** -0.5)
    assert (check.expected, check.tolerance) == (2.0, pytest.approx(0.1))
    assert not check.passed


def test_without_a_theory_there_is_no_check(result):
    assert pooled_ratio(result, "xi", 0 * result["theory"], "xi", 0.05, "a book") == []
