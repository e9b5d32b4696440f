import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import independent

from .coverage.scaling_cases import WIDTHS, XI, ratios


def points(values, error=1e-4):
    return independent(values.ravel(), error).reshape(*values.shape)


def test_curves_lie_on_one_another_and_localized_points_fix_the_scale():
    found = estimate.fit_common_curve(WIDTHS, points(ratios(), 1e-3))
    assert found.relative.values == pytest.approx(np.log(XI / XI[0]), abs=0.01)
    assert found.lengths.values == pytest.approx(XI, rel=0.02)
    assert found.fit.probability > 1e-3
    shifted = np.log(WIDTHS) - found.relative.values[:, None]
    assert found.value(shifted) == pytest.approx(ratios(), abs=5e-3)
    # Beyond its knots the curve is straight, as ln Λ = ln ξ - ln M.
    far = found.value(found.knots[-1] + np.array([1.0, 2.0, 3.0]))
    assert np.diff(far, 2) == pytest.approx(0, abs=1e-9)
    assert np.diff(far) == pytest.approx(-1, abs=0.1)


def test_another_law_per_curve_does_not_collapse():
    turned = ratios() * np.linspace(1, 1.3, 5)[:, None]
    assert estimate.fit_common_curve(WIDTHS, points(turned, 1e-3)).fit.probability < 1e-6


def test_without_localized_points_there_is_no_scale_and_the_reason_is_told():
    found = estimate.fit_common_curve(WIDTHS, points(ratios()[2:], 1e-3), localized=0.02)
    assert found.relative.values == pytest.approx(np.log(XI[2:] / XI[2]), abs=0.01)
    assert np.isnan(found.lengths.values).all()
    assert "three points with Λ <= 0.02, got 0" in found.why


def test_missing_points_do_not_count():
    values = ratios()
    values[1, 3] = values[4, 0] = np.nan
    found = estimate.fit_common_curve(WIDTHS, points(values, 1e-3))
    assert found.lengths.values == pytest.approx(XI, rel=0.02)


def apart():
    values = ratios()
    values[0] -= 5
    return values


@pytest.mark.parametrize(
    ("sizes", "values", "error", "match"),
    [
        (WIDTHS, apart(), qt.Missing, r"no curve reaches from Λ = 0\.00275 to 0\.118"),
        (WIDTHS, ratios()[:1], qt.Missing, "two sizes and two curves on, got 7 and 1"),
        (WIDTHS[:1], ratios()[:, :1], qt.Missing, "got 1 and 5"),
        (WIDTHS[:3], ratios(), qt.InputError, r"\(tuning, size\) with 3 sizes"),
        (-WIDTHS, ratios(), qt.InputError, "must be > 0"),
        (WIDTHS, np.full((5, 7), np.nan), qt.Missing, "all samples are missing or in doubt"),
        (WIDTHS[[0, 2]], ratios()[:2, [0, 2]], qt.Missing, "need more than 5 points, got 4"),
    ],
)
def test_bad_input_is_refused(sizes, values, error, match):
    with pytest.raises(error, match=match):
        estimate.fit_common_curve(sizes, points(values))
