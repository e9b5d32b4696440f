"""What results look like when they are printed."""

import numpy as np
import pytest

from qtcore.analysis.regression import Fit
from qtcore.analysis.statistics import Curve, Estimate
from qtcore.estimate.estimate import with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (10.0523, 0.0714, "10.05 ± 0.07"),
        (10.0523, 0.0144, "10.052 ± 0.014"),
        (-0.25, 0.0961, "-0.25 ± 0.10"),
        (12345.6, 230.0, "12300 ± 200"),
        (12345.6, 1.96, "12346 ± 2"),
        (99.97, 9.6, "100 ± 10"),
        (2.5e-9, 1e-11, "2.5e-09 ± 1e-11"),
        (0.0, 0.1, "0 ± 0.1"),
        (1.5, 0.0, "1.5 ± 0"),
        (1.5, np.nan, "1.5 ± nan"),
        (np.nan, np.nan, "nan ± nan"),
    ],
)
def test_a_number_with_its_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


def estimate(value: float, error: float, count: int = 10_000) -> Estimate:
    """Return an estimate from so many realizations, half of them above and half below."""
    share = error / np.sqrt(count * count / (count - 1))
    return Estimate(value, share * np.resize([1.0, -1.0], count))


def test_results_print_in_a_line_without_their_shares() -> None:
    """Ten thousand shares stood between the numbers."""
    xi, a = estimate(10.05, 0.07), estimate(0.3, 0.1)
    assert str(xi) == f"{xi}" == "10.05 ± 0.07"
    assert repr(xi) == "Estimate(10.05 ± 0.07)"
    curve = Curve(np.array([10.05, 0.3]), np.stack([xi.shares, a.shares], axis=1))
    assert repr(curve) == "Curve(10.05 ± 0.07, 0.30 ± 0.10)"
    many = Curve(np.ones(500), np.repeat(xi.shares[:, None], 500, axis=1))
    assert "(500 values)" in repr(many)
    assert repr(Fit((xi, a), 3.21, 1)) == (
        "Fit(10.05 ± 0.07, 0.30 ± 0.10; χ² = 3.21 for 1 degree of freedom)"
    )
