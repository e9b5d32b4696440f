"""Localization length and variance slope of walks and scatterers whose truth is known."""

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.estimate import (
    Estimate,
    Localization,
    MeanFreePath,
    Missing,
    fit_localization,
    fit_variance_slope,
)
from qtcore.estimate.localization_length import MEAN_FROM

XI = 120.0
LENGTHS = np.round(XI * np.geomspace(0.1, 16, 24))


def test_known_length_offset_and_variance_slope_come_back(walk):
    # Standard errors: xi sqrt(xi / (12 xi R)) = 0.35, slope about 2 sqrt(2 x 3 / R) / 2 = 0.06.
    samples = walk(LENGTHS, XI, 10_000, seed=1, offset=0.7)
    fit = fit_localization(samples, LENGTHS)
    xi = fit.localization_length
    assert xi.error == pytest.approx(0.35, rel=0.15)
    assert abs(xi.values - XI) < 3.5 * xi.error
    assert abs(fit.offset.values - 0.7) < 3.5 * fit.offset.error
    assert fit.reduced < 3
    slope = fit_variance_slope(samples, LENGTHS, float(xi))
    assert slope.error == pytest.approx(0.045, rel=0.3)
    assert abs(slope.values - 2) < 3.5 * slope.error


def test_a_factor_of_two_would_be_seen(walk):
    fit = fit_localization(walk(LENGTHS, XI, 1000, seed=2), LENGTHS)
    for wrong in (XI / 2, 2 * XI):
        assert abs(fit.localization_length.values - wrong) > 20 * fit.localization_length.error


def test_the_window_starts_at_four_xi_of_its_own_fit(walk):
    fit = fit_localization(walk(LENGTHS, XI, 1000, seed=3), LENGTHS)
    xi = float(fit.localization_length)
    assert fit.shortest >= MEAN_FROM * xi
    before = LENGTHS[np.searchsorted(LENGTHS, fit.shortest) - 1]
    assert before < MEAN_FROM * xi * 1.02


def test_the_line_is_drawn_where_it_was_fitted():
    xi, offset = Estimate(100.0, np.zeros(2), 2), Estimate(0.5, np.zeros(2), 2)
    found = Localization(xi, offset, 400, 1.0).line([300, 400, 1000])
    assert found == pytest.approx([np.nan, -7.5, -19.5], nan_ok=True)


def test_short_wires_do_not_enter(walk):
    samples = walk(LENGTHS, XI, 2000, seed=4)
    bent = samples.copy()
    bent[:, LENGTHS < 3 * XI] += 1.5
    straight, other = (fit_localization(s, LENGTHS) for s in (samples, bent))
    assert other.localization_length.values == pytest.approx(straight.localization_length.values)


def test_wires_that_are_too_short_are_told(walk):
    short = LENGTHS[LENGTHS < 6 * XI]
    with pytest.raises(Missing, match="fewer than 4 lengths beyond 4 ξ; compute longer wires"):
        fit_localization(walk(short, XI, 500, seed=5), short)
    for count in (0, 1, 3):
        with pytest.raises(Missing, match="fewer than 4 lengths"):
            fit_localization(walk(short[:count], XI, 500, seed=5), short[:count])


@pytest.mark.parametrize(
    ("realizations", "why"),
    [
        (0, "no realization is computed"),
        (1, "errors need at least 8 realizations .* got 1 of 1"),
        (3, "errors need at least 8 realizations .* got 3 of 3"),
        (7, "errors need at least 8 realizations .* got 7 of 7"),
        (20, "the covariance of 24 lengths needs at least 50 realizations, got 20"),
    ],
)
def test_too_few_realizations_are_told_whatever_their_number(walk, realizations, why):
    """Below 8 another kind of error came than above."""
    samples = walk(LENGTHS, XI, 30, seed=6)[:realizations]
    with pytest.raises(Missing, match=why):
        fit_localization(samples, LENGTHS)
    with pytest.raises(Missing):
        fit_localization(samples[:, -2:], LENGTHS[-2:])


def test_realizations_that_miss_a_length_are_no_realizations(walk):
    samples = walk(LENGTHS, XI, 100, seed=6)
    samples[7:, 3] = np.nan
    with pytest.raises(Missing, match="got 7 of 100"):
        fit_localization(samples, LENGTHS)


def test_lengths_that_nobody_computed_do_not_count(walk):
    samples = walk(LENGTHS, XI, 1000, seed=3)
    kept = np.arange(len(LENGTHS)) % 3 > 0
    fit = fit_localization(np.where(kept, samples, np.nan), LENGTHS)
    alone = fit_localization(samples[:, kept], LENGTHS[kept])
    assert float(fit.localization_length) == float(alone.localization_length)


def test_samples_and_lengths_that_do_not_belong_together_are_refused(walk):
    samples = walk(LENGTHS, XI, 100, seed=3)
    with pytest.raises(InputError, match=r"with 23 lengths; got the shape \(100, 24\)"):
        fit_localization(samples, LENGTHS[1:])
    with pytest.raises(InputError, match="lengths are positive and increase"):
        fit_localization(samples, LENGTHS[::-1])


def test_without_lengths_beyond_eight_xi_there_is_no_variance_slope(walk):
    middle = LENGTHS[LENGTHS < 10 * XI]
    with pytest.raises(Missing, match="fewer than 3 lengths beyond 8 ξ"):
        fit_variance_slope(walk(middle, XI, 500, seed=7), middle, XI)
    with pytest.raises(Missing, match="no error below 200 realizations, got 150"):
        fit_variance_slope(walk(LENGTHS, XI, 150, seed=7), LENGTHS, XI)


def test_fits_print_in_a_line_without_their_shares():
    share = np.resize([1.0, -1.0], 100) / 10
    xi, offset = Estimate(10.0523, 0.0714 * share, 100), Estimate(0.3, 0.1 * share, 100)
    fit = Localization(xi, offset, 60, 1.234)
    line = "ξ = 10.05 ± 0.07 slices, fitted from L = 60 on, χ² per degree of freedom 1.2"
    assert str(fit) == line
    assert repr(fit) == f"Localization({line})"
    path = MeanFreePath(xi, 20, 0.87)
    line = "l = 10.05 ± 0.07 sites, fitted up to L = 20, χ² per degree of freedom 0.87"
    assert str(path) == line
    assert repr(path) == f"MeanFreePath({line})"


@pytest.mark.slow
@pytest.mark.physics
@pytest.mark.parametrize(("N", "beta"), [(1, 1), (2, 1), (2, 2)])
def test_random_scatterers_localize_as_dmpk_says(scatterers, N, beta):
    # Each scatterer reflects 2 % of every channel: L / l = 0.02 per scatterer, up to O(0.02).
    # Standard errors: xi 1.6 %, slope 0.1.
    unit = beta * N + 2 - beta
    numbers = sorted({round(unit * x / 0.02) for x in np.geomspace(1, 13, 14)})
    ln_g = scatterers(N, beta, numbers, 0.02, 400, seed=8)
    fit = fit_localization(ln_g, np.array(numbers, dtype=float))
    xi = fit.localization_length
    assert abs(xi.values * 0.02 / unit - 1) < 0.02 + 3 * xi.error / xi.values
    assert xi.error / xi.values < 0.02
    # The other symmetry class is 25 % away for N = 2.
