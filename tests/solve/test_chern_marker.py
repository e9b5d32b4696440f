"""Local Chern markers against projectors written out, Chern numbers, and the conductance of edges."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.room import Limit, limited
from qtcore.solve.chebyshev import Interval
from qtcore.solve.filled import closeness, filling, series_of_step

QWZ = qt.Wire(qt.Square(9), qt.Box(1.0), terms=(qt.QWZ(1.0, -1.0),))
RIBBON = qt.Wire(qt.Honeycomb(6), qt.Box(1.0), terms=(qt.Haldane(0.2, mass=0.3),))


def by_definition(wire, length, realization=0):
    """-2 pi i <r|[PxP, PyP]|r> of every component, with P from all states, in squared lattice constants.

    Then the Fermi energy and the distance of the next level from it: in the middle of two edge states.
    """
    H = qt.closed_sample(wire, length, realization, 1).H.toarray()
    levels, psi = np.linalg.eigh(H)
    inside = levels[np.abs(levels) < 0.5]
    widest = np.diff(inside).argmax()
    energy = inside[widest : widest + 2].mean()
    P = psi[:, levels < energy] @ psi[:, levels < energy].conj().T
    places = np.tile(wire.lattice.positions(), (length, 1, 1))
    places[:, :, 0] += wire.lattice.period * np.arange(length)[:, None]
    x, y = (np.repeat(places[:, :, axis].ravel(), wire.orbitals) for axis in (0, 1))
    PxP, PyP = P @ (x[:, None] * P), P @ (y[:, None] * P)
    return (
        (-2j * np.pi * np.diag(PxP @ PyP - PyP @ PxP)).real,
        energy,
        np.abs(levels - energy).min(),
    )


@pytest.mark.parametrize("method", ["dense", "polynomials"])
@pytest.mark.parametrize("realization", [0, 3])
def test_markers_of_sites_are_those_of_the_definition(method, realization):
    exact, energy, nearest = by_definition(QWZ, 8, realization)
    exact = exact.reshape(8, 9, 2).sum(axis=2)
    places = [(4, 4), (3, 5), (0, 0), (7, 2), (4, 8)]
    # Edge states fill the gap: a step between two of them is as good as a sharp one.
    found = observe.local_chern_marker(
        QWZ, energy, 8, [realization], 1, places, resolution=nearest, method=method
    )
    assert found.values[0] == pytest.approx([exact[place] for place in places], abs=1e-6)
    assert np.abs(found.values).max() > 0.5


@pytest.mark.parametrize("method", ["dense", "polynomials"])
def test_a_honeycomb_is_averaged_over_unit_cells(method):
    exact, energy, nearest = by_definition(RIBBON, 9)
    cells = exact.reshape(9, 6, 2).sum(axis=2) / (np.sqrt(3) / 2)
    # A site A and the site B beside it, half a lattice constant along.
    x, y = np.arange(9)[:, None] + 0.25, np.arange(6) * np.sqrt(3) / 2 + 1 / np.sqrt(48)
    width, height = 8.5, 5 * np.sqrt(3) / 2 + 1 / np.sqrt(12)
    margin = {"dense": None, "polynomials": 1.2}[method]
    near = (width / 4, height / 4) if margin is None else (margin, margin)
    inside = (np.abs(x - width / 2) <= width / 2 - near[0]) & (
        np.abs(y - height / 2) <= height / 2 - near[1]
    )
    found = observe.chern_marker(
        RIBBON, energy, 9, [0], 1, margin, resolution=nearest, vectors=64, method=method
    )
    assert (found.errors[0] > 0) == (method == "polynomials")
    assert found.errors[0] < 0.1
    assert abs(found.values[0] - cells[inside].mean()) < 4 * found.errors[0] + 1e-10


def test_the_sum_over_a_sample_is_zero():
    places = [(n, m) for n in range(6) for m in range(9)]
    found = observe.local_chern_marker(QWZ, 0.0, 6, [0], 1, places, method="dense")
    assert found.values.sum() == pytest.approx(0.0, abs=1e-10)
    assert np.abs(found.values).max() > 0.5


CLEAN = {
    "QWZ": (qt.Wire(qt.Square(20), terms=(qt.QWZ(1.0, -1.0),)), 20, 0.0, 1),
    "QWZ of the other sign": (qt.Wire(qt.Square(20), terms=(qt.QWZ(1.0, 1.0),)), 20, 0.0, -1),
    "trivial": (qt.Wire(qt.Square(20), terms=(qt.QWZ(1.0, -3.0),)), 20, 0.0, 0),
    "Haldane": (qt.Wire(qt.Honeycomb(16), terms=(qt.Haldane(0.2),)), 16, 0.0, -1),
    "Haldane, armchair": (
        qt.Wire(qt.Honeycomb(24, "armchair"), terms=(qt.Haldane(0.2),)), 10, 0.0, -1,
    ),
    "Haldane with a mass": (
        qt.Wire(qt.Honeycomb(16), terms=(qt.Haldane(0.1, mass=1.5),)), 16, 0.0, 0,
    ),
    "lowest Landau level": (qt.Wire(qt.Square(20), flux=1 / 4), 20, -2.0, 1),
}  # fmt: skip


@pytest.mark.physics
@pytest.mark.parametrize("name", CLEAN)
def test_clean_phases_have_their_chern_number(name):
    """Signs are those of the Hall conductivity in `test_kubo_bastin`."""
    wire, length, energy, chern = CLEAN[name]
    # Whether a mean from random vectors is within 4 errors is asked elsewhere: here take many.
    found = observe.chern_marker(
        wire, energy, length, [0], 1, resolution=0.2, vectors=64, method="polynomials"
    )
    assert found.values[0] == pytest.approx(chern, abs=0.02 + 4 * found.errors[0])
    assert found.errors[0] < 0.05
    assert not found.suspect[0]
    assert found.gap[0] == 0.2


@pytest.mark.physics
@pytest.mark.further
def test_disordered_phases_conduct_at_their_edges_as_the_marker_says():
    """The same samples between leads: one edge state passes where the marker is 1."""
    places = [(12, 12), (11, 12), (12, 11), (13, 12)]
    for mass, strength, chern in ((-1.0, 2.0, 1), (-2.6, 2.0, 0)):
        wire = qt.Wire(qt.Square(24), qt.Box(strength), terms=(qt.QWZ(1.0, mass),), lead_shift=1.5)
        marker = observe.chern_marker(wire, 0.0, 24, range(2), 1, resolution=0.15, vectors=32)
        assert np.abs(marker.values - chern).max() < 0.1
        assert np.abs(marker.values - chern).max() < 4 * marker.errors.max() + 0.05
        assert not marker.suspect.any()
        ln_g = qt.ln_conductance(wire, 0.0, [24], range(2), seed=1)
        assert np.exp(ln_g[:, 0]) == pytest.approx(chern, abs=0.05)
        sites = observe.local_chern_marker(wire, 0.0, 24, [0], 1, places, resolution=0.15)
        assert sites.values.mean() == pytest.approx(chern, abs=0.3)


def test_a_gap_that_closes_is_flagged_with_its_size():
    closed = qt.Wire(qt.Square(12), terms=(qt.QWZ(1.0, -2.0),))
    for method in ("dense", "polynomials"):
        found = observe.chern_marker(closed, 0.0, 12, [0], 1, resolution=0.5, method=method)
        assert found.suspect[0]
        assert found.gap[0] < 0.5
    # In the clean bulk the levels next to the Fermi energy are those of the band edge, at |m| - 2.
    opened = qt.Wire(qt.Square(12), terms=(qt.QWZ(1.0, -3.0),))
    found = observe.chern_marker(opened, 0.0, 12, [0], 1, resolution=0.5, method="dense")
    levels = observe.eigenvalues(qt.closed_sample(opened, 12, 0, 1).H)
    assert not found.suspect[0]
    assert found.gap[0] == pytest.approx(np.abs(levels).min(), rel=0.2)
    assert found.unresolved[0] < 1e-6
    # Edge states lie at all energies of a topological gap, and are no part of the bulk.
    insulator = qt.Wire(qt.Square(12), terms=(qt.QWZ(1.0, -1.0),))
    found = observe.chern_marker(insulator, 0.05, 12, [0], 1, method="dense")
    levels = observe.eigenvalues(qt.closed_sample(insulator, 12, 0, 1).H)
    assert np.abs(levels - 0.05).min() < 0.1
    assert 0.6 < found.gap[0] < 1.0


def test_a_mean_that_is_no_integer_is_flagged():
    """A margin that is too small counts what the edges take back, at a resolution below all spacings."""
    clean = qt.Wire(qt.Square(12), terms=(qt.QWZ(0.4, -1.0),))
    found, narrow = (
        observe.chern_marker(clean, 0.05, 12, [0], 1, margin, 1e-3, method="dense")
        for margin in (3.0, 1.0)
    )
    assert not found.suspect[0]
    assert found.values[0] == pytest.approx(1.0, abs=0.1)
    assert narrow.unresolved[0] < 1e-6
    assert narrow.values[0] < 0.8
    assert narrow.suspect[0]


def test_both_methods_have_the_same_share_of_unresolved_levels():
    metal = qt.Wire(qt.Square(9), qt.Box(1.0), flux=0.07)
    shares = [
        observe.chern_marker(
            metal, 0.3, 9, [0], 1, resolution=0.4, vectors=256, method=method
        ).unresolved[0]
        for method in ("dense", "polynomials")
    ]
    assert shares[0] > 0.02
    assert shares[1] == pytest.approx(shares[0], rel=0.1)
    place = [(4, 4)]
    one, other = (
        observe.local_chern_marker(metal, 0.3, 9, [0], 1, place, 0.4, method)
        for method in ("dense", "polynomials")
    )
    assert one.unresolved[0] == pytest.approx(other.unresolved[0], abs=1e-9)


def test_without_a_field_there_is_no_marker():
    found = observe.chern_marker(
        qt.Wire(qt.Square(8), qt.Box(1.0)), 0.3, 8, [0], 1, method="polynomials"
    )
    assert found.values[0] == 0.0


def test_vacancies_are_no_sites_and_have_no_marker():
    wire = qt.Wire(qt.Square(12), qt.Vacancies(sites=[(6, 6), (2, 3)]), terms=(qt.QWZ(1.0, -1.0),))
    for method in ("dense", "polynomials"):
        found = observe.local_chern_marker(
            wire, 0.0, 12, [0], 1, [(6, 6), (5, 6), (3, 6)], 0.2, method
        )
        assert found.values[0, 0] == 0.0
    one, other = (
        observe.local_chern_marker(wire, 0.1, 12, [0], 1, [(5, 6), (3, 6)], 1e-2, method)
        for method in ("dense", "polynomials")
    )
    assert one.values == pytest.approx(other.values, abs=0.02)


def test_a_realization_has_the_same_bits_whatever_others_are_asked_for():
    several = observe.chern_marker(QWZ, 0.0, 9, [0, 3, 5], 1, method="polynomials")
    alone = observe.chern_marker(QWZ, 0.0, 9, [3], 1, method="polynomials")
    assert several.values[1] == alone.values[0]
    assert len(set(several.values)) == 3


def test_the_series_is_the_step():
    interval = Interval(0.3, 4.0)
    for energy, resolution in ((0.0, 0.2), (3.9, 0.5), (-5.0, 0.3), (6.0, 0.3)):
        weights = series_of_step(interval, energy, resolution)
        E = np.linspace(-3.6, 4.2, 401)
        T = np.cos(np.arange(weights.shape[1])[:, None] * np.arccos((E - 0.3) / 4.0))
        for series, function in zip(weights, (filling, closeness), strict=True):
            assert np.abs(series @ T - function(E, energy, resolution)).max() < 1e-8
    assert filling(np.array([-0.2, 0.2]), 0.0, 0.2) == pytest.approx([1.0, 0.0], abs=2e-9)
    at = np.array([0.0, 0.2, -0.2, 0.4, -0.4])
    assert closeness(at, 0.0, 0.2) == pytest.approx([1.0, 0.5, 0.5, 0.0, 0.0], abs=1e-8)


def test_more_than_the_memory_is_refused_before_anything_is_computed(monkeypatch):
    def never(*_args, **_kwargs):
        raise AssertionError

    monkeypatch.setattr("qtcore.solve.occupied.scipy.linalg.eigh", never)
    monkeypatch.setattr("qtcore.solve.filled.Filled.__call__", never)
    large = qt.Wire(qt.Square(30), terms=(qt.QWZ(1.0, -1.0),))
    with limited(Limit(of_process=1)):
        for method in ("dense", "polynomials"):
            with pytest.raises(qt.InputError, match=r"need .* bytes"):
                observe.chern_marker(large, 0.0, 30, [0], 1, method=method)


WIDE = qt.Wire(qt.Square(8), terms=(qt.QWZ(1.0, -1.0),))
CUSTOM = qt.Wire(qt.Custom(np.eye(3, k=1) + np.eye(3, k=-1), np.eye(3)))

REFUSED = {
    "a torus": (
        lambda: observe.chern_marker(qt.Wire(qt.Square(8, periodic=True)), 0.0, 8, [0], 1),
        "closed across", "bott_index",
    ),
    "a chain": (lambda: observe.chern_marker(qt.Wire(qt.Chain()), 0.0, 8, [0], 1), "several sites wide"),
    "one slice": (lambda: observe.chern_marker(WIDE, 0.0, 1, [0], 1), "at least 2 slices", "got 1"),
    "a bar": (lambda: observe.chern_marker(qt.Wire(qt.Cubic(4, 4)), 0.0, 8, [0], 1), "plane z = 0"),
    "a wide margin": (lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, margin=5), "leaves nothing", "7 × 7"),
    "a negative margin": (lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, margin=-1), "got -1", ">= 0"),
    "no resolution": (lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, resolution=0.0), "got 0", "> 0"),
    "a resolution beyond all series": (
        lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, resolution=1e-9, method="polynomials"),
        "1e-09", "Chebyshev polynomials", "or more",
    ),
    "another method": (lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, method="fast"), "got 'fast'", "dense"),
    "an energy in words": (lambda: observe.chern_marker(WIDE, "gap", 8, [0], 1), "got 'gap'", "units of t"),
    "one vector": (lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, vectors=1), "got 1", ">= 2"),
    "a sample twice": (lambda: observe.chern_marker(WIDE, 0.0, 8, [0, 0], 1), "must differ"),
    "no places": (lambda: observe.local_chern_marker(WIDE, 0.0, 8, [0], 1, []), "places is empty"),
    "a place outside": (lambda: observe.local_chern_marker(WIDE, 0.0, 8, [0], 1, [(8, 0)]), "0 .. 7", "(8, 0)"),
    "half a place": (lambda: observe.local_chern_marker(WIDE, 0.0, 8, [0], 1, [(1,)]), "pairs (slice, site)"),
    "places in words": (lambda: observe.local_chern_marker(WIDE, 0.0, 8, [0], 1, 3), "pairs (slice, site)"),
    "an unknown area": (lambda: observe.chern_marker(CUSTOM, 0.0, 8, [0], 1), "area must be given"),
    "a sample too large for all states": (
        lambda: observe.chern_marker(WIDE, 0.0, 800, [0], 1, method="dense"), "12,800 orbitals", "6,000",
    ),
    "bounds that are too narrow": (
        lambda: observe.chern_marker(WIDE, 0.0, 8, [0], 1, method="polynomials", bounds=(-1, 1)),
        "enclose the spectrum",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
