"""Pictures of Kwant systems: a stand-in for a finalized system, of which a Wire is the truth."""

from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.closed import closed_sample

from .drawn import lines, parts, places

WIDTH, LENGTH, ENERGY = 3, 7, 0.4


def strip(**without):
    """Return what Kwant would finalize of a clean square strip between two leads."""
    wire = qt.Wire(qt.Square(WIDTH))
    H = closed_sample(wire, LENGTH, 0, 1).H.astype(complex)
    ones = np.ones(WIDTH * LENGTH, dtype=int)
    lead = SimpleNamespace(
        cell_hamiltonian=lambda **_: qt.Square(WIDTH).transverse(),
        inter_cell_hopping=lambda **_: np.eye(WIDTH),
    )
    system = {
        "leads": [lead, lead],
        "lead_interfaces": [np.arange(WIDTH), WIDTH * (LENGTH - 1) + np.arange(WIDTH)],
        "hamiltonian_submatrix": lambda **_: (H, ones, ones),
        "norbs": ones,
        "pos": lambda site: divmod(site, WIDTH),
    }
    return qt.KwantSystem(
        SimpleNamespace(**{name: part for name, part in system.items() if name not in without})
    )


def test_a_system_is_drawn_as_the_wire_that_it_is():
    system, wire = strip(), qt.Wire(qt.Square(WIDTH))
    one, other = parts(qt.plot(system)), parts(qt.plot(wire, LENGTH))
    np.testing.assert_array_equal(places(one["sites"]), places(other["sites"]))
    np.testing.assert_array_equal(lines(one["bonds"]), lines(other["bonds"]))
    assert places(one["sites of lead 0"])[:, 0].max() == -1
    assert places(one["sites of lead 1"])[:, 0].min() == LENGTH
    for draw, name in ((qt.plot.currents, "currents"), (qt.plot.density, "sites")):
        found = parts(draw(system, ENERGY))[name].get_array()
        expected = parts(draw(wire, ENERGY, LENGTH))[name].get_array()
        np.testing.assert_allclose(np.sort(found), np.sort(expected), atol=1e-12)


def test_samples_of_an_ensemble_have_their_own_colours():
    ensemble = qt.KwantEnsemble(strip().system, qt.Box(1.0))
    one, other = (
        np.asarray(parts(qt.plot(ensemble, realization=n))["sites"].get_array()) for n in (0, 1)
    )
    assert len(one) == WIDTH * LENGTH
    assert (one != other).all()
    assert np.abs(one).max() <= 0.5


def test_what_it_is_stands_beside_the_picture():
    text = repr(qt.show(strip(), ENERGY))
    assert "2, touching 3, 3 sites" in text
    assert "3 open channels in each lead" in text
    assert "0x" not in text


def test_a_system_without_places_is_refused_and_shows_its_text():
    system = strip(pos=None)
    with pytest.raises(qt.InputError, match="have no places"):
        qt.plot(system)
    assert "<img" not in system._repr_html_()
    with pytest.raises(qt.InputError, match="a size of its own"):
        qt.plot(strip(), 10)
