import math

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.field import (
    collision_loss,
    cyclotron_radius,
    flux_quanta,
    symmetry_index,
    warn_of_edge_states,
)


def test_no_field_loses_nothing():
    for width in (1, 2, 8):
        assert collision_loss(qt.Square(width), 0.6, 0.0) == pytest.approx(0, abs=1e-12)
    assert collision_loss(qt.Chain(), 0.6, 0.1) == pytest.approx(0, abs=1e-12)


def test_loss_is_even_in_the_field_and_starts_quadratically():
    lattice = qt.Square(8)
    small = collision_loss(lattice, 0.6, 2e-4)
    assert collision_loss(lattice, 0.6, -2e-4) == pytest.approx(small)
    assert collision_loss(lattice, 0.6, 4e-4) == pytest.approx(4 * small, rel=0.02)


@pytest.mark.parametrize(
    ("width", "through_square", "fraction"),
    # Fraction of the step from N + 1 to 2 N that xi of long bars has made, +-0.05 (E = 0.6).
    [(2, 0.4, 0.95), (4, 0.1, 0.26), (4, 0.2, 0.57), (4, 0.4, 0.9), (8, 0.1, 0.43), (8, 0.4, 1.0)],
)
def test_beta_is_2_where_the_doubling_is_complete_and_unknown_on_the_way(
    width, through_square, fraction
):
    beta = symmetry_index(qt.Square(width), 0.6, 0.5, through_square / width**2)
    assert (beta == 2) == (fraction > 0.8)
    assert math.isnan(beta) == (fraction < 0.8)


def test_beta_is_1_without_field_and_in_a_chain():
    assert symmetry_index(qt.Square(8), 0.6, 0.5, 0.0) == 1
    assert symmetry_index(qt.Chain(), 0.6, 0.5, 0.3) == 1


def test_dirty_wires_count_flux_quanta():
    # l = 4.4 sites in 32: 2 N l x width holds 7 to 70 h/e at these fluxes.
    wide = qt.Square(32)
    assert math.isnan(symmetry_index(wide, 0.5, 3.0, 1e-3))
    assert symmetry_index(wide, 0.5, 3.0, 1e-2) == 2


def test_flux_and_radius():
    assert flux_quanta(-0.01, 8, 500) == pytest.approx(40)
    assert cyclotron_radius(0.0, 0.6) == math.inf
    # Free electron near the band bottom: r = k / B with k² = kinetic energy, B = 2 pi flux.
    assert cyclotron_radius(0.01, -3.96) == pytest.approx(0.2 / (2 * np.pi * 0.01))


def test_edge_states_are_told_where_the_cyclotron_radius_is_below_the_width(caplog):
    radius = cyclotron_radius(0.004, 1.16)
    warn_of_edge_states(int(radius), 0.004, 1.16)
    warn_of_edge_states(10**6, 0.0, 1.16)
    assert caplog.text == ""
    with caplog.at_level("WARNING", logger="qtcore"):
        warn_of_edge_states(int(radius) + 1, 0.004, 1.16)
    assert (
        f"cyclotron radius is {radius:.0f} sites, below the width {int(radius) + 1}" in caplog.text
    )
