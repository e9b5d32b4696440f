import numpy as np
import pytest

from qtcore.analysis.localization_length import (
    MEAN_FROM,
    Localization,
    Verdict,
    fit_localization,
)

XI = 120.0
LENGTHS = np.round(XI * np.geomspace(0.1, 16, 24))


def test_known_length_offset_and_variance_slope_come_back(walk):
    # Standard errors: xi sqrt(xi / (12 xi R)) = 0.35, slope about 2 sqrt(2 x 3 / R) / 2 = 0.06.
    fit = fit_localization(walk(LENGTHS, XI, 10_000, seed=1, offset=0.7), LENGTHS)
    assert isinstance(fit, Localization)
    xi = fit.localization_length
    assert xi.error == pytest.approx(0.35, rel=0.15)
    assert abs(xi.value - XI) < 3.5 * xi.error
    assert abs(fit.offset.value - 0.7) < 3.5 * fit.offset.error
    assert fit.variance_slope is not None
    assert fit.variance_slope.error == pytest.approx(0.045, rel=0.3)
    assert abs(fit.variance_slope.value - 2) < 3.5 * fit.variance_slope.error
    assert fit.reduced_chi_squared < 3


def test_a_factor_of_two_would_be_seen(walk):
    fit = fit_localization(walk(LENGTHS, XI, 1000, seed=2), LENGTHS)
    assert isinstance(fit, Localization)
    for wrong in (XI / 2, 2 * XI):
        assert abs(fit.localization_length.value - wrong) > 20 * fit.localization_length.error


def test_the_window_starts_at_four_xi_of_its_own_fit(walk):
    fit = fit_localization(walk(LENGTHS, XI, 1000, seed=3), LENGTHS)
    assert isinstance(fit, Localization)
    xi = fit.localization_length.value
    assert fit.shortest >= MEAN_FROM * xi
    before = LENGTHS[np.searchsorted(LENGTHS, fit.shortest) - 1]
    assert before < MEAN_FROM * xi * 1.02


def test_short_wires_do_not_enter(walk):
    samples = walk(LENGTHS, XI, 2000, seed=4)
    bent = samples.copy()
    bent[:, LENGTHS < 3 * XI] += 1.5
    straight, other = (fit_localization(s, LENGTHS) for s in (samples, bent))
    assert isinstance(straight, Localization)
    assert isinstance(other, Localization)
    assert other.localization_length.value == pytest.approx(straight.localization_length.value)


def test_wires_that_are_too_short_are_refused(walk):
    short = LENGTHS[LENGTHS < 6 * XI]
    assert fit_localization(walk(short, XI, 500, seed=5), short) is Verdict.TOO_FEW_LENGTHS
    few = walk(LENGTHS, XI, 20, seed=6)
    assert fit_localization(few, LENGTHS) is Verdict.TOO_FEW_REALIZATIONS


def test_without_lengths_beyond_eight_xi_there_is_no_variance_slope(walk):
    middle = LENGTHS[LENGTHS < 10 * XI]
    fit = fit_localization(walk(middle, XI, 500, seed=7), middle)
    assert isinstance(fit, Localization)
    assert fit.variance_slope is None


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
    assert isinstance(fit, Localization)
    xi = fit.localization_length
    assert abs(xi.value * 0.02 / unit - 1) < 0.02 + 3 * xi.error / xi.value
    assert xi.error / xi.value < 0.02
    # The other symmetry class is 25 % away for N = 2.
