"""Theory of a change in the field, and what it leaves out, against solved samples."""

import math
from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore.analysis.crossover import (
    NEXT_ORDER,
    crossover,
    holds,
    left_out,
    magnetic_length,
    relative_error,
    transport_path,
    whole_crossover,
)
from qtcore.analysis.rectangles import Sample
from qtcore.theory.dmpk import conductance_moments

PLAIN = Sample(40, 80, disorder=2.0, energy=0.98)
RASHBA = Sample(40, 80, disorder=2.0, energy=0.98, rashba=0.05)
ANDO = Sample(40, 80, disorder=2.0, energy=0.98, ando=math.pi / 6)
FLUX = np.array([2e-4, 1e-3])
PATH = 9.0


def test_magnetic_length_is_that_of_two_electrons():
    # One flux quantum h/2e through 2 pi l_B².
    assert magnetic_length(np.array(1e-3)) ** 2 == pytest.approx(1 / (2e-3 * 2 * math.pi))


def test_the_spin_turns_as_the_hamiltonian_says():
    assert RASHBA.precession == pytest.approx(0.1, rel=1e-3)
    assert ANDO.precession == pytest.approx(math.pi / 3)
    assert (PLAIN.spins, RASHBA.spins, ANDO.spins) == (1, 2, 2)


def test_triplets_live_where_a_flight_turns_the_spin_by_less_than_one():
    plain, rashba, ando = (crossover(s, FLUX, PATH) for s in (PLAIN, RASHBA, ANDO))
    np.testing.assert_allclose(ando, -plain / 2, rtol=1e-12)
    assert (rashba > ando).all(), "triplets count against the singlet"
    assert rashba[0] < 0 < plain[0]


def test_the_correction_of_a_wire_is_what_a_strong_field_takes():
    wire = Sample(40, 800, disorder=2.0, energy=0.98)
    share = (800 / 809) ** 2
    assert whole_crossover(wire, PATH) == pytest.approx(share / 3, rel=0.12)
    # k l' = 10; a fifth of 2/30 and half of 9/809 are small beside it.
    crossings = 1 / (math.sqrt(4 - 0.98) * transport_path(PATH))
    assert relative_error(wire, PATH, 5.0) == pytest.approx(crossings, rel=0.02)
    assert relative_error(wire, PATH, 0.1) == pytest.approx(2 / 3, rel=0.02)


def test_the_next_order_is_that_of_long_wires():
    # DMPK: what a field takes from g, over a third, falls short of one by this.
    g, s = 10.0, 99.0
    classes = [conductance_moments(np.array([s]), (1 + s) * g, beta).mean[0] for beta in (1, 2)]
    share = (s / (1 + s)) ** 3
    assert 1 - (classes[1] - classes[0]) / (share / 3) == pytest.approx(NEXT_ORDER / g, rel=0.1)


def test_theory_holds_in_long_wide_samples_and_weak_fields():
    field = 1 / (4 * math.pi * PATH**2)
    assert holds(PLAIN, np.array([0.9 * field, 1.1 * field]), PATH).tolist() == [True, False]
    assert not holds(PLAIN, np.array([0.9 * field]), 11.0).any(), "80 sites are less than 8 l"
    narrow = Sample(20, 80, disorder=2.0, energy=0.98)
    assert not holds(narrow, np.array([0.9 * field]), PATH).any(), "less than 4 l' wide"


def test_what_is_left_out_grows_where_theory_ends():
    channels, g = np.full(3, 27.0), np.full(3, 3.0)
    plain, rashba, ando = (left_out(s, FLUX, PATH, g, channels) for s in (PLAIN, RASHBA, ANDO))
    assert (np.diff(plain) > 0).all()
    # Ando's triplets as two cooperons of range l', halved, beside half of the other estimates.
    gone = crossover(PLAIN, FLUX, PATH, transport_path(PATH))
    assert (ando > gone).all()
    assert (rashba < plain + gone + np.abs(crossover(PLAIN, FLUX, PATH))).all()
    closed = left_out(PLAIN, FLUX, PATH, g, np.array([27.0, 27.0, 26.0]))
    assert closed[1] - plain[1] == pytest.approx(9 / 26 - 9 / 27)


@pytest.mark.physics
@pytest.mark.parametrize(
    ("sample", "count"),
    [
        (Sample(24, 72, disorder=1.8, energy=1.03), 8000),
        (Sample(32, 32, disorder=2.8, energy=1.03), 8000),
        (Sample(16, 48, disorder=2.0, energy=1.01, rashba=0.06), 2000),
        (Sample(16, 48, disorder=2.0, energy=0.95, ando=math.pi / 6), 2000),
    ],
)
def test_solved_samples_agree_within_what_is_left_out(sample, count):
    flux = np.array([0.6, 1.2]) / (sample.width * sample.length)
    found, channels = [], []
    for field in (0.0, *flux):
        wire = sample.wire(float(field))
        logarithms = qt.ln_conductance(wire, sample.energy, (sample.length,), range(count), 3)
        found.append(np.exp(logarithms[:, 0]) / sample.spins)
        channels.append(qt.open_channels(wire, sample.energy) / sample.spins)
    g = np.mean(found, axis=1)
    path = sample.length / (channels[-1] / g[-1] - 1)
    changes = np.stack(found[1:]) - found[0]
    errors = changes.std(axis=1) / math.sqrt(count)
    expected = crossover(sample, flux, path)
    missing = left_out(sample, flux, path, g, np.array(channels))
    plain = crossover(replace(sample, ando=0.0, rashba=0.0), flux, path)
    assert (missing < 0.4 * plain).all(), "a theory, not a guess"
    assert (errors < 0.003).all()
    deviation = np.abs(changes.mean(axis=1) - expected)
    assert (deviation < missing + 3 * errors).all()
