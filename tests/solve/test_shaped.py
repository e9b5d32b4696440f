"""Wires whose slices differ in their sites, in the transfer solver: beside recursive Green's functions."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import shaped_transfer
from qtcore.solve.problem import wire_modes
from qtcore.solve.shaped_wires import bare_wire
from qtcore.solve.shared import SharedDisorder

SEED = 3


def disc(x, y):
    """Where a round hole is."""
    return np.hypot(x - 9, y - 4) < 3


def with_hole(*disorder, lattice=None, **more):
    parts = [*more.pop("structure", ()), qt.MissingSites(disc)]
    return qt.Wire(lattice or qt.Square(10), disorder or qt.Box(1.0), structure=parts, **more)


def ring(flux, disorder=1.0):
    """A ring between narrow leads."""

    def outside(x, y):
        r = np.hypot(x - 7, y - 7)
        return (r < 4.2) | ((r > 7.5) & (np.abs(y - 7) > 1.5))

    return qt.Wire(
        qt.Square(15),
        qt.Box(disorder),
        lead_lattice=qt.Square(3),
        lead_offset=-6,
        structure=[qt.MissingSites(outside), qt.FluxTube(7.5, 7.5, flux)],
    )


def constriction(width, disorder=1.0):
    """Leads with more open modes than sites in the middle, between walls that end at once."""
    return qt.Wire(
        qt.Square(14),
        qt.Box(disorder),
        structure=[
            qt.MissingSites(lambda x, y: (np.abs(x - 8) < 3) & (np.abs(y - 6.5) > width / 2))
        ],
    )


def scattered(x, y):
    """Sites of which some lie alone between missing ones."""
    return (np.sin(12.9898 * x + 78.233 * y) * 43758.5453) % 1 < 0.1


CASES = {
    "ring": (ring(0.3), 1.5, [15]),
    "ring without flux": (ring(0.0), 1.5, [15]),
    "several lengths, the first ones within the hole": (with_hole(), 0.5, [8, 11, 20]),
    "constriction": (constriction(4), 0.5, [17]),
    "a single site wide": (constriction(1), 0.5, [17]),
    "uniform field": (with_hole(flux=0.02), 0.5, [20]),
    "field in the sample only": (with_hole(flux=0.02, field_in_leads=False), 0.5, [20]),
    "weak contacts": (
        with_hole(structure=[qt.TunnelContact(0.3, "left"), qt.TunnelContact(0.2, "right")]),
        0.5,
        [20],
    ),
    "changed bonds": (
        with_hole(
            structure=[
                qt.ChangedBonds(lambda x, y, X, Y: 1 + 0.1 * np.sin(x + X + y + Y)),
                qt.LocalField(lambda x, y: 0.02 * np.exp(-((x - 9) ** 2) / 20) + 0 * y),
            ]
        ),
        0.5,
        [20],
    ),
    "gate and Gaussian disorder": (
        with_hole(qt.Gaussian(0.7), gates=[lambda x, y: 0.05 * x + 0 * y]),
        0.5,
        [20],
    ),
    "random phases": (with_hole(qt.Box(1.0), qt.RandomPhase(0.2)), 0.5, [20]),
    "spin": (with_hole(terms=[qt.Rashba(0.3)]), 0.5, [20]),
    "magnetic impurities": (with_hole(qt.WithMatrix(qt.Box(1.0), "sigma_x")), 0.5, [20]),
    "tube": (with_hole(lattice=qt.Square(10, periodic=True)), 0.5, [20]),
    "bar": (
        qt.Wire(
            qt.Cubic(3, 3),
            qt.Box(1.0),
            structure=[qt.MissingSites(lambda x, y, z: np.hypot(x - 5, y) + 0 * z < 1.2)],
        ),
        0.5,
        [12],
    ),
    "scattered sites": (
        qt.Wire(qt.Square(8), qt.Box(1.0), structure=[qt.MissingSites(scattered)]),
        0.5,
        [20, 120],
    ),
    "wider leads": (
        qt.Wire(qt.Square(5), qt.Box(1.0), lead_lattice=qt.Square(14), lead_offset=4),
        0.5,
        [1, 9],
    ),
    "wider leads in a field": (
        qt.Wire(qt.Square(5), qt.Box(1.0), 0.02, lead_lattice=qt.Square(14), lead_offset=4),
        0.5,
        [9],
    ),
    "doped leads that stick out": (
        qt.Wire(
            qt.Square(8), qt.Box(1.0), lead_lattice=qt.Square(7), lead_offset=-4, lead_shift=0.4
        ),
        0.5,
        [9],
    ),
    "deep in the localized regime": (with_hole(qt.Box(9.0)), 0.5, [20, 150]),
}


@pytest.mark.parametrize("name", CASES)
def test_both_solvers_agree_within_certificates(name):
    wire, energy, lengths = CASES[name]
    assert qt.choose(wire) == ("transfer", "columns begin and end where sites do")
    asked = wire, energy, lengths, range(2), SEED
    here, there = (qt.scattering(*asked, method) for method in ("transfer", "recursive"))
    assert (here.certificate < 1e-6).all()
    differences = np.abs(here.ln_g - there.ln_g)
    assert (differences <= here.certificate + there.certificate).all()
    # Far below what the certificate says.
    assert differences.max() < 2e-10
    assert np.abs(here.reflection - there.reflection).max() < 1e-9


@pytest.mark.parametrize("name", ["ring", "scattered sites", "random phases"])
def test_numbers_do_not_depend_on_lengths_and_chunks(name, monkeypatch):
    wire, energy, _ = CASES[name]
    lengths = [15] if name == "ring" else [7, 12, 15]
    whole = qt.scattering(wire, energy, lengths, range(2), SEED, "transfer")
    for length, ln_g in zip(lengths, whole.ln_g.T, strict=True):
        alone = qt.scattering(wire, energy, [length], range(2), SEED, "transfer")
        assert np.array_equal(alone.ln_g[:, 0], ln_g)
    monkeypatch.setattr(shaped_transfer, "SLICES", 4)
    cut = qt.scattering(wire, energy, lengths, range(2), SEED, "transfer")
    assert np.allclose(cut.ln_g, whole.ln_g, rtol=0, atol=1e-12)


def test_a_family_has_the_bits_of_its_members():
    members = [(ring(flux), 1.5) for flux in (0.0, 0.3)]
    plain = qt.Wire(qt.Square(15), qt.Box(1.0))
    family = qt.scattering_family([*members, (plain, 1.5)], [15], range(3), SEED)
    for (wire, energy), found in zip([*members, (plain, 1.5)], family, strict=True):
        assert np.array_equal(qt.ln_conductance(wire, energy, [15], range(3), SEED), found.ln_g)


def test_every_eigenvalue_that_is_known_is_that_of_the_other_solver():
    asked = constriction(4), 0.5, [17], range(2), SEED
    here, there = (
        qt.ln_transmission_eigenvalues(*asked, method) for method in ("transfer", "recursive")
    )
    known = np.isfinite(here) & np.isfinite(there)
    assert known.sum(axis=2).min() >= 4
    assert np.allclose(here[known], there[known], rtol=0, atol=1e-8)
    # No more waves pass than there are sites.
    assert here[..., 5:][np.isfinite(here[..., 5:])].max(initial=-np.inf) < -50


def test_a_side_site_at_the_energy_lets_nothing_pass():
    # A site beside a chain is a zero of the transmission at its own energy (Fano).
    level = 0.3
    wire = qt.Wire(
        qt.Square(2),
        lead_lattice=qt.Chain(),
        gates=[lambda x, y: level * (y == 1) + 0 * x],
        structure=[qt.MissingSites(lambda x, y: (y == 1) & (x != 3))],
    )
    for energy in (0.1, 0.29, 0.2999):
        # T = 1 / (1 + (Re g)²) with g = 1 / ((E - level) 2 sin k).
        g = 1 / ((energy - level) * 2 * np.sin(np.arccos(energy / 2)))
        found = qt.scattering(wire, energy, [7], [0], SEED, "transfer")
        assert np.isclose(np.exp(found.ln_g[0, 0]), 1 / (1 + g**2), rtol=1e-11)
        assert found.certificate[0, 0] < 1e-6


def test_an_island_that_no_bond_reaches_changes_nothing():
    def around(x, y):
        return (np.hypot(x - 9, y - 4) < 3.2) & (np.hypot(x - 9, y - 4) > 1.2)

    def all_of_it(x, y):
        return np.hypot(x - 9, y - 4) < 3.2

    g = [
        qt.scattering(
            qt.Wire(qt.Square(10), qt.Box(1.0), structure=[qt.MissingSites(missing)]),
            *(0.5, [20], range(3), SEED),
        )
        for missing in (around, all_of_it)
    ]
    assert np.allclose(g[0].ln_g, g[1].ln_g, rtol=0, atol=1e-11)
    assert not g[0].suspect.any()


@pytest.mark.parametrize(
    "wire",
    [
        qt.Wire(qt.Honeycomb(4, "zigzag"), structure=[qt.MissingSites(disc)]),
        qt.Wire(
            qt.Chain(),
            terms=(qt.PWavePairing(0.6),),
            lead_lattice=qt.Square(2),
        ),
    ],
    ids=["no inverse", "electrons and holes"],
)
def test_other_wires_stay_with_recursive_green_functions(wire):
    assert bare_wire(wire) is None
    assert qt.choose(wire).method == "recursive"
    with pytest.raises(qt.InputError, match="use method='recursive'"):
        qt.choose(wire, "transfer")


def test_absorption_stays_with_recursive_green_functions():
    assert qt.choose(with_hole(), absorption=0.1).method == "recursive"
    found = qt.scattering(with_hole(), 0.5, [20], range(2), SEED, absorption=0.1)
    assert (np.exp(found.ln_g) + found.reflection < found.channels).all()


def test_memory_does_not_grow_with_the_length():
    wire = qt.Wire(qt.Square(4), qt.Box(1.0), structure=[qt.MissingSites(scattered)])
    columns = shaped_transfer._Columns(wire, wire_modes(wire, 0.5), 0.5, shaped_transfer.CLOSE)
    samples = np.arange(8, dtype=np.uint64)
    shared = SharedDisorder(wire, samples, SEED, keep=False)
    for k in range(40):
        first = k * columns.chunk
        columns.carry_on(samples, first, shared.chunk(first, columns.chunk), [], SEED)
        assert len(columns._kept) <= shaped_transfer._KEPT
