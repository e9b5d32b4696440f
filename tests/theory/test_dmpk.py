"""The DMPK equation in powers of 1/N, against closed formulas and random scatterers in series."""

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.theory.dmpk import conductance_moments, universality

LENGTHS = np.array([0.0, 0.5, 2.0, 5.0, 20.0, 100.0])


@pytest.mark.parametrize("beta", [1, 2])
def test_many_channels_follow_mello_and_stone_at_all_lengths(beta):
    N = 1e6
    found = conductance_moments(LENGTHS, N, beta)
    s = LENGTHS
    mean = N / (1 + s) + (1 - 2 / beta) / 3 * (s / (1 + s)) ** 3
    variance = 2 / (15 * beta) * (1 - (1 + 6 * s) / (1 + s) ** 6)
    # Both to the next order in 1/N, and <g> = 10⁶ to the precision of the integration.
    assert np.abs(found.mean / mean - 1).max() < 1e-8
    np.testing.assert_allclose(found.variance, variance, atol=1e-5)
    assert found.variance_left_out.max() < 1e-10


def test_next_orders_of_long_wires_are_those_of_the_sigma_model():
    # 8/15 - (32/315) x of Mirlin et al., with spin and x = L / Nl: 2/15 (1 - 4x/21).
    s, N = np.array([2000.0]), 2e4
    x = s / N
    assert universality(s, N, 1)[0] == pytest.approx(1 - 4 / 21 * x - 0.0190 * x**2, abs=3e-5)
    mean = conductance_moments(s, N, 2).mean - N / (1 + s)
    assert mean == pytest.approx(-x / 45, rel=1e-2)


@pytest.mark.parametrize("beta", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.further
def test_random_scatterers_in_series_have_these_moments(scatterers, beta):
    # L/l = 4.3 and 6.5, x = 0.7 and 1.1. Standard errors for 2000 realizations: 3 % of var g.
    N, reflect, numbers = 6, 0.08, [50, 75]
    g = np.exp(scatterers(N, beta, numbers, reflect, 2000, 3))
    # One scatterer adds R/T = reflect / (1 - reflect) to the classical resistance.
    s = np.array(numbers) * reflect / (1 - reflect)
    expected = conductance_moments(s, N, beta)
    error = g.std(axis=0) / 2000**0.5
    assert (np.abs(g.mean(axis=0) - expected.mean) < 3 * error + expected.mean_left_out).all()
    spread = g.var(axis=0, ddof=1)
    allowed = 3 * 0.032 * spread + expected.variance_left_out
    assert (np.abs(spread - expected.variance) < allowed).all()
    # The first order alone is too much by a quarter for beta = 1.
    if beta == 1:
        assert spread[-1] < 2 / 15 * 0.9


def test_lengths_beyond_the_solution_are_refused():
    with pytest.raises(InputError, match="between 0 and 10000"):
        conductance_moments(np.array([2e4]), 10, 1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (([1.0], 0, 1), "at least one channel, got beta = 1 and 0 channels"),
        (([1.0], 5, 3), "beta = 1 or 2"),
        (([-1.0], 5, 1), r"between 0 and 10000, got \[-1.0\]"),
        (([np.nan], 5, 1), "between 0 and 10000"),
        (([], 5, 1), r"got \[\]"),
    ],
)
def test_moments_of_what_is_no_wire_are_refused(given, says):
    with pytest.raises(InputError, match=says):
        conductance_moments(*given)
