"""What comes back from samples of a rectangle in a field whose truth is known."""

import math

import numpy as np
import pytest

import qtcore as qt
from qtcore.estimate import Missing, field_change, fit_film, fit_phase_length, fit_size, mean
from qtcore.theory.crossover import crossover
from qtcore.theory.magnetoconductance import hikami_larkin_nagaoka
from qtcore.theory.rectangle import DiffusiveRectangle

FLUX = np.array([0.0, 5e-4, 1e-3, 2.5e-3, 5.5e-3])


def rectangle(width, length, disorder, energy, *terms, probes=0.0):
    wire = qt.Wire(qt.Square(width), qt.Box(disorder), terms=terms)
    return DiffusiveRectangle(wire, energy, length, probes)


WIRE = rectangle(30, 90, 2.0, 0.6)
ANDO = rectangle(30, 90, 2.0, 0.6, qt.Ando(0.5))
PROBED = rectangle(16, 16, 4.0, 1.0, probes=0.02)


def samples(one, change, noise, count=400):
    """Samples of g = (1.5 + change) × spins; most of the noise is common to all fields."""
    rng = np.random.default_rng(11)
    common = rng.normal(0, 0.3, (count, 1))
    own = rng.normal(0, noise, (count, len(FLUX))) * np.sqrt(FLUX / FLUX[-1])
    return (1.5 + change + common + own) * one.spins


def law(one, phase_length=math.inf):
    """The change by theory with the l that g of 1.55 in the strongest field has."""
    path = one.length / (one.channels(FLUX)[-1] / 1.55 - 1)
    turn = one.precession
    return crossover(
        FLUX, one.length, one.width, path, precession=turn, phase_length=phase_length, g=1.55
    )


def size_of(found):
    held = found.held
    return fit_size(found.change, found.cooperon, found.rest, held)


def test_common_disorder_leaves_a_change_a_small_error():
    found = field_change(WIRE, FLUX, samples(WIRE, law(WIRE), 0.05))
    assert np.isnan(found.change.values[0])
    assert (found.change.error[1:] < 0.3 * found.g.error[1:]).all()
    assert found.change.values[1:] == pytest.approx(law(WIRE)[1:], abs=0.01)
    assert float(found.var_g) == pytest.approx(0.09, abs=0.02)
    # Two contacts and the sample in series.
    N = WIRE.channels(FLUX)
    assert found.sigma.values == pytest.approx(3 / (1 / found.g.values - 1 / N))
    assert float(found.path) == pytest.approx(90 / (N[-1] / found.g.values[-1] - 1))


def test_the_correction_of_a_wire_comes_back():
    found = field_change(WIRE, FLUX, samples(WIRE, law(WIRE), 0.3))
    size, left_out = size_of(found)
    # Fields with errors of 0.005 to 0.015; l moves the truth by one per cent.
    assert 0.015 < size.error < 0.09
    assert abs(float(size) - 1) < 3 * size.error + 0.015
    # All of what is left out, as a part of the changes that count.
    here = found.held
    parts = found.rest[here] / np.abs(found.cooperon[here])
    assert parts.min() <= left_out <= parts.max()


def test_with_spin_orbit_coupling_half_of_g_counts_and_the_sign_is_reversed():
    found = field_change(ANDO, FLUX, samples(ANDO, law(ANDO), 0.3))
    assert ANDO.strength == -0.5
    assert found.g.values[0] == pytest.approx(1.5, abs=0.05)
    assert law(ANDO)[-1] < 0
    assert found.change.values[-1] == pytest.approx(law(ANDO)[-1], abs=0.05)


def test_where_theory_holds_does_not_depend_on_what_was_measured():
    g = samples(WIRE, law(WIRE), 0.05)
    held = [field_change(WIRE, FLUX, factor * g).held for factor in (0.5, 1.0, 2.0)]
    assert held[0].tolist() == held[1].tolist() == held[2].tolist()
    assert held[0].tolist() == [False, True, True, False, False], "above them l_B < l"


def test_fields_without_samples_are_no_numbers():
    g = samples(WIRE, law(WIRE), 0.05)
    g[:, 2] = np.nan
    found = field_change(WIRE, FLUX, g)
    for numbers in (found.g.values, found.change.values, found.cooperon, found.rest):
        assert np.isnan(numbers[2])
    assert found.held[2], "theory holds there all the same"
    assert size_of(found)[0].counts == 400, "of the other fields"


def test_a_phase_length_comes_back():
    found = field_change(PROBED, FLUX, samples(PROBED, law(PROBED, 6.0), 0.05))
    path, g = float(found.path), found.g.values
    length, left_out = fit_phase_length(PROBED, FLUX, found.change, found.rest, path, g)
    assert 0.1 < length.error < 1.0
    assert abs(float(length) - 6.0) < 3 * length.error
    assert 0 < left_out < 3.0
    # Without probes nothing limits the loops.
    assert (found.coherent[1:] > found.cooperon[1:]).all()


def test_what_theory_leaves_open_in_a_phase_length_is_what_a_larger_change_makes_of_it():
    found = field_change(PROBED, FLUX, samples(PROBED, law(PROBED, 6.0), 0.05))
    path, g = float(found.path), found.g.values
    relative = PROBED.relative_error(path, g[-1])
    length, left_out = fit_phase_length(PROBED, FLUX, found.change, found.rest, path, g)
    more = found.change * (1 + 0.01 * relative)
    longer, _ = fit_phase_length(PROBED, FLUX, more, found.rest, path, g)
    assert 100 * float(longer - length) == pytest.approx(left_out, rel=0.1)


def film(count, seed=5):
    flux = np.array([1e-4, 3e-4, 1e-3, 3e-3, 1e-2])
    rng = np.random.default_rng(seed)
    noise = 0.03 * (rng.standard_normal((count, 5)) + rng.standard_normal((count, 1)))
    return flux, mean(-0.5 * hikami_larkin_nagaoka(flux, 25.0) + noise)


def test_a_film_has_the_length_and_the_amplitude_that_made_it():
    found = fit_film(*film(1000))
    assert (found.error < [2.0, 0.03]).all()
    assert (np.abs(found.values - [25.0, -0.5]) < 3 * found.error).all()


def test_nothing_to_fit_is_said():
    flux, change = film(400)
    with pytest.raises(Missing, match="more realizations or stronger fields"):
        fit_film(flux, 0.01 * change - 0.01 * change.values)
    with pytest.raises(Missing, match="at least 4 fields other than zero, got 3"):
        fit_film(flux[:3], change[:3])
    with pytest.raises(Missing, match="none of the 5 numbers of a size has a value"):
        fit_size(change, np.ones(5), np.ones(5), np.zeros(5, dtype=bool))
