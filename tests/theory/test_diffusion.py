"""Einstein's relation, the Fermi surface, and the flux that specular walls cancel."""

import math

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.model.lattice import Square
from qtcore.theory.born import scattering_rates
from qtcore.theory.diffusion import (
    density_of_states,
    flux_cancellation,
    golden_rule_diffusion,
    golden_rule_wire,
    mean_square_velocity,
)


def test_fermi_surface_against_a_count_of_states():
    # Independent: states of a fine grid in a window of ± 0.01 t; 1 % of them fall in by chance.
    k = np.linspace(-np.pi, np.pi, 2000, endpoint=False)
    kx, ky = np.meshgrid(k, k)
    for energy in (1.0, -2.5):
        near = np.abs(2 * np.cos(kx) + 2 * np.cos(ky) - energy) < 0.01
        assert density_of_states(energy) == pytest.approx(near.mean() / 0.02, rel=0.01)
        v2 = (4 * np.sin(kx[near]) ** 2).mean()
        assert mean_square_velocity(energy) == pytest.approx(v2, rel=0.01)


def test_drude_conductivity_of_box_disorder():
    # sigma = 30.77 and D = 34.5 at E = 1, W = 1 (numerical integral of the golden rule).
    rho = density_of_states(1.0)
    tau = 12 / (2 * math.pi * rho)
    assert rho == pytest.approx(0.14191, abs=1e-5)
    assert mean_square_velocity(1.0) * tau == pytest.approx(34.5, abs=0.1)
    assert 2 * math.pi * rho * mean_square_velocity(1.0) * tau == pytest.approx(30.77, rel=1e-3)


def test_a_strip_much_wider_than_the_mean_free_path_cancels_no_flux():
    assert flux_cancellation(1.2, 4000, 3.0) == pytest.approx(1, abs=1e-4)


def round_fermi_surface(ratio: float) -> float:
    """The cancellation for a circle, where <2 cos² / (1 + a² sin²)> = 2 (sqrt(1 + a²) - 1) / a²."""
    odd = np.arange(1, 200, 2)
    a = odd * np.pi * ratio
    return float((96 / np.pi**4 / odd**4 * 2 * (np.sqrt(1 + a**2) - 1) / a**2).sum())


@pytest.mark.parametrize("ratio", [0.1, 0.5, 3.0])
def test_cancellation_at_the_band_edge_is_that_of_a_round_fermi_surface(ratio):
    speed = math.sqrt(2 * mean_square_velocity(-3.95))
    ours = flux_cancellation(-3.95, 99, 100 * ratio / speed)
    assert ours == pytest.approx(round_fermi_surface(ratio), rel=0.02)


def test_a_clean_narrow_strip_cancels_as_beenakker_and_van_houten():
    # tau_B = 9.5 l_m⁴ / (W³ v), over the one without cancellation: 6 l_m⁴ / (W² v l).
    assert round_fermi_surface(1e4) * 1e4 == pytest.approx(6 / 9.5, rel=0.01)


@pytest.fixture(scope="module")
def rates():
    return scattering_rates(Square(40), 1.16, 2.5, 0.004)


def test_the_contact_is_that_of_milnes_problem(rates):
    # 2 x 0.818 l_tr (Flatland, E. d'Eon and M. M. R. Williams 2018), l_tr = 2 l / pi: 1.04; modes
    # near thresholds are worth a few per cent.
    assert golden_rule_wire(rates)[1] == pytest.approx(1.04, abs=0.03)


def test_no_density_of_states_at_the_centre_or_outside_the_band():
    for energy in (0.0, 4.0, -5.0):
        with pytest.raises(InputError, match="0 < "):
            density_of_states(energy)


def test_transport_of_a_strip_follows_from_its_mean_free_path_alone():
    flow = golden_rule_diffusion(40, 1.16, 2.5, 0.004)
    assert flow.mean_free_path == golden_rule_wire(flow.rates)[0]
    assert flow.beta == 2
    assert golden_rule_diffusion(40, 1.16, 2.5, 0.0).beta == 1
    other = flow.with_path(7.0)
    assert other.conductivity == 7 * flow.channels
    assert other.outside == pytest.approx(7 * flow.contact)
    assert other.constant == pytest.approx(
        other.conductivity / (2 * math.pi * density_of_states(1.16) * 40)
    )
    # Fermi velocity and lifetime of a nearly round Fermi surface: 2/pi of the DMPK length.
    assert other.step == pytest.approx(7 * 2 / math.pi, rel=0.05)
    assert other.flux_kept**2 == pytest.approx(flux_cancellation(1.16, 40, other.lifetime))
    lengths = [30, 69, 71, 7 * flow.channels, 7 * flow.channels + 1]
    np.testing.assert_array_equal(
        other.window(lengths, 10.0, 1.0), [False, False, True, True, False]
    )
    # Wires that are wider than long are none.
    assert not other.window([39], 1.0, 1.0).any()
