"""Three ways see one conductivity where nothing is lost, and logarithms where loops are."""

import numpy as np
import pytest

from qtcore.theory import ways
from qtcore.theory.coherent_potential import coherent_potential


@pytest.fixture(scope="module")
def medium():
    return coherent_potential(1.5, 3.0)


def test_a_field_leaves_all_ways_alike(medium):
    """Cyclotron frequency 2 pi B / (dA/dE) with the area A = 4 pi² times the filling: flux / rho."""
    seen = (
        ways.between_leads(medium, 1 / 64, 64, [8, 16, 32]),
        ways.through_blur(medium, 1 / 64, [1e-4, 1e-5]),
        ways.while_spreading(medium, 1 / 64, [7, 14, 20]),
    )
    turns = (1 / 64) / medium.density * medium.lifetime
    for one in seen:
        assert one.classical == pytest.approx(medium.conductivity / (1 + turns**2))
        assert one.sigma == pytest.approx(seen[0].sigma, rel=1e-3)


def test_without_a_field_ten_times_the_length_takes_ln_10_over_pi(medium):
    near, far = (ways.between_leads(medium, 0.0, 20 * L, [L, 1.1 * L]) for L in (60.0, 600.0))
    assert far.lost[0] - near.lost[0] == pytest.approx(np.log(10) / np.pi, rel=0.02)
    blur = ways.through_blur(medium, 0.0, [1e-3, 1e-5])
    assert blur.lost[1] - blur.lost[0] == pytest.approx(np.log(10) / np.pi, rel=0.01)
    assert blur.cutoff[1] / blur.cutoff[0] == pytest.approx(10)


@pytest.mark.parametrize(("energy", "sigma"), [(1.0, 30.749), (2.0, 29.912), (3.0, 19.496)])
def test_drude_is_that_of_the_fermi_surface(energy, sigma):
    """Of W = 1 t, by adaptive quadrature over the Fermi surface, its ends taken out by a sine."""
    assert ways.drude(energy, 1.0) == pytest.approx(sigma, rel=1e-3)
