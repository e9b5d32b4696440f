"""The cooperon of a rectangle against formulas, a plain grid and all crossed diagrams of samples."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.theory.cooperon import rectangle_crossover, rectangle_levels, rectangle_trace
from qtcore.theory.magnetoconductance import (
    hikami_larkin_nagaoka,
    phase_field,
    wire_crossover,
)

from .crossed_diagrams import one_loop


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
    with pytest.raises(InputError, match="precession must be >= 0"):
        rectangle_crossover(np.array([1.0]), 60.0, 30.0, 5.0, precession=-0.1)


def test_trace_and_eigenvalues_agree_on_one_grid():
    grid = (16, 8)
    for mass in (0.0, 3.0):
        (found,) = rectangle_trace(np.array([1.7]), 2.0, grid, mass, None)
        expected = np.sum(1 / (rectangle_levels(1.7, 2.0, *grid) + mass))
        assert found == pytest.approx(expected, rel=2e-3), "gauges differ by a grid's error"


FLUX = np.array([0.5, 2.0, 6.0])


def crossover(precession: float, width: float = 30.0, phase_length: float = math.inf) -> np.ndarray:
    return rectangle_crossover(FLUX, 90.0, width, 5.0, phase_length, precession)


def test_triplets_add_up_to_no_spin_at_all_without_coupling():
    np.testing.assert_allclose(crossover(1e-6), crossover(0.0), rtol=1e-6)


def test_triplets_are_gone_where_the_spin_turns_within_a_few_sites():
    np.testing.assert_allclose(crossover(math.inf), -crossover(0.0) / 2, rtol=1e-12)
    # What is left of triplets of a range of 3 sites falls off with its square over l_B².
    np.testing.assert_allclose(crossover(0.3), crossover(math.inf), rtol=0.02)


def test_spins_of_a_narrow_strip_do_not_relax():
    # Width × kappa = 0.2: relaxation is slower by its square over 12 (Kettemann 2007), so that
    # 90 sites are 0.5 spin lengths; in a strip as wide as the spin precession length they are 9.
    narrow = rectangle_crossover(FLUX, 90.0, 2.0, 5.0, precession=0.1)
    plain = rectangle_crossover(FLUX, 90.0, 2.0, 5.0)
    np.testing.assert_allclose(narrow, plain, rtol=0.1)
    assert (crossover(0.1)[:1] < 0).all()


def sample(flux: float, term: qt.Ando | qt.Rashba | None = None) -> qt.Wire:
    terms = () if term is None else (term,)
    return qt.Wire(qt.Square(10), qt.Box(4.0), flux=flux, terms=terms)


def change(term, flux: float) -> tuple[float, float]:
    """Return the change in the field of all crossed diagrams, per spin, and l."""
    without, within = (one_loop(sample(field, term), 1.3, 14) for field in (0.0, flux))
    spins = 1 if term is None else 2
    channels = qt.open_channels(sample(0.0, term), 1.3)
    path = 14 / (channels / without.classical - 1)
    return (within.correction - without.correction) / spins, path


@pytest.mark.parametrize("term", [None, qt.Ando(0.3)])
def test_crossed_diagrams_conserve_current(term):
    found = one_loop(sample(0.005, term), 1.3, 10)
    assert found.correction == pytest.approx(-found.reflected, abs=1e-6)


@pytest.mark.physics
@pytest.mark.parametrize(
    ("term", "precession"),
    [
        (None, 0.0),
        pytest.param(qt.Ando(0.05), 0.1, marks=pytest.mark.slow),
        (qt.Ando(0.1), 0.2),
        (qt.Rashba(math.tan(0.15)), 0.3),
    ],
)
@pytest.mark.first_cases(2)
def test_the_cooperon_is_the_sum_of_all_crossed_diagrams(term, precession):
    flux = 0.009
    exact, path = change(term, flux)
    found = rectangle_crossover(np.array([flux * 140]), 14, 10, path, precession=precession)[0]
    plain = rectangle_crossover(np.array([flux * 140]), 14, 10, path)[0]
    # l = 3.3, l' = 2.1, l_B = 3: diffusion is at its end, and yet right to a few per cent of the
    # change without coupling.
    assert found == pytest.approx(exact, abs=0.06 * plain)


@pytest.mark.physics
def test_where_spins_forget_within_l_half_of_it_is_left_with_the_other_sign():
    flux = 0.009
    exact, path = change(qt.Ando(math.pi / 6), flux)
    geometry = (np.array([flux * 140]), 14, 10, path)
    gone = rectangle_crossover(*geometry, precession=math.inf)[0]
    # What triplets still do within one flight, 2 l / pi.
    left = rectangle_crossover(*geometry, phase_length=2 * path / math.pi)[0]
    assert gone == pytest.approx(exact, abs=left + 0.06 * abs(gone))


@pytest.mark.physics
@pytest.mark.further
def test_all_crossed_diagrams_are_the_cooperon_in_squares_of_eight_paths_and_not_of_four():
    # l = 1.8: L = 9 l, l_B = 4.4 and 2.8 l'. Shorter squares fall below, as `crossover` says.
    for strength, low, high in ((5.2, 0.98, 1.03), (3.5, 0.88, 0.93)):
        wire = qt.Wire(qt.Square(16), qt.Box(strength))
        none = one_loop(wire, 1.04, 16)
        path = 16 / (qt.open_channels(wire, 1.04) / none.classical - 1)
        for quanta in (0.8, 2.0):
            within = replace(wire, flux=quanta / 256)
            exact = one_loop(within, 1.04, 16).correction - none.correction
            found = rectangle_crossover(np.array([quanta]), 16, 16, path)[0]
            assert low < exact / found < high
