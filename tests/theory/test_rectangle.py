"""What is known of a rectangle before anything is measured, against independent numbers."""

import math

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.born import rates_of_wire, scattering_rates
from qtcore.theory.crossover import magnetic_length
from qtcore.theory.diffusion import golden_rule_wire
from qtcore.theory.dmpk import conductance_moments
from qtcore.theory.rectangle import slope_of_squares
from qtcore.theory.universal import diffusive_variance, universal_variance

FLUX = np.array([0.0, 2e-4, 5e-4, 9e-4, 2.2e-3, 5.5e-3])


def rectangle(width, length, disorder=2.0, energy=0.6, *terms, probes=0.0):
    wire = qt.Wire(qt.Square(width), qt.Box(disorder), terms=terms)
    return qt.DiffusiveRectangle(wire, energy, length, probes)


WIRE = rectangle(30, 90)


def test_the_spin_turns_as_the_hamiltonian_says():
    rashba = rectangle(30, 90, 2.0, 0.6, qt.Rashba(0.05))
    ando = rectangle(30, 90, 2.0, 0.6, qt.Ando(math.pi / 6))
    assert rashba.precession == pytest.approx(0.1, rel=1e-3)
    assert ando.precession == pytest.approx(math.pi / 3)
    assert [one.spins for one in (WIRE, rashba, ando)] == [1, 2, 2]
    assert [one.strength for one in (WIRE, rashba, ando)] == [1.0, -0.5, -0.5]
    assert [one.coupling for one in (WIRE, rashba, ando)] == ["plain", "Rashba", "Ando"]


def test_probes_set_the_phase_length():
    # physics: D = 34.5 sites² t/ħ at E = 1, W = 1, and falls with W².
    assert qt.diffusion_constant(1.0, 1.0) == pytest.approx(34.5, abs=0.05)
    probed = rectangle(16, 16, 4.0, 1.0, probes=0.02)
    assert probed.phase_length == pytest.approx(math.sqrt(34.5 / 16 / 0.04), rel=2e-3)
    assert WIRE.phase_length == math.inf
    kinds = [one.kind for one in (WIRE, rectangle(16, 16), probed)]
    assert kinds == ["wire", "square", "probed"]


def test_rates_of_a_wire_without_spin_are_those_of_its_strip():
    for flux in (0.0, 1e-3):
        wire = qt.Wire(qt.Square(12), qt.Box(1.0), flux=flux)
        one = rates_of_wire(wire, 0.6, 1.0)
        other = scattering_rates(qt.Square(12), 0.6, 1.0, flux)
        for name in ("right", "left", "back"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9)


def test_a_spin_that_nothing_turns_doubles_the_channels_and_keeps_the_path():
    plain = rates_of_wire(qt.Wire(qt.Square(6), qt.Box(1.0)), 0.6, 1.0)
    # A Zeeman field too weak to matter gives the wire a spin.
    wire = qt.Wire(qt.Square(6), qt.Box(1.0), terms=(qt.Zeeman(bz=1e-9),))
    both = rates_of_wire(wire, 0.6, 1.0)
    assert both.channels == 2 * plain.channels
    assert both.mean_free_path == pytest.approx(plain.mean_free_path, rel=1e-6)
    assert golden_rule_wire(both) == pytest.approx(golden_rule_wire(plain), rel=1e-6)


@pytest.mark.physics
def test_rates_with_spin_are_what_short_wires_reflect():
    # <sum R> = N L / l for L << l: 0.5 l / 100 of the incoming waves, in second order.
    wire = qt.Wire(qt.Square(6), qt.Box(0.2), terms=(qt.Ando(0.5),))
    rates = rates_of_wire(wire, 0.6, 0.2)
    g = np.exp(qt.ln_conductance(wire, 0.6, (8,), range(4000), 5))[:, 0]
    lost, error = rates.channels - g.mean(), g.std() / math.sqrt(len(g))
    assert error < 0.02 * lost
    assert lost == pytest.approx(rates.channels * 8 / rates.mean_free_path, rel=0.04)


def test_where_theory_holds_follows_from_the_golden_rule():
    held = WIRE.holds(FLUX)
    path = scattering_rates(qt.Square(30), 0.6, 2.0).mean_free_path
    assert WIRE.mean_free_path == pytest.approx(path)
    assert held.tolist() == [False, *(magnetic_length(FLUX[1:]) >= path)]
    assert not rectangle(30, 50).holds(FLUX).any(), "50 sites are less than 8 l"


