"""Pictures of what goes on inside: the numbers of the solvers, and no others."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

from .drawn import lines, parts, places

ENERGY, LENGTH, SEED = 0.4, 8, 5

WIRES = {
    "strip": qt.Wire(qt.Square(4), qt.Box(1.0)),
    "in a field": qt.Wire(qt.Square(4), qt.Box(1.0), flux=0.03),
    "cylinder": qt.Wire(qt.Square(5, periodic=True), qt.Box(1.0)),
    "ribbon with vacancies": qt.Wire(qt.Honeycomb(4), qt.Vacancies(0.05)),
    "with spin": qt.Wire(qt.Square(3), qt.Box(1.0), terms=[qt.Rashba(0.3)]),
    "bar": qt.Wire(qt.Cubic(2, 3), qt.Box(1.0)),
}


def on_sites(values, orbitals):
    return values.reshape(-1, orbitals).sum(axis=1)


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_drawn_currents_are_those_of_the_solver(wire):
    figure = qt.plot.currents(wire, ENERGY, LENGTH, realization=2, seed=SEED)
    sample = qt.sample_with_leads(wire, ENERGY, LENGTH, [2], SEED)
    N = sample.leads.left.channels
    flow = observe.bond_currents(sample, observe.scattering_states(sample)[..., :N])
    k, M = wire.orbitals, wire.width
    expected = {}
    for values, ends, ahead in (
        (flow.within, flow.within_ends, 0),
        (flow.along, flow.along_ends, 1),
    ):
        for n in range(len(values)):
            for current, (a, b) in zip(values[n, 0], ends.T, strict=True):
                first, second = n * M + a // k, (n + ahead) * M + b // k
                expected[first, second] = expected.get((first, second), 0.0) + current
    drawn = np.asarray(parts(figure)["currents"].get_array())
    gone = np.abs(wire.onsite(2, range(LENGTH), SEED).ravel()) > 2**10
    known = [abs(one) for (a, b), one in expected.items() if not (gone[a] or gone[b])]
    wraps = len(drawn) - len(known)  # a bond around a tube has two lines
    assert wraps == (LENGTH if wire.lattice.wraps() else 0)
    assert max(drawn) == pytest.approx(max(known), rel=1e-12)
    if not wraps:
        np.testing.assert_allclose(np.sort(drawn), np.sort(known), atol=1e-12)
    g = observe.caroli(sample)[0]
    assert f"g = {g:.4g} e²/h" in figure.axes[0].get_title(loc="left")


def test_what_flows_through_every_slice_of_the_picture_is_g():
    wire = WIRES["strip"]
    currents = parts(qt.plot.currents(wire, ENERGY, LENGTH, seed=SEED))["currents"]
    heads = parts(qt.plot.currents(wire, ENERGY, LENGTH, seed=SEED))["arrows"].get_paths()
    middle = lines(currents).mean(axis=1)
    size = np.asarray(currents.get_array())
    g = observe.caroli(qt.sample_with_leads(wire, ENERGY, LENGTH, [0], SEED))[0]
    forward = {}
    for path in heads:
        tip, *back = path.vertices[:3]
        at = np.round(((tip + np.mean(back, axis=0)) / 2) * 2) / 2
        forward[tuple(at)] = np.sign((tip - np.mean(back, axis=0))[0])
    for n in range(LENGTH - 1):
        crossing = np.isclose(middle[:, 0], n + 0.5)
        signed = [
            forward.get(tuple(place), 0.0) * value
            for place, value in zip(middle[crossing], size[crossing], strict=True)
        ]
        # Arrows leave out currents below an eighth of the largest one.
        assert sum(signed) == pytest.approx(g, abs=4 * 0.12 * size.max())
        assert sum(signed) > 0


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_drawn_densities_are_those_of_the_solver(wire):
    sample = qt.sample_with_leads(wire, ENERGY, LENGTH, [1], SEED)
    there = np.abs(wire.onsite(1, range(LENGTH), SEED).ravel()) < 2**10
    at = {"realization": 1, "seed": SEED}
    figure = qt.plot.density(wire, ENERGY, LENGTH, **at)
    local = on_sites(observe.local_density_of_states(sample)[:, 0], wire.orbitals)
    np.testing.assert_allclose(parts(figure)["sites"].get_array(), local[there], atol=1e-10)
    left, right = (
        np.asarray(
            parts(qt.plot.density(wire, ENERGY, LENGTH, lead=lead, **at))["sites"].get_array()
        )
        for lead in ("left", "right")
    )
    np.testing.assert_allclose(left + right, local[there], atol=1e-8)
    psi = observe.scattering_states(sample)[:, 0, :, 0]
    state = parts(qt.plot.state(wire, ENERGY, LENGTH, **at))["sites"].get_array()
    np.testing.assert_allclose(state, on_sites(np.abs(psi) ** 2, wire.orbitals)[there], atol=1e-12)


def test_an_open_sample_is_drawn_as_the_wire_that_it_is_of():
    wire = WIRES["strip"]
    sample = qt.sample_with_leads(wire, ENERGY, LENGTH, [4, 6], SEED)
    one = parts(qt.plot.currents(sample, realization=1))["currents"].get_array()
    other = parts(qt.plot.currents(wire, ENERGY, LENGTH, realization=6, seed=SEED))["currents"]
    np.testing.assert_array_equal(one, other.get_array())
    shown = parts(qt.plot(sample, realization=1))["sites"].get_array()
    np.testing.assert_array_equal(shown, wire.onsite(6, range(LENGTH), SEED).ravel())


@pytest.mark.parametrize("lead", ["left", "top 2", None])
def test_currents_of_a_hall_bar_are_those_of_its_states(lead):
    bar, energy = qt.HallBar(5, (2, 8), 3, qt.Box(0.5), flux=0.02), -1.5
    figure = qt.plot.currents(bar, energy, 13, lead=lead, seed=SEED)
    states = observe.terminal_states(bar, energy, 13, 0, SEED)
    expected = np.abs(states.currents(lead or "left").current)
    drawn = parts(figure)["currents"].get_array()
    np.testing.assert_allclose(np.sort(drawn), np.sort(expected), atol=1e-14)
    density = sum(states.density(name) for name in states.leads).ravel()
    shown = parts(qt.plot.density(bar, energy, 13, seed=SEED))["sites"]
    np.testing.assert_allclose(shown.get_array(), density)
    np.testing.assert_allclose(places(shown)[:, 1], np.tile(np.arange(5), 13))


def test_many_currents_have_arrows_on_patches():
    figure = qt.plot.currents(qt.Wire(qt.Square(30), qt.Box(1.0)), 0.5, 60)
    found = parts(figure)
    assert "arrows" not in found
    axes = figure.axes[0]
    quivers = [one for one in axes.collections if hasattr(one, "U")]
    assert len(quivers) == 1
    assert 50 < len(quivers[0].U) < 3000
    assert np.sum(quivers[0].U) > 0  # from the left


STRIP = qt.Wire(qt.Square(4), qt.Box(1.0))


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: qt.plot.currents(STRIP, 5.0, 8), r"outside the bands.*from -3.618 to 3.618"),
        (lambda: qt.plot.density(qt.HallBar(5, (2, 8), 3), 4.5), r"outside the bands.*'top 1'"),
        (lambda: qt.plot.bands(STRIP, 5.0), r"outside all bands.*from -3.618 to 3.618"),
        (lambda: qt.plot.density(STRIP), "give the energy"),
        (lambda: qt.plot.density(STRIP, np.nan), "energy"),
        (lambda: qt.plot.density(STRIP, 0.4, 0), "length"),
        (
            lambda: qt.plot.currents(STRIP, 0.4, 8, lead="top"),
            "lead must be one of 'left', 'right'",
        ),
        (lambda: qt.plot.state(STRIP, 0.4, 8, mode=9), "mode must be a number from 0 to 2"),
        (lambda: qt.plot.density(STRIP, 0.4, 8, realization=-1), "realization"),
        (
            lambda: qt.plot.density(qt.sample_with_leads(STRIP, 0.4, 8, [0], 1), realization=1),
            "from 0 to 0",
        ),
        (
            lambda: qt.plot.density(qt.sample_with_leads(STRIP, 0.4, 8, [0], 1), 0.5),
            "solved at 0.4",
        ),
        (lambda: qt.plot(qt.sample_with_leads(STRIP, 0.4, 8, [0], 1), 9), "has 8 slices"),
    ],
)
def test_bad_input_is_refused_with_what_is_allowed(draw, said):
    with pytest.raises(qt.InputError, match=said):
        draw()
