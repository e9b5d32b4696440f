import numpy as np
import pytest
from scipy.integrate import quad

import qtcore as qt
from qtcore.theory.levels import mean_ratio, mean_square, ratio_density, spacing_density
from qtcore.theory.localized import g_density, ln_g_density, ln_g_distribution


@pytest.mark.parametrize("beta", [0, 1, 2, 4])
def test_densities_are_normalised_with_the_published_means(beta):
    moments = [quad(lambda s, k=k: s**k * spacing_density(s, beta), 0, 40)[0] for k in (0, 1)]
    assert moments == pytest.approx([1, 1], abs=1e-9)
    surmise = {0: 2 * np.log(2) - 1, 1: 0.535898, 2: 0.602658, 4: 0.676168}[beta]
    found = [quad(lambda r, k=k: r**k * ratio_density(r, beta), 0, 1)[0] for k in (0, 1)]
    assert found == pytest.approx([1, surmise], abs=1e-6)
    assert mean_ratio(beta) == pytest.approx(surmise, abs=0.006)


def test_two_by_two_and_three_by_three_matrices_follow_them():
    rng = np.random.default_rng(1)
    for n in (2, 3):
        H = rng.standard_normal((20_000, n, n)) + 1j * rng.standard_normal((20_000, n, n))
        gaps = np.diff(np.linalg.eigvalsh(H + H.conj().swapaxes(1, 2)))
        x = gaps[:, 0] / gaps.mean() if n == 2 else gaps.min(axis=1) / gaps.max(axis=1)
        density = spacing_density if n == 2 else ratio_density
        below = quad(lambda s, density=density: density(s, 2), 0, 0.6)[0]
        assert (x < 0.6).mean() == pytest.approx(below, abs=4 * 0.5 / np.sqrt(20_000))


def test_known_forms():
    assert spacing_density(1.0, 1) == pytest.approx(np.pi / 2 * np.exp(-np.pi / 4))
    assert spacing_density(1.0, 2) == pytest.approx(32 / np.pi**2 * np.exp(-4 / np.pi))
    for function in (spacing_density, ratio_density):
        with pytest.raises(qt.InputError, match="got 3"):
            function(0.5, 3)
    with pytest.raises(qt.InputError, match="got 3"):
        mean_ratio(3)


def test_a_localized_wire_has_one_parameter():
    ln_g = np.linspace(-60, 20, 4001)
    density = ln_g_density(ln_g, -10.0)
    step = ln_g[1] - ln_g[0]
    assert density.sum() * step == pytest.approx(1)
    assert (density * ln_g).sum() * step == pytest.approx(-10)
    assert (density * (ln_g + 10) ** 2).sum() * step == pytest.approx(20)
    assert ln_g_distribution(-10.0, -10.0) == 0.5
    assert ln_g_distribution(-8.0, -10.0, 4.0) == pytest.approx(0.8413447, abs=1e-6)
    g = np.exp(ln_g)
    assert (g_density(g, -3.0, 2.0) * g).sum() * step == pytest.approx(1)
    assert g_density([-1.0, 0.0], -3.0).tolist() == [0, 0]
    with pytest.raises(qt.InputError, match="must be > 0, got -2"):
        ln_g_density(0.0, 1.0)


@pytest.mark.parametrize("beta", [0, 1, 2, 4])
def test_mean_square_is_that_of_the_density(beta):
    s = np.linspace(0, 40, 400_001)
    whole = np.trapezoid(s**2 * spacing_density(s, beta), s)
    assert mean_square(beta) == pytest.approx(whole, abs=1e-9)


def test_densities_of_levels_are_0_outside_and_none_of_no_number():
    for beta in (0, 1, 2, 4):
        assert ratio_density([-0.1, 1.5], beta).tolist() == [0, 0]
        assert spacing_density([-0.1, -9.0], beta).tolist() == [0, 0]
        for density in (ratio_density, spacing_density):
            assert np.isnan(density([np.nan], beta)).all()
            assert density([0.0], beta) == pytest.approx(density([1e-12], beta), abs=1e-11)
