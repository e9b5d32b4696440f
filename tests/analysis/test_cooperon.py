"""The cooperon of a rectangle against the formula for wires and against a plain grid."""

import numpy as np
import pytest

from qtcore.analysis.cooperon import rectangle_crossover
from qtcore.analysis.weak_localization import (
    hikami_larkin_nagaoka,
    phase_field,
    wire_crossover,
)
from qtcore.errors import InputError


def test_a_long_narrow_wire_follows_the_closed_formula():
    flux = np.array([0.4, 1.3, 5.0])
    found = rectangle_crossover(flux, 1000.0, 10.0, 1e-6)
    # At 5 h/e the magnetic length is five widths: relative corrections of order (width / L_B)²/10.
    np.testing.assert_allclose(found, (1 - wire_crossover(flux)) / 3, rtol=5e-3)


def grid_trace(flux_quanta, length, width, nx, ny):
    """Tr C by finite differences with Peierls phases, in another gauge (A along y)."""
    hx, hy = length / (nx + 1), width / ny
    x = (np.arange(nx) + 1) * hx
    site = np.arange(nx * ny).reshape(nx, ny)
    H = np.zeros((nx * ny, nx * ny), dtype=complex)
    H[site, site] += 2 / hx**2
    H[site[:-1], site[1:]] -= 1 / hx**2
    H[site[1:], site[:-1]] -= 1 / hx**2
    turn = np.exp(4j * np.pi * flux_quanta / (length * width) * x * hy)[:, None]
    for j in range(ny - 1):
        here, there = site[:, [j]], site[:, [j + 1]]
        H[here, there] -= turn / hy**2
        H[there, here] -= turn.conj() / hy**2
        H[here, here] += 1 / hy**2
        H[there, there] += 1 / hy**2
    return np.sum(1 / np.linalg.eigvalsh(H))


@pytest.mark.parametrize("flux", [1.3, 4.0])
def test_a_square_follows_a_plain_grid(flux):
    size = 30.0
    grid = 2 / size**2 * (grid_trace(0, size, size, 24, 24) - grid_trace(flux, size, size, 24, 24))
    # The grid's own error is of order (spacing / magnetic length)²: half a per cent here.
    assert rectangle_crossover(np.array([flux]), size, size, 1e-6)[0] == pytest.approx(
        grid, rel=0.02
    )


def test_direction_of_the_field_does_not_matter():
    both = rectangle_crossover(np.array([-2.0, 2.0]), 60.0, 30.0, 5.0)
    assert both[0] == pytest.approx(both[1], rel=1e-9)


def test_a_film_of_many_phase_lengths_follows_hikami_larkin_nagaoka():
    phase_length = 15.0
    flux = phase_field(phase_length) * np.array([1.0, 2.0])

    def film(size):
        return rectangle_crossover(flux * size**2, size, size, 1e-6, phase_length)

    # Leads take, and walls add, strips of order L_phi: linear in 1 / size.
    found = (11 * film(11 * phase_length) - 8 * film(8 * phase_length)) / 3
    expected = hikami_larkin_nagaoka(flux, phase_length)
    np.testing.assert_allclose(found, expected, rtol=0.05)


def test_dephasing_shortens_a_wire_to_its_phase_length():
    def trace(length, short):
        return (length * short / np.tanh(length / short) - short**2) / 2

    length, phase_length, flux = 400.0, 80.0, 8.0
    magnetic = length / (2 * np.pi / np.sqrt(3) * flux)
    both = 1 / np.hypot(1 / magnetic, 1 / phase_length)
    expected = 2 / length**2 * (trace(length, phase_length) - trace(length, both))
    found = rectangle_crossover(np.array([flux]), length, 4.0, 1e-6, phase_length)
    # Without dephasing the same flux leaves less than a third of the weak localization.
    assert found[0] == pytest.approx(expected, rel=5e-3)


def test_lengths_that_are_none_are_refused():
    with pytest.raises(InputError, match="must be > 0"):
        rectangle_crossover(np.array([1.0]), 60.0, 30.0, 5.0, phase_length=-1.0)
