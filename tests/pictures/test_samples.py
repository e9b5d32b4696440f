"""Pictures of samples: what is drawn is what the wire is made of."""

import numpy as np
import pytest

import qtcore as qt

from .drawn import lines, parts, places

LENGTH = 6

LATTICES = {
    "strip": qt.Square(4),
    "zigzag": qt.Honeycomb(3),
    "armchair": qt.Honeycomb(4, "armchair"),
    "custom": qt.Custom([[0, 1], [1, 0]], [[1, 0.3], [0, 1]], [[0, 0], [0.2, 1.5]], period=1.3),
}


def site_places(lattice, length=LENGTH):
    one = lattice.positions()[:, :2]
    return np.concatenate([one + np.array([n * lattice.period, 0]) for n in range(length)])


@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
def test_every_site_and_every_bond_is_drawn_once(lattice):
    found = parts(qt.plot(qt.Wire(lattice), LENGTH))
    np.testing.assert_allclose(places(found["sites"]), site_places(lattice))
    bonds = lattice.bonds()
    inside, ahead = (int((bonds.ahead == step).sum()) for step in (0, 1))
    drawn = lines(found["bonds"])
    assert len(drawn) == inside * LENGTH + ahead * (LENGTH - 1)
    far = np.linalg.norm(drawn[:, 1] - drawn[:, 0], axis=1)
    expected = np.linalg.norm(bonds.displacement, axis=1)
    assert set(np.round(far, 9)) == set(np.round(expected, 9))


def test_leads_begin_where_the_sample_ends_and_have_names():
    figure = qt.plot(qt.Wire(qt.Square(4)), LENGTH)
    found, texts = parts(figure), {text.get_text() for text in figure.axes[0].texts}
    assert {"left", "right"} <= texts
    left, right = (places(found[f"sites of {name}"]) for name in ("left", "right"))
    assert left[:, 0].max() == -1
    assert right[:, 0].min() == LENGTH
    contact = lines(found["bonds of right"])
    assert (np.sort(contact[:, :, 0], axis=1) == [LENGTH - 1, LENGTH]).all(axis=1).sum() == 4


def test_a_wide_lead_lies_where_the_offset_puts_it():
    wire = qt.Wire(qt.Square(2), lead_lattice=qt.Square(6), lead_offset=3)
    left = places(parts(qt.plot(wire, LENGTH))["sites of left"])
    assert set(left[:, 1]) == {-3, -2, -1, 0, 1, 2}


def test_colours_are_the_energies_of_the_very_sample():
    wire = qt.Wire(qt.Square(5), qt.Box(1.0), gates=[lambda x, _: 0.1 * x])
    found = parts(qt.plot(wire, LENGTH, realization=3, seed=7))
    onsite = wire.onsite(3, range(LENGTH), 7).ravel()
    np.testing.assert_array_equal(found["sites"].get_array(), onsite)
    np.testing.assert_allclose(places(found["sites"]), site_places(qt.Square(5)))


def test_vacancies_have_rings_and_no_bonds():
    wire = qt.Wire(qt.Honeycomb(3), qt.Vacancies(sites=[(2, 1), (3, 4)]))
    found = parts(qt.plot(wire, LENGTH))
    everywhere = site_places(qt.Honeycomb(3))
    gone = everywhere[[2 * 6 + 1, 3 * 6 + 4]]
    np.testing.assert_allclose(places(found["removed sites"]), gone)
    assert len(places(found["sites"])) == len(everywhere) - 2
    ends = lines(found["bonds"]).reshape(-1, 2)
    assert not any(np.linalg.norm(ends - place, axis=1).min() < 1e-6 for place in gone)


@pytest.mark.parametrize(
    "settings",
    [
        {"structure": [qt.MissingSites(lambda x, y: np.hypot(x - 5, y - 5) < 2)]},
        {"gates": [qt.Billiard(lambda x, y: np.hypot(x - 5, y - 5) >= 2)]},
    ],
    ids=["missing sites", "billiard"],
)
def test_a_hole_is_empty_and_the_usual_length_reaches_beyond_it(settings):
    wire = qt.Wire(qt.Square(11), **settings)
    found = parts(qt.plot(wire))
    x, y = places(found["sites"]).T
    assert (np.hypot(x - 5, y - 5) >= 2).all()
    assert x.max() > 8
    assert "removed sites" not in found


def test_the_usual_length_reaches_gates_that_lie_far():
    gate = qt.Constriction(2, 30, 90, 3.5)
    drawn = places(parts(qt.plot(qt.Wire(qt.Square(8), gates=[gate])))["sites"])
    assert drawn[:, 0].max() > 90


