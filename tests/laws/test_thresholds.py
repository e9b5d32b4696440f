"""Energies right at a threshold, where a channel opens with velocity zero.

By convention that is the limit from above: a channel that opens there is open, and one that closes
there is closed. g is the limit from both sides: the new channel is all reflected yet, unless the
wire is clean. Where there is no such limit, or a state that couples to nothing, the error says by
how much to shift.
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

# Wire, energy, and the number of channels right there; None where the energy is no exact threshold,
# but the number next to it, on either side.
EDGES = {
    "strip": (qt.Wire(qt.Square(5), BOX), 1.0, 3),
    "doped leads": (qt.Wire(qt.Square(5), BOX, lead_shift=-0.5), 0.5, 3),
    "cylinder": (qt.Wire(qt.Square(6, periodic=True), BOX), 1.0, 3),
    "one opens, one closes": (qt.Wire(qt.Square(6, periodic=True), BOX), 0.0, 5),
    "two at once": (qt.Wire(qt.Square(4, periodic=True), BOX), 0.0, 3),
    "bar": (qt.Wire(qt.Cubic(3, 3), BOX), 2 - ROOT, None),
    "bar, closed": (qt.Wire(qt.Cubic(4, 4, True), BOX), 0.0, 10),
    "spin split": (qt.Wire(qt.Square(5), BOX, terms=(qt.Zeeman(0.25),)), 0.75, 7),
    "field": (IN_FIELD, band_edge(IN_FIELD, 2), None),
    "Chern insulator": (QWZ, band_edge(QWZ, 8), None),
    "zigzag ribbon": (qt.Wire(qt.Honeycomb(4), BOX), 1.0, 4),
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
    assert at.channels == (channels or at.channels) in counts
    if channels:
        assert at.channels == counts[1]
    assert np.isfinite(at.ln_g).all()
    assert not at.suspect.any()
    total = np.abs(np.exp(at.ln_g) + at.reflection - at.channels).max()
    assert total < at.certificate.max() * at.channels + 1e-12
    # A channel of velocity v ~ sqrt(d) conducts in proportion to it.
    for side in (-1, 1):
        change = [
            np.abs(
                qt.ln_conductance(wire, energy + side * d, [1, 6], [0, 1], 1, method=solver)
                - at.ln_g
            ).max()
            for d in (1e-4, 1e-8, 1e-12)
        ]
        assert change[1] < 0.02 * change[0]
        assert change[2] < 0.02 * change[1] + at.certificate.max()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("width", [3, 4, 6])
def test_the_number_of_channels_and_reflection_do_not_jump_from_above(solver, width):
    # One band of a cylinder of even width ends at E = 0 where another one begins.
    wire = qt.Wire(qt.Square(width, periodic=True), BOX)
    for energy in (0.0, 1.0, -1.0):
        at, above = (
            qt.scattering(wire, energy + d, [1, 6], [0], 1, method=solver) for d in (0.0, 1e-10)
        )
        assert at.channels == above.channels
        assert np.abs(at.reflection - above.reflection).max() < 1e-3


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("wire", "energy", "channels"),
    [
        (qt.Wire(qt.Square(6, periodic=True)), 0.0, 5),
        (qt.Wire(qt.Square(5)), -1.0, 4),
        (qt.Wire(qt.Square(5), terms=(qt.Zeeman(0.25),)), -0.75, 8),
        (qt.Wire(qt.Square(5), terms=(qt.QWZ(-1.0),)), 1.0, 5),
        (qt.Wire(qt.Honeycomb(4)), 1.0, 4),
    ],
)
def test_a_clean_wire_conducts_one_per_channel_at_a_threshold(wire, energy, channels, solver):
    if solver != qt.choose(wire).method:
        solver = "recursive"
    found = qt.scattering(wire, energy, [1, 6, 40], [0], 1, method=solver)
    assert found.channels == channels
    assert (np.abs(np.exp(found.ln_g) / channels - 1) < found.certificate).all()
    chosen = qt.scattering(wire, energy, [1, 6], [0], 1)
    # Known to about 1e-6, see decision 16; the LAPACK at hand decides which side of it, and a
    # certificate states it within a factor of ten. That is for one rounding error of the leads: nudges
    # are of four (decision 30), and at a threshold their square root counts.
    assert chosen.certificate.max() < 2e-5


def test_the_edge_of_the_whole_band_conducts_nothing():
    with pytest.raises(qt.InputError, match=r"no open channel at energy 2.*conduct for -2\.0000 <"):
        qt.scattering(qt.Wire(qt.Chain(), BOX), 2.0, [5], [0], 1)


@pytest.mark.parametrize(
    ("lattice", "energy", "reason"),
    [
        # The edge band of a zigzag ribbon has velocity zero to all orders that the width allows.
        (qt.Honeycomb(4, "zigzag"), 0.0, "lies at a threshold"),
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


def test_green_functions_say_where_a_lead_is_bound():
    # At the Dirac point waves vanish on a slice of the ribbon: states bound to the lead's end. What
    # is asked of the self-energy alone has a pole there; g and R have none.
    wire = qt.Wire(qt.Honeycomb(5, "armchair"), BOX)
    with pytest.raises(
        qt.QtcoreError, match="within rounding errors of this energy; shift the energy by 1e-6"
    ):
        qt.sample_with_leads(wire, 0.0, 3, [0], 1)
    assert not qt.scattering(wire, 0.0, [3], [0], 1).suspect.any()
