import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import independent
from qtcore.estimate.crossings import side_of_crossing

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
    # To second order in the error over the distance of the points, (0.017 / 1)².
    assert ratio == pytest.approx(2.0, rel=3e-4)


def test_the_error_of_a_line_is_that_of_least_squares():
    found = estimate.size_crossings(W, L[:2], measured(curves()[:2]), degree=1)
    design = np.stack([np.ones(6), W - 16.5], axis=1)
    at_zero = np.linalg.inv(design.T @ design)[0, 0] ** 0.5
    # To second order in the error over half the range, (0.014 / 2.5)².
    assert found.place.error[0] == pytest.approx(np.sqrt(2) * 1e-3 * at_zero / 0.04, rel=1e-4)


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
        (L, curves(), 1.5, qt.InputError, "whole number, at least 1, got 1.5"),
        (L, np.full((3, 6), np.nan), 3, qt.Missing, r"fewer than two values .* \(0 of 6 points\)"),
        ([4, 4, 8], curves(), 3, qt.InputError, "all different, got 4.0, 4.0, 8.0"),
        ([4, -1, 8], curves(), 3, qt.InputError, "positive and all different"),
        ([4, np.nan, 8], curves(), 3, qt.InputError, "sizes must be finite"),
    ],
)
def test_bad_input_is_refused(sizes, values, degree, error, match):
    with pytest.raises(error, match=match):
        estimate.size_crossings(W, sizes, measured(values), degree)


@pytest.mark.parametrize(
    ("tuning", "y", "match"),
    [
        (np.append(W[:5], np.nan), measured(curves()), "finite numbers, got nan"),
        (np.append(W[:5], np.inf), measured(curves()), "finite numbers, got inf"),
        (W, curves(), "must be an Estimate"),
        (W * 1j, measured(curves()), "real numbers, got complex"),
        ("abc", measured(curves()), "are numbers, got 'abc'"),
    ],
)
def test_what_is_no_curve_is_refused(tuning, y, match):
    with pytest.raises(qt.InputError, match=match):
        estimate.size_crossings(tuning, L, y)


@pytest.mark.slow
@pytest.mark.parametrize("degree", [1, 3])
@pytest.mark.parametrize("place", [16.5, 17.8])
def test_no_crossing_is_stated_that_noise_has_made(degree, place):
    """Of all repeats, stated or not, those whose interval of 95 % misses the crossing are 5 % at most.

    Errors from small ones to such as are as large as the difference itself.
    """
    rng = np.random.default_rng(21)
    places, sizes = np.linspace(15.0, 18.0, 9), np.array([6.0, 8.0])
    exact = -0.55 - 0.07 * sizes[:, None] ** 0.64 * (places - place)
    repeats = 250
    for error in (0.005, 0.02, 0.03, 0.05, 1.0):
        missed = stated = 0
        for _ in range(repeats):
            y = measured(exact + error * rng.standard_normal(exact.shape), error)
            found = estimate.attempt(estimate.size_crossings, places, sizes, y, degree)
            if isinstance(found, estimate.Missing):
                continue
            stated += 1
            missed += abs(float(found.place[0]) - place) > 1.96 * float(found.place.error[0])
        # The standard error of a rate of 5 % is sqrt(0.05 * 0.95 / 250) = 0.014.
        assert missed / repeats < 0.05 + 3 * 0.014, error
        if error == 0.005:
            assert stated > 0.9 * repeats
        if error == 1.0:
            assert stated < 0.02 * repeats


def test_curves_that_hardly_change_say_that_noise_decides():
    rng = np.random.default_rng(22)
    noise = rng.standard_normal((2, 9))
    with pytest.raises(qt.Missing, match="noise decides where the curves of sizes 4 and 8 cross"):
        estimate.size_crossings(np.linspace(15, 18, 9), [4, 8], measured(3.0 * noise, 3.0))


def test_curves_that_touch_do_not_cross():
    touching = np.stack([np.zeros(5), np.array([4.0, 1, 0, 1, 4])])
    with pytest.raises(qt.Missing):
        estimate.size_crossings(np.arange(5.0), [4, 6], measured(touching, 0.01))


def test_the_side_of_curves_that_do_cross_is_said_to_be_none():
    """Curves that saturate on both sides, as of level statistics, from 12 to 20 with a crossing at 16.54."""
    places = np.array([12, 14, 15, 16, 16.5, 17, 18, 20.0])
    x, size = (one.ravel() for one in np.meshgrid(places, np.array([6.0, 8, 10, 12, 14])))
    scaled = (x / 16.54 - 1) * size ** (1 / 1.571)
    y = 0.3863 + 0.1444 / (1 + np.exp(1.35 * scaled) * (0.1444 / (0.513 - 0.3863) - 1))
    said = side_of_crossing(x, size, independent(y, 2e-4))
    assert "sizes 6 to 14 do cross, between 16 and 17" in said
    near = (x > 14) & (x < 16.5)
    above = side_of_crossing(x[near], size[near], independent(y[near], 2e-4))
    assert "towards values above 16" in above


def test_curves_without_values_have_no_crossing():
    with pytest.raises(qt.Missing, match="at two different values at least, got none"):
        estimate.size_crossings([], [4, 6], independent(np.ones((2, 3)), 0.1)[:, :0])
