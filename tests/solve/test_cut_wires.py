"""Wires and bars that structure leaves no way through, or no site for a lead."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.solve.elimination import Before, beyond


def row(y, first, last):
    """Return a structure without the sites of a row from slice to slice."""
    return qt.MissingSites(lambda x, at: (at == y) & (x >= first) & (x <= last))


@pytest.mark.parametrize(
    ("structure", "sides", "name"),
    [
        (row(7, 3, 6), [qt.SideLead(3, 4)], "top 1"),
        (row(4, 5, 5), [qt.SiteLead([(5, 4)], [[0.0]], [[1.0]], name="tip")], "tip"),
        (qt.MissingSites(lambda x, _: x == 0), [qt.SideLead(3, 4)], "left"),
        (qt.MissingSites(lambda x, _: x == 9), [qt.SideLead(3, 4)], "right"),
    ],
    ids=["edge", "tip", "left", "right"],
)
def test_leads_whose_sites_are_all_missing_are_refused(structure, sides, name):
    bar = qt.Bar(qt.Wire(qt.Square(8), structure=[structure]), sides)
    with pytest.raises(qt.InputError, match=f"lead '{name}' sees no sample"):
        qt.terminal_scattering(bar, 0.5, [10, 12], [0], seed=1)
    with pytest.raises(qt.InputError, match=f"lead '{name}' sees no sample"):
        observe.terminal_states(bar, 0.5, 10, 0, seed=1)


def test_leads_of_which_some_sites_are_missing_are_leads():
    bar = qt.Bar(qt.Wire(qt.Square(8), structure=[row(7, 3, 5)]), [qt.SideLead(3, 4)])
    found = qt.terminal_scattering(bar, 0.5, [10], [0], seed=1)[0]
    assert found.T[0, 2, 0] > 0.01


def test_sectors_of_a_wire_that_is_cut_apart_are_refused():
    disorder = qt.WithMatrix(qt.Box(1.0), "sigma_x")
    cut = qt.Wire(qt.Square(3), disorder, structure=[qt.MissingSites(lambda x, _: x == 4)])
    with pytest.raises(qt.InputError, match="cuts the wire apart"):
        qt.resolved_scattering(cut, 0.5, [8], [0], 1, "spin_z")
    left = qt.resolved_matrices(cut, 0.5, [8], [0], 1, "spin_z")[0]
    assert left.S.g == 0


def test_a_slice_that_no_wave_reaches_and_no_bond_leaves_is_passed():
    nothing = np.zeros((2, 1), dtype=np.complex128)
    here = Before(nothing.T, nothing, np.eye(1), 0.0, 0.0, 0.0, 0.0, np.zeros(2), np.eye(2))
    ahead = beyond(here, np.zeros((2, 2)), None)
    assert not ahead.out.any()
    assert not ahead.arriving.any()
    assert not ahead.block.any()
    assert np.isfinite(ahead.doubt)


def test_a_lead_that_mixes_its_sites_may_touch_missing_ones():
    places = [(0, 0), (0, 1)]
    sample = qt.Custom([[0.0, 1.0], [1.0, 0.0]], np.eye(2), positions=places)
    lead = qt.Custom(np.zeros((2, 2)), [[1.0, 0.6], [-0.5, 0.8]], positions=places)
    gone = qt.MissingSites(lambda x, y: ((x == 0) | (x == 5)) & (y == 1))
    wire = qt.Wire(sample, qt.Box(1.0), lead_lattice=lead, structure=[gone])
    asked = 0.3, [3, 6], range(3), 1
    found, referee = (qt.scattering(wire, *asked, method=m) for m in ("auto", "recursive"))
    assert found.ln_g == pytest.approx(referee.ln_g, abs=1e-9)
    S = qt.scattering_matrices(wire, *asked)
    assert np.stack([one.ln_g for one in S], axis=1) == pytest.approx(referee.ln_g, abs=1e-9)
