"""Energies right at a threshold, where a channel opens with velocity zero.

The channel counts as closed, and g is the limit from both sides: the new channel conducts nothing
yet. Where there is no such limit, or a lead has a bound state, the error says by how much to shift.
"""

import numpy as np
import pytest
import scipy.optimize

import qtcore as qt

from .systems import SOLVERS

ROOT = np.sqrt(2)


def band_edge(wire, band):
    """Return the upper edge of a band of the leads, to the last digits."""
    slices = wire.slices()

    def level(k):
        along = np.exp(1j * k) * slices.lead_v
        return -np.linalg.eigvalsh(slices.lead_h + along + along.conj().T)[band]

    grid = np.linspace(-np.pi, np.pi, 401)
    k = grid[np.argmin([level(k) for k in grid])]
    found = scipy.optimize.minimize_scalar(level, bounds=(k - 0.03, k + 0.03), method="bounded")
    return -scipy.optimize.minimize_scalar(level, bracket=(found.x - 1e-3, found.x)).fun


BOX = qt.Box(1.0)
IN_FIELD = qt.Wire(qt.Square(4), BOX, flux=0.05)
RASHBA = qt.Wire(qt.Square(4), BOX, terms=(qt.Rashba(0.3),))
QWZ = qt.Wire(qt.Square(5), BOX, terms=(qt.QWZ(1.0, -1.0),))

# Wire, energy, and the number of channels that are open right there.
EDGES = {
    "strip": (qt.Wire(qt.Square(5), BOX), 1.0, 3),
    "doped leads": (qt.Wire(qt.Square(5), BOX, lead_shift=-0.5), 0.5, 3),
    "cylinder": (qt.Wire(qt.Square(6, periodic=True), BOX), 1.0, 3),
    "two at once": (qt.Wire(qt.Square(4, periodic=True), BOX), 0.0, 2),
    "bar": (qt.Wire(qt.Cubic(3, 3), BOX), 2 - ROOT, 5),
    "bar, closed": (qt.Wire(qt.Cubic(4, 4, True), BOX), 0.0, 6),
    "spin split": (qt.Wire(qt.Square(5), BOX, terms=(qt.Zeeman(0.25),)), 0.75, 7),
    "field": (IN_FIELD, band_edge(IN_FIELD, 2), 1),
    "Chern insulator": (QWZ, band_edge(QWZ, 8), None),
    "zigzag ribbon": (qt.Wire(qt.Honeycomb(4), BOX), 1.0, 3),
}


CASES = [
    (solver, name)
    for solver in SOLVERS
    for name, (wire, _, _) in EDGES.items()
    if solver in ("recursive", qt.choose(wire).method)
]


@pytest.mark.parametrize(("solver", "name"), CASES)
def test_g_is_continuous_through_a_threshold(solver, name):
    wire, energy, channels = EDGES[name]
    at = qt.scattering(wire, energy, [1, 6], [0, 1], 1, method=solver)
    counts = [qt.open_channels(wire, energy + d) for d in (-1e-4, 1e-4)]
    # Where one channel closes as another opens both count as closed.
    assert at.channels <= min(counts)
    assert at.channels < max(counts)
    assert channels in (None, at.channels)
    assert np.isfinite(at.ln_g).all()
    assert not at.suspect.any()
    assert np.abs(np.exp(at.ln_g) + at.reflection - at.channels).max() < 1e-6 * at.channels
    # A channel of velocity v ~ sqrt(d) conducts in proportion to it.
    for side in (-1, 1):
        change = [
            np.abs(
                qt.ln_conductance(wire, energy + side * d, [1, 6], [0, 1], 1, method=solver)
                - at.ln_g
            ).max()
            for d in (1e-4, 1e-8)
        ]
        assert change[1] < 0.02 * change[0] + 1e-6


def test_the_edge_of_the_whole_band_conducts_nothing():
    with pytest.raises(qt.InputError, match=r"no open channel at energy 2.*conduct for -2\.0000 <"):
        qt.scattering(qt.Wire(qt.Chain(), BOX), 2.0, [5], [0], 1)


@pytest.mark.parametrize(
    ("lattice", "energy", "reason"),
    [
        # The edge band of a zigzag ribbon has velocity zero to all orders that the width allows.
        (qt.Honeycomb(4, "zigzag"), 0.0, "right at a threshold"),
        # At the Dirac point waves vanish on a slice of the ribbon: states bound to the lead's end.
        (qt.Honeycomb(5, "armchair"), 0.0, "bound state at exactly this energy"),
        (qt.Honeycomb(5, "armchair"), 1.0, "has a state at the energy 1.0 that couples to neither"),
    ],
)
def test_where_there_is_no_answer_the_error_says_where_there_is_one(lattice, energy, reason):
    wire = qt.Wire(lattice, BOX)
    with pytest.raises(qt.QtcoreError, match=f"{reason}.*shift (it|the energy) by 1e-6"):
        qt.scattering(wire, energy, [1, 6], [0], 1)
    for shift in (-1e-6, 1e-6):
        found = qt.scattering(wire, energy + shift, [1, 6], [0], 1)
        assert np.isfinite(found.ln_g).all()
        assert not found.suspect.any()


def test_the_dirac_point_is_approached_from_both_sides():
    # The limit that the error above stands for: g at E = ±d differs by O(d).
    wire = qt.Wire(qt.Honeycomb(5, "armchair"), BOX)
    g = {d: np.exp(qt.ln_conductance(wire, d, [6], [0], 1)[0, 0]) for d in (-1e-6, 1e-6, 1e-4)}
    assert g[-1e-6] == pytest.approx(g[1e-6], abs=2e-6)
    assert g[1e-4] == pytest.approx(g[1e-6], abs=2e-4)


def test_crossing_channels_conduct_as_beside_the_crossing():
    # Edge states of opposite direction meet at k = 0 and E = 0, with a velocity: no threshold.
    wire = qt.Wire(qt.Square(8), BOX, terms=(qt.QWZ(1.0, -1.0),))
    ln_g = [qt.ln_conductance(wire, E, [1, 6], range(3), 1) for E in (0.0, 1e-7)]
    assert np.abs(ln_g[0] - ln_g[1]).max() < 1e-6
