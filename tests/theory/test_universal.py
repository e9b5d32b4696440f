"""Universal fluctuations: lattice sums, and rectangles in a field against waves and long wires."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from qtcore.theory.universal import (
    ballistic_share,
    energy_correlation,
    rectangle_field_correlation,
    universal_variance,
    variance_in_field,
)

CATALAN = 0.915965594177219


def test_shapes_have_the_published_variances():
    assert universal_variance(1) == pytest.approx(2 / 15)
    assert universal_variance(1, 1.0) == pytest.approx(2 * CATALAN / math.pi**2, rel=1e-5)
    assert universal_variance(1, 1.0, periodic=True) == pytest.approx(0.15408, abs=1e-5)
    assert universal_variance(2, 0.5) == pytest.approx(0.2993 / 2, abs=1e-4)
    assert universal_variance(1, 60.0) == pytest.approx(2 / 15, rel=1e-4)


def test_a_direct_double_sum_agrees():
    nx, ny = np.meshgrid(np.arange(1, 1500), np.arange(1500), indexing="ij")
    direct = 12 / math.pi**4 * ((nx**2 + (2.0 * ny) ** 2) ** -2.0).sum()
    assert universal_variance(1, 2.0) == pytest.approx(direct, rel=1e-5)


def test_correlations_start_at_one_and_are_half_where_stated():
    assert energy_correlation(np.array(0.0)) == pytest.approx(1, abs=1e-6)
    assert energy_correlation(np.array(7.729)) == pytest.approx(0.5, abs=1e-3)
    assert rectangle_field_correlation(0.0, 2.0) == 1


def test_a_field_turns_one_symmetry_class_into_the_other():
    assert variance_in_field(0.0, 2.0) == pytest.approx(universal_variance(1, 2.0))
    # Cooperons that are left: less than 2 % where 20 h/e go through.
    assert variance_in_field(20.0, 3.0) == pytest.approx(universal_variance(2, 3.0), rel=0.02)


def wire_in_field(x: float) -> float:
    """Sum of (pi² n² + x²)⁻² in closed form, over that at x = 0; x = pi dPhi / sqrt 3."""
    return 90 * (x / math.tanh(x) + (x / math.sinh(x)) ** 2 - 2) / (4 * x**4)


@pytest.mark.parametrize("flux", [0.5, 1.168, 2.0])
def test_long_rectangles_forget_the_field_like_wires(flux):
    # A rectangle of 80 widths differs by 3e-4 from a wire.
    expected = wire_in_field(math.pi * flux / math.sqrt(3))
    assert rectangle_field_correlation(flux, 80.0) == pytest.approx(expected, abs=5e-4)
    assert wire_in_field(math.pi * 1.168 / math.sqrt(3)) == pytest.approx(0.5, abs=1e-3)
    assert rectangle_field_correlation(flux, 1.0) > expected + 0.05


def waves_in_field(flux: float, aspect: float) -> float:
    """The same correlation from sines between the leads and cosines across, no grid.

    With A along x, both boundary conditions are those of the waves: no value at the leads, no slope
    at the walls. (-i d/dx + a y)² - d²/dy², width 1, charge e of the flux.
    """
    modes, across = 24, 14
    nx, my = np.arange(1, modes + 1), np.arange(across)
    y = (np.arange(2000) + 0.5) / 2000 - 0.5
    waves = np.sqrt(np.where(my == 0, 1, 2))[:, None] * np.cos(np.pi * my[:, None] * (y + 0.5))
    once, twice = (waves * y**power @ waves.T / 2000 for power in (1, 2))
    odd = (nx[:, None] + nx) % 2 == 1
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(odd, 4 * nx[:, None] * nx / (nx[:, None] ** 2.0 - nx**2) / aspect, 0)
    free = np.add.outer((np.pi * nx / aspect) ** 2, (np.pi * my) ** 2).ravel()
    a = 2 * math.pi * flux / aspect
    H = np.diag(free) - 2j * a * np.kron(slope, once) + a**2 * np.kron(np.eye(modes), twice)
    n, m = np.meshgrid(np.arange(1, 400), np.arange(400))
    total = ((np.pi**2 * ((n / aspect) ** 2 + m**2)) ** -2.0).sum()
    return float(1 - ((free**-2.0).sum() - (np.linalg.eigvalsh(H) ** -2.0).sum()) / total)


@pytest.mark.parametrize("aspect", [1.0, 2.5, 6.0])
def test_the_field_that_halves_a_correlation_is_good_to_a_thousandth(aspect):
    def half(curve):
        return brentq(lambda flux: curve(flux) - 0.5, 0.8, 5.0, xtol=1e-5)

    expected = half(lambda flux: waves_in_field(flux, aspect))
    found = half(lambda flux: rectangle_field_correlation(flux, aspect))
    assert found == pytest.approx(expected, rel=1e-3)


def test_ladders_differ_from_diffusons_by_the_square_of_l_over_L():
    # A wire: (l_tr²/2) sum lambda⁻¹ / sum lambda⁻² = (l_tr²/2) (L²/6) / (L⁴/90), plus (l/L)³.
    assert ballistic_share(400.0, 1, 4.0) == pytest.approx(7.5 * 0.01**2, rel=0.05)
    assert ballistic_share(400.0, 1, 8.0) == pytest.approx(7.5 * 0.02**2, rel=0.1)
    # The short waves across add to it.
    assert ballistic_share(80.0, 40, 4.0) > 1.5 * ballistic_share(80.0, 1, 4.0)
    # The same electrons forget later in units of what the diffuson says, by as little.
    energy = np.array(7.729)
    assert energy_correlation(energy, step=0.05) == pytest.approx(0.5, abs=0.02)
    assert energy_correlation(np.array(0.0), step=0.05) == pytest.approx(1)
    assert rectangle_field_correlation(1.0, 4.0, 0.1) == pytest.approx(
        rectangle_field_correlation(1.0, 4.0), abs=0.02
    )


def test_correlation_in_energy_of_long_rectangles_is_that_of_wires():
    e = np.linspace(0, 40, 9)
    np.testing.assert_allclose(energy_correlation(e, 50.0), energy_correlation(e), atol=1e-3)
    # A square has slow modes across, which forget later.
    assert energy_correlation(np.array(7.729), 0.8) > 0.55