def test_a_flux_tube_is_marked_at_its_place():
    wire = qt.Wire(qt.Square(6), structure=[qt.FluxTube(4.5, 2.5, 0.3)])
    axes = qt.plot(wire, 10).axes[0]
    assert "0.3 h/e" in [text.get_text() for text in axes.texts]
    assert [4.5] in [list(line.get_xdata()) for line in axes.lines]


def test_bonds_around_a_tube_leave_the_picture_on_both_sides():
    found = parts(qt.plot(qt.Wire(qt.Square(5, periodic=True)), LENGTH))
    drawn = lines(found["bonds"])
    up = drawn[np.isclose(drawn[:, :, 1].max(axis=1), 4.5)]
    down = drawn[np.isclose(drawn[:, :, 1].min(axis=1), -0.5)]
    assert len(up) == len(down) == LENGTH
    assert len(drawn) == 5 * LENGTH + 5 * (LENGTH - 1) + LENGTH


def test_no_two_sites_of_a_bar_fall_on_one_another():
    drawn = places(parts(qt.plot(qt.Wire(qt.Cubic(4, 4)), 8))["sites"])
    distance = np.linalg.norm(drawn[:, None] - drawn[None], axis=2)
    assert distance[~np.eye(len(drawn), dtype=bool)].min() > 0.05


def test_weak_bonds_are_thin():
    wire = qt.Wire(qt.Square(3), structure=[qt.TunnelContact(0.2, 2.5)])
    bonds = parts(qt.plot(wire, LENGTH))["bonds"]
    across = np.isclose(lines(bonds).mean(axis=1)[:, 0], 2.5)
    widths = np.array(bonds.get_linewidths())
    assert across.sum() == 3
    np.testing.assert_allclose(widths[across], 0.2 * widths[~across].max())


def test_leads_of_a_hall_bar_stand_at_its_edges():
    bar = qt.HallBar(6, (3, 12), 4)
    found = parts(qt.plot(bar))
    assert {f"sites of {name}" for name in bar.names} <= set(found)
    top = places(found["sites of top 2"])
    assert set(top[:, 0]) == {12, 13, 14, 15}
    assert top[:, 1].min() == 6
    assert places(found["sites of bottom 1"])[:, 1].max() == -1


def test_a_lead_on_any_sites_goes_on_outwards():
    lead = qt.SiteLead([(3, 4), (4, 4)], np.zeros((2, 2)), np.eye(2), name="tip")
    found = parts(qt.plot(qt.Bar(qt.Wire(qt.Square(5)), [lead]), 9))
    tip = places(found["sites of tip"])
    assert set(tip[:, 0]) == {3, 4}
    assert tip[:, 1].min() == 5


def test_a_bare_lattice_has_no_leads():
    found = parts(qt.plot(qt.Honeycomb(3), LENGTH))
    assert set(found) == {"sites", "bonds"}


def test_spins_and_pairing_leave_one_bond_between_two_sites():
    wire = qt.Wire(qt.Square(3), terms=[qt.SWavePairing(0.3, 0.5), qt.Rashba(0.3)])
    assert len(lines(parts(qt.plot(wire, LENGTH))["bonds"])) == 2 * LENGTH + 3 * (LENGTH - 1)


def test_long_wires_are_a_few_artists_and_say_which_part_they_show():
    figure = qt.plot(qt.Wire(qt.Square(300), qt.Box(1.0)), 2000)
    axes = figure.axes[0]
    assert len(axes.collections) + len(axes.lines) + len(axes.texts) < 12
    assert "the first 666 of 2,000 slices" in axes.get_title(loc="left")
    found = parts(figure)
    assert len(places(found["sites"])) == 666 * 300
    assert "sites of right" not in found


def test_axes_of_ones_own_are_drawn_on():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert qt.plot(qt.Wire(qt.Square(3)), LENGTH, axes=axes) is axes.figure
    assert len(axes.collections) > 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((3.0,), "qt.plot draws a Wire"),
        (("results/a.zarr",), "say what to plot"),
        ((qt.Wire(qt.Square(3)), 0), "length"),
        ((qt.HallBar(6, (3, 12), 4), 9), "lies beyond the wire"),
        ((qt.Wire(qt.Square(3), gates=[qt.Billiard(lambda x, _: x < -5)]), 5), "no site"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, said):
    with pytest.raises(qt.InputError, match=said):
        qt.plot(*arguments)
