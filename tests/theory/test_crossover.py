"""Theory of a change in the field, and what it leaves out, against its limits and solved samples."""

import math

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.crossover import (
    NEXT_ORDER,
    change_and_rest,
    crossover,
    holds,
    magnetic_length,
    relative_error,
    transport_path,
    whole_crossover,
)
from qtcore.theory.dmpk import conductance_moments
from qtcore.theory.rectangle import DiffusiveRectangle

FLUX = np.array([2e-4, 1e-3])
PATH = 9.0
SHAPE = (80, 40, PATH)
RASHBA, ANDO = 2 * math.atan(0.05), math.pi / 3


def test_magnetic_length_is_that_of_two_electrons():
    # One flux quantum h/2e through 2 pi l_B².
    assert magnetic_length(np.array(1e-3)) ** 2 == pytest.approx(1 / (2e-3 * 2 * math.pi))
    assert magnetic_length(np.array(-1e-3)) == magnetic_length(np.array(1e-3))


def test_triplets_live_where_a_flight_turns_the_spin_by_less_than_one():
    plain, rashba, ando = (crossover(FLUX, *SHAPE, precession=p) for p in (0.0, RASHBA, ANDO))
    np.testing.assert_allclose(ando, -plain / 2, rtol=1e-12)
    assert (rashba > ando).all(), "triplets count against the singlet"
    assert rashba[0] < 0 < plain[0]


def test_the_correction_of_a_wire_is_what_a_strong_field_takes():
    share = (800 / 809) ** 2
    assert whole_crossover(800, 40, PATH) == pytest.approx(share / 3, rel=0.12)
    # k l' = 10; a fifth of 2/30 and half of 9/809 are small beside it.
    crossings = 1 / (math.sqrt(4 - 0.98) * transport_path(PATH))
    assert relative_error(800, PATH, energy=0.98, g=5.0) == pytest.approx(crossings, rel=0.02)
    assert relative_error(800, PATH, energy=0.98, g=0.1) == pytest.approx(2 / 3, rel=0.02)


def test_the_next_order_is_that_of_long_wires():
    # DMPK: what a field takes from g, over a third, falls short of one by this.
    g, s = 10.0, 99.0
    classes = [conductance_moments(np.array([s]), (1 + s) * g, beta).mean[0] for beta in (1, 2)]
    share = (s / (1 + s)) ** 3
    assert 1 - (classes[1] - classes[0]) / (share / 3) == pytest.approx(NEXT_ORDER / g, rel=0.1)


def test_theory_holds_in_long_wide_samples_and_weak_fields():
    field = 1 / (4 * math.pi * PATH**2)
    assert holds(np.array([0.9, 1.1]) * field, 80, 40, PATH).tolist() == [True, False]
    assert not holds(np.array([0.9 * field]), 80, 40, 11.0).any(), "80 sites are less than 8 l"
    assert not holds(np.array([0.9 * field]), 80, 20, PATH).any(), "less than 4 l' wide"


def rest(precession=0.0, channels=(27.0, 27.0, 27.0)):
    g, shape = np.full(3, 3.0), {"length": 80, "width": 40, "energy": 0.98}
    flux = np.append(0, FLUX)
    return change_and_rest(flux, PATH, g, np.array(channels), precession=precession, **shape)[1]


def test_what_is_left_out_grows_where_theory_ends():
    plain, rashba, ando = rest(), rest(RASHBA), rest(ANDO)
    assert plain[0] == rashba[0] == ando[0] == 0, "nothing changes without a field"
    assert (np.diff(plain) > 0).all()
    # Ando's triplets as two cooperons of range l', halved, beside half of the other estimates.
    gone = crossover(FLUX, *SHAPE, phase_length=transport_path(PATH))
    assert (ando[1:] > gone).all()
    assert (rashba[1:] < plain[1:] + gone + np.abs(crossover(FLUX, *SHAPE))).all()
    closed = rest(channels=(27.0, 27.0, 26.0))
    assert closed[2] - plain[2] == pytest.approx(9 / 26 - 9 / 27)


@pytest.mark.physics
@pytest.mark.parametrize(
    ("width", "length", "disorder", "energy", "term", "count"),
    [
        (24, 72, 1.8, 1.03, None, 8000),
        pytest.param(32, 32, 2.8, 1.03, None, 8000, marks=pytest.mark.slow),
        (16, 48, 2.0, 1.01, qt.Rashba(0.06), 2000),
        (16, 48, 2.0, 0.95, qt.Ando(math.pi / 6), 2000),
    ],
)
@pytest.mark.first_cases(1)
def test_solved_samples_agree_within_what_is_left_out(width, length, disorder, energy, term, count):
    terms = () if term is None else (term,)
    flux = np.array([0.0, 0.6, 1.2]) / (width * length)
    found = []
    for field in flux:
        wire = qt.Wire(qt.Square(width), qt.Box(disorder), flux=float(field), terms=terms)
        logarithms = qt.ln_conductance(wire, energy, (length,), range(count), 3)
        found.append(np.exp(logarithms[:, 0]) / (1 + len(terms)))
    still = qt.Wire(qt.Square(width), qt.Box(disorder), terms=terms)
    rectangle = DiffusiveRectangle(still, energy, length)
    g = np.mean(found, axis=1)
    path = length / (rectangle.channels(flux)[-1] / g[-1] - 1)
    changes = np.stack(found[1:]) - found[0]
    errors = changes.std(axis=1) / math.sqrt(count)
    _, missing = rectangle.change(flux, path, g)
    expected = crossover(flux[1:], length, width, path, precession=rectangle.precession)
    plain = crossover(flux[1:], length, width, path)
    assert (missing[1:] < 0.4 * plain).all(), "a theory, not a guess"
    assert (errors < 0.003).all()
    deviation = np.abs(changes.mean(axis=1) - expected)
    assert (deviation < missing[1:] + 3 * errors).all()
