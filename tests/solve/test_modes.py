"""Modes of clean leads: how many, with which flux, and that they solve the lead's equation."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.lead_modes import lead_modes

SYSTEMS = [
    (qt.Square(1), 0.5, 0.0),
    (qt.Square(10), 0.5, 0.0),
    (qt.Square(7), -2.5, 0.0),
    (qt.Square(6, periodic=True), 0.5, 0.0),
    (qt.Square(5, periodic=True), -1.3, 0.0),
    (qt.Square(10), 0.5, 0.04),
    (qt.Square(33), 1.9, 1 / 60),
    (qt.Square(6, periodic=True), 0.5, 1 / 6),
]


@pytest.mark.parametrize(
    ("width", "energy", "channels"),
    # physics.md section 1.
    [(10, 0.5, 8), (7, -2.5, 3), (7, 0.0, 7), (20, 0.5, 16), (30, 0.5, 23)],
)
def test_open_channels_of_a_strip(width, energy, channels):
    assert qt.open_channels(qt.Wire(qt.Square(width)), energy) == channels


@pytest.mark.parametrize(("width", "energy"), [(3, 0.5), (4, -1.3), (9, 2.2), (16, 0.1)])
def test_open_channels_of_a_cylinder(width, energy):
    transverse = 2 * np.cos(2 * np.pi * np.arange(width) / width)
    expected = int((np.abs(energy - transverse) < 2).sum())
    assert qt.open_channels(qt.Wire(qt.Square(width, periodic=True)), energy) == expected


@pytest.mark.parametrize(("lattice", "energy", "flux"), SYSTEMS)
def test_modes_solve_the_lead_and_carry_unit_flux(lattice, energy, flux):
    M = lattice.width
    modes = lead_modes(lattice, energy, 2 * np.pi * flux)
    v = np.exp(-2j * np.pi * flux * np.arange(M))[:, None]
    h = lattice.transverse()
    N = modes.channels
    for now, ahead, sign in [
        (modes.left, modes.left_ahead, -1),
        (modes.right, modes.right_ahead, 1),
    ]:
        # Two slices further by the lead's own equation stays within the same waves.
        beyond = v.conj() * ((energy * np.eye(M) - h) @ ahead - v.conj() * now)
        step = np.linalg.lstsq(np.vstack([now, ahead]), np.vstack([ahead, beyond]), rcond=None)[0]
        assert np.abs(np.vstack([now, ahead]) @ step - np.vstack([ahead, beyond])).max() < 1e-10
        rates = np.abs(np.linalg.eigvals(step))
        assert (rates < 1 + 1e-9).all() if sign > 0 else (rates > 1 - 1e-9).all()
        current = -1j * (now.conj().T @ (v * ahead) - (now.conj().T @ (v * ahead)).conj().T)
        expected = np.zeros((M, M))
        expected[:N, :N] = -sign * np.eye(N)
        assert np.abs(current - expected).max() < 1e-9


def test_a_mode_right_at_its_threshold_is_closed():
    # Width 5: transverse energies 2 cos(pi n / 6) = ±sqrt(3), ±1, 0, so E = 1 meets the edge of one.
    assert qt.open_channels(qt.Wire(qt.Square(5)), 1.0) == 3
    found = qt.scattering(qt.Wire(qt.Square(5), qt.Box(1.0)), 1.0, [20], range(8), 1)
    assert np.isfinite(found.ln_g).all()
    assert not found.suspect.any()


@pytest.mark.parametrize(("lattice", "energy"), [(qt.Chain(), 2.5), (qt.Square(4), -3.9)])
def test_an_energy_without_open_channels_is_refused(lattice, energy):
    with pytest.raises(qt.InputError, match=r"no open channel at energy .*conduct for"):
        qt.open_channels(qt.Wire(lattice), energy)
