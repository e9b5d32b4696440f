import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.tracy_widom import tracy_widom, tracy_widom_density, tracy_widom_shape

PUBLISHED = {
    1: (-1.2065335745820, 1.607781034581, 0.29346452408, 0.1652429384),
    2: (-1.771086807411, 0.8131947928329, 0.224084203610, 0.0934480876),
    4: (-2.306884893241, 0.5177237207726, 0.16550949435, 0.0491951565),
}
"""F. Bornemann, Math. Comp. 79, 871 (2010)."""


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_moments_are_the_published_ones(beta):
    assert tracy_widom_shape(beta) == pytest.approx(PUBLISHED[beta], abs=1e-9)


def test_the_distribution_of_unitary_matrices_is_that_of_painleve():
    """F₂ = exp(−∫ (x − s) q²), q'' = s q + 2 q³, q ~ Ai: another way to the same numbers."""
    from scipy.integrate import solve_ivp
    from scipy.special import airy

    def slope(s, y):
        q, dq, _, squares = y
        return [dq, s * q + 2 * q**3, squares, -(q**2)]

    # y = q, q', −∫ (x − s) q² and ∫ q², from s = 6 downwards.
    ai, d_ai, *_ = airy(6.0)
    start = [ai, d_ai, 0.0, d_ai**2 - 6 * ai**2]
    places = np.array([4.0, 2.0, 0.0, -1.0, -2.0, -3.0])
    found = solve_ivp(slope, (6, -3), start, "DOP853", places, rtol=1e-12, atol=1e-15)
    assert tracy_widom(places, 2) == pytest.approx(np.exp(found.y[2]), abs=1e-6)


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_the_density_is_the_slope_of_the_distribution(beta):
    s = np.linspace(-5, 3, 9)
    step = 1e-4
    rise = (tracy_widom(s + step, beta) - tracy_widom(s - step, beta)) / (2 * step)
    assert tracy_widom_density(s, beta) == pytest.approx(rise, abs=1e-7)
    assert tracy_widom([-30.0, 30.0], beta).tolist() == [0.0, 1.0]
    assert tracy_widom_density([-30.0, 30.0], beta).tolist() == [0.0, 0.0]
    assert tracy_widom(0.3, beta).shape == ()


def test_the_largest_eigenvalue_of_matrices_follows_it():
    rng = np.random.default_rng(1)
    n, count = 60, 600
    H = rng.standard_normal((count, n, n)) + 1j * rng.standard_normal((count, n, n))
    H = (H + H.conj().swapaxes(1, 2)) / 2
    largest = np.linalg.eigvalsh(H)[:, -1]
    scaled = (largest - 2 * np.sqrt(n)) * n ** (1 / 6)
    # Matrices of 60 rows are off by some n^(-2/3) = 0.06; 600 of them know the mean to 0.05.
    assert scaled.mean() == pytest.approx(PUBLISHED[2][0], abs=0.2)
    assert scaled.var() == pytest.approx(PUBLISHED[2][1], abs=0.2)


def test_other_symmetries_are_refused():
    with pytest.raises(qt.InputError, match=r"β = 1, 2 and 4, got 3"):
        tracy_widom(0.0, 3)


def test_no_number_has_no_probability():
    for beta in (1, 2, 4):
        assert np.isnan(tracy_widom([np.nan], beta)).all()
        assert np.isnan(tracy_widom_density([np.nan], beta)).all()
        assert tracy_widom([-np.inf, np.inf], beta).tolist() == [0, 1]
