import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import independent

W = np.linspace(14.0, 19.0, 6)
L = np.array([4.0, 8.0, 16.0])


def curves(places=W, sizes=L, at=16.5):
    return 0.45 - 0.01 * sizes[:, None] * (places - at)


def measured(values, error=1e-3):
    return independent(values.ravel(), error).reshape(*values.shape)


def test_straight_lines_cross_where_they_do():
    found = estimate.size_crossings(W, L, measured(curves()))
    assert found.place.values == pytest.approx([16.5, 16.5])
    assert found.height.values == pytest.approx([0.45, 0.45])
    assert found.sizes.tolist() == [[4, 8], [8, 16]]
    assert found.whys == ("", "")
    # The difference of the last two lines is twice as steep, and so its zero twice as exact.
    ratio = found.place.error[0] / found.place.error[1]
    assert ratio == pytest.approx(2.0)


def test_the_error_of_a_line_is_that_of_least_squares():
    found = estimate.size_crossings(W, L[:2], measured(curves()[:2]), degree=1)
    design = np.stack([np.ones(6), W - 16.5], axis=1)
    at_zero = np.linalg.inv(design.T @ design)[0, 0] ** 0.5
    assert found.place.error[0] == pytest.approx(np.sqrt(2) * 1e-3 * at_zero / 0.04)


def test_the_order_of_sizes_does_not_matter_and_missing_points_do_not_count():
    values = curves()
    whole = estimate.size_crossings(W, L, measured(values))
    turned = estimate.size_crossings(W, L[::-1], measured(values[::-1]))
    assert np.array_equal(turned.place.values, whole.place.values)
    values[1, 2] = np.nan
    gap = estimate.size_crossings(W, L, measured(values))
    assert gap.place.values == pytest.approx([16.5, 16.5])
    assert (gap.place.error > whole.place.error).all()


@pytest.mark.parametrize(
    ("keep", "match"),
    [
        (W < 16, r"between 14 and 15: their difference falls towards values above 15"),
        (W > 17, r"between 18 and 19: their difference falls towards values below 18"),
    ],
)
def test_curves_that_do_not_cross_say_on_which_side_they_would(keep, match):
    with pytest.raises(qt.Missing, match=match):
        estimate.size_crossings(W[keep], L, measured(curves(W[keep])))


def test_one_pair_that_does_not_cross_leaves_the_other_one():
    values = curves()
    values[2] -= 1.0
    found = estimate.size_crossings(W, L, measured(values))
    assert found.place.values[0] == pytest.approx(16.5)
    assert np.isnan(found.place.values[1])
    assert "8 and 16" in found.whys[1]
    assert "below 14" in found.whys[1]


def test_parallel_curves_show_no_side():
    with pytest.raises(qt.Missing, match="nothing shows on which side"):
        estimate.size_crossings(W, L[:2], measured(np.stack([np.zeros(6), np.ones(6)])))


@pytest.mark.parametrize(
    ("sizes", "values", "degree", "error", "match"),
    [
        (L[:1], curves()[:1], 3, qt.Missing, "at least two sizes, got 1"),
        (L, curves().T, 3, qt.InputError, r"\(size, tuning\)"),
        (L, curves(), 0, qt.InputError, "at least 1, got 0"),
        (L, np.full((3, 6), np.nan), 3, qt.Missing, "fewer than two points in common"),
    ],
)
def test_bad_input_is_refused(sizes, values, degree, error, match):
    with pytest.raises(error, match=match):
        estimate.size_crossings(W, sizes, measured(values), degree)