def test_a_field_that_does_nothing_or_makes_edge_states_needs_no_samples():
    # 2700 plaquettes: 0.03 h/e is too little, and 0.02 bends orbits of 15 sites.
    assert [WIRE.feels(flux) for flux in (1e-5, 1e-3, 0.02)] == [False, True, False]
    assert [WIRE.realizations(flux, 0.01) for flux in (1e-5, 0.02)] == [0, 0]
    count = WIRE.realizations(1e-3, 0.01)
    assert count == WIRE.realizations(0.0, 0.01) == 2053
    assert WIRE.change_error(count) == pytest.approx(0.01, rel=1e-3)
    probed = rectangle(16, 16, 3.0, 1.0, probes=0.05)
    assert probed.change_error(100) < rectangle(16, 16, 3.0, 1.0).change_error(100) / 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: rectangle(16, 16, probes=-0.1), r"eta of the probes must be >= 0 .*-0.1"),
        (lambda: rectangle(16, 16, 2.0, 0.6, qt.QWZ(1.0)), r"knows Ando.* got QWZ"),
        (lambda: WIRE.realizations(0.0, 0.0), "numbers > 0 .* got 0.0"),
        (lambda: WIRE.realizations(-1e-3, 0.1), "g is even in the field; got .*-0.001"),
        (
            lambda: qt.DiffusiveRectangle(qt.Wire(qt.Square(8), qt.Gaussian(1.0)), 0.6, 8),
            r"takes Square\(...\) with Box\(...\), got Wire",
        ),
        (lambda: rates_of_wire(qt.Wire(qt.Square(4)), 0.6, 0.0), "strength must be > 0"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, words):
    with pytest.raises(qt.InputError, match=words):
        wrong()


def test_channels_are_counted_per_spin_and_none_is_no_number():
    ando = rectangle(12, 12, 3.0, 1.22, qt.Ando(math.pi / 6))
    wire = qt.Wire(qt.Square(12), qt.Box(3.0), flux=1e-3, terms=(qt.Ando(math.pi / 6),))
    assert ando.channels([1e-3])[0] == qt.open_channels(wire, 1.22) / 2
    # Above the last Landau level nothing is open.
    gap = rectangle(12, 12, 3.0, 3.85).channels([0.0, 0.05])
    assert gap[0] > 0
    assert np.isnan(gap[1])


def test_the_variance_is_universal_in_long_wires_up_to_orders_that_are_stated():
    value, left_out = diffusive_variance(4000, 40, 20.0, 20.0, 1e4)
    assert value == pytest.approx(universal_variance(1, 4020 / 40), rel=0.01)
    assert value == pytest.approx(2 / 15, rel=0.01)
    assert left_out < 0.01 * value
    # In wires with few channels the orders in 1/g are those of DMPK.
    few, _ = diffusive_variance(4000, 40, 20.0, 20.0, 400)
    moments = conductance_moments(np.array([200.0]), 400, 1)
    assert few == pytest.approx(float(moments.variance[0]), rel=0.01)
    short, band = diffusive_variance(90, 30, 8.5, 8.7, 23)
    assert 0.05 * short < band < 0.1 * short


def test_the_golden_rule_says_l_with_what_crossings_and_loops_leave_out():
    path, band = WIRE.path_in_field()
    assert path == pytest.approx(golden_rule_wire(scattering_rates(qt.Square(30), 0.6, 2.0))[0])
    # 1 / (k l') = 0.1, and 30/90/pi over g = 2.
    assert band / path == pytest.approx(0.101 + 0.054, abs=0.003)


def test_squares_without_a_field_differ_by_a_logarithm():
    squares = [rectangle(M, M, 3.0, 1.0) for M in (48, 96)]
    path, ones = np.full(2, 4.5), np.ones((2, 3))
    # In the last field all loops that diffuse are closed.
    change = np.array([[0, 0, one.loops(4.5)] for one in squares])
    held = np.array([[0, 1, 0], [0, 1, 1]])
    slope, left_out, compared = slope_of_squares(squares, path, 50 * ones, 50 * ones, change, held)
    assert slope[0] == pytest.approx(-1 / math.pi, rel=0.12), "leads and the grid of the cooperon"
    assert abs(slope[2]) < 1e-12
    assert left_out == pytest.approx(squares[0].relative_error(4.5, 50.0) * abs(slope[0]))
    assert compared.tolist() == [True, True, False], "no field, and the strongest of both"
