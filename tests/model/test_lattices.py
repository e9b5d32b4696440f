"""Clean lattices have the bands that the textbook gives them."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.disorder import Box
from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
from qtcore.model.lattice.paths import second_neighbours
from qtcore.model.wire import Wire

LATTICES = [
    Chain(),
    Square(5),
    Square(4, periodic=True),
    Cubic(3, 4),
    Cubic(1, 1),
    Cubic(3, 5, periodic=True),
    Cubic(4, 3, periodic=(True, False)),
    Cubic(2, 3, periodic=(False, True)),
    Honeycomb(1),
    Honeycomb(6),
    Honeycomb(4, "armchair"),
    Honeycomb(5, "armchair"),
    Honeycomb(4, periodic=True),
    Honeycomb(6, "armchair", periodic=True),
]
WAVE_NUMBERS = [0.0, 0.4, 1.3, -2.2, np.pi]


def bands(wire, k):
    """Energies of the clean wire at a phase k per slice."""
    slices = wire.slices()
    return np.linalg.eigvalsh(
        slices.h + slices.v * np.exp(1j * k) + slices.v.conj().T * np.exp(-1j * k)
    )


def across(width, periodic):
    if periodic:
        return 2 * np.cos(2 * np.pi * np.arange(width) / width)
    return 2 * np.cos(np.pi * np.arange(1, width + 1) / (width + 1))


def sums(*parts):
    return np.sort(np.add.outer(parts[0], parts[1]).ravel()) if len(parts) == 2 else np.sort(*parts)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
@pytest.mark.parametrize("lattice", [lat for lat in LATTICES if isinstance(lat, Square)])
def test_square_bands(lattice, k):
    expected = np.sort(2 * np.cos(k) + across(lattice.width, lattice.periodic))
    if lattice.width == 1:
        expected = [2 * np.cos(k)]
    assert np.allclose(bands(Wire(lattice), k), expected, atol=1e-13)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
@pytest.mark.parametrize("lattice", [lat for lat in LATTICES if isinstance(lat, Cubic)])
def test_cubic_bands(lattice, k):
    y = across(lattice.width, lattice.closed[0]) if lattice.width > 1 else [0.0]
    z = across(lattice.height, lattice.closed[1]) if lattice.height > 1 else [0.0]
    assert np.allclose(bands(Wire(lattice), k), 2 * np.cos(k) + sums(y, z), atol=1e-13)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
@pytest.mark.parametrize("width", [2, 4, 5])
def test_armchair_bands(width, k):
    # Standing waves across, p = pi r / (M + 1); k per period of two dimers and two gaps.
    p = np.pi * np.arange(1, width + 1) / (width + 1)
    size = np.sqrt(1 + 4 * np.cos(p) * np.cos(k / 2) + 4 * np.cos(p) ** 2)
    found = bands(Wire(Honeycomb(width, "armchair")), k)
    assert np.allclose(found, np.sort([*size, *-size]), atol=1e-12)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
@pytest.mark.parametrize("width", [1, 2, 7])
def test_zigzag_bands(width, k):
    # At fixed k the ribbon is a chain with alternating hopping 2 cos(k/2) and 1.
    hops = np.tile([2 * np.cos(k / 2), 1.0], width)[: 2 * width - 1]
    chain = np.diag(hops, 1) + np.diag(hops, -1)
    assert np.allclose(bands(Wire(Honeycomb(width)), k), np.linalg.eigvalsh(chain), atol=1e-13)


def honeycomb_sum(kx, ky):
    """Sum of exp(i k·d) over the three bonds from A to B."""
    steps = [(0.5, 3**-0.5 / 2), (-0.5, 3**-0.5 / 2), (0.0, -(3**-0.5))]
    return sum(np.exp(1j * (kx * x + ky * y)) for x, y in steps)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_a_zigzag_tube_cuts_the_bands_of_the_plane(k):
    tube = Honeycomb(6, periodic=True)
    # The rectangular cell of the tube holds two lines: both foldings of ky count, for which the
    # lattice translation (1/2, sqrt(3)/2) brings ky in steps of 2 pi / circumference.
    ky = 2 * np.pi * np.arange(6) / tube.circumference
    size = np.abs(honeycomb_sum(k, ky))
    found = bands(Wire(tube), k)
    assert np.allclose(found, np.sort([*size, *-size]), atol=1e-12)


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_bonds_lead_where_their_displacement_says(lattice):
    places, bonds = lattice.positions(), lattice.bonds()
    end = places[bonds.second] + bonds.ahead[:, None] * [lattice.period, 0, 0]
    off = places[bonds.first] + bonds.displacement - end
    for wrap in lattice.wraps():
        off -= np.round(off @ wrap / (wrap @ wrap))[:, None] * wrap
    assert np.allclose(off, 0, atol=1e-12)
    length = np.linalg.norm(bonds.displacement, axis=1)
    assert np.allclose(length, length[0] if len(length) else 1)
    # Listed once: no pair twice, nor in both directions.
    pairs = {
        (int(i), int(j), int(n), *np.round(d, 6))
        for i, j, n, d in zip(
            bonds.first, bonds.second, bonds.ahead, bonds.displacement, strict=True
        )
    }
    assert len(pairs) == len(bonds)
    assert not any((j, i, -n, *(-np.array(d) + 0.0)) in pairs for i, j, n, *d in pairs)


@pytest.mark.parametrize(("edge", "width"), [("zigzag", 6), ("armchair", 6)])
def test_second_neighbours_of_a_tube(edge, width):
    lattice = Honeycomb(width, edge, periodic=True)
    bonds, turn = second_neighbours(lattice)
    # Six second neighbours for each site, each pair counted once, all a lattice constant apart.
    assert len(bonds) == 3 * lattice.sites
    assert np.allclose(np.linalg.norm(bonds.displacement, axis=1), 1.0)
    signs = lattice.sublattice()
    assert (signs[bonds.first] == signs[bonds.second]).all()
    # From j to i around a hexagon counterclockwise: on A the turns are opposite to those on B.
    angle = np.arctan2(-bonds.displacement[:, 1], -bonds.displacement[:, 0])
    expected = np.round(np.sin(3 * angle) if edge == "armchair" else np.cos(3 * angle))
    assert (np.abs(expected) == 1).all()
    assert abs((turn * signs[bonds.first] * expected).sum()) == len(bonds)


@pytest.mark.parametrize("edge", ["zigzag", "armchair"])
def test_an_open_ribbon_keeps_the_second_neighbours_of_the_plane(edge):
    lattice = Honeycomb(6, edge)
    bonds, _ = second_neighbours(lattice)
    places, count = lattice.positions(), 0
    for n in (0, 1):
        step = places[None] + [n * lattice.period, 0, 0] - places[:, None]
        near = np.abs(np.linalg.norm(step, axis=2) - 1) < 1e-9
        count += near.sum() if n else np.triu(near).sum()
    assert len(bonds) == count


def test_custom_gives_back_its_matrices():
    rng = np.random.default_rng(3)
    h = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    v = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    h = h + h.conj().T
    v[2] = 0
    for orbitals in (1, 2, 3):
        lattice = Custom(h, v, orbitals=orbitals)
        wire = Wire(lattice)
        assert wire.orbitals == orbitals
        assert np.array_equal(wire.slices().h, h)
        assert np.array_equal(wire.slices().v, v)
        assert wire.onsite(0, range(3), 1).shape == (3, 6 // orbitals)
    assert Custom(h, v) == Custom(h.copy(), v.copy())
    assert hash(Custom(h, v)) == hash(Custom(h.copy(), v.copy()))
    assert Custom(h, v) != Custom(h, v, orbitals=2)


def test_custom_with_the_matrices_of_a_strip_is_the_strip():
    strip = Square(4)
    slices = Wire(strip, flux=0.1).slices()
    places = strip.positions()
    bare = Wire(strip).slices()
    found = Wire(Custom(bare.h, bare.v, positions=places), flux=0.1).slices()
    assert np.allclose(found.h, slices.h, atol=1e-15)
    assert np.allclose(found.v, slices.v, atol=1e-15)


def test_matrices_given_to_custom_cannot_change_later():
    h, v = np.zeros((2, 2)), np.eye(2)
    lattice = Custom(h, v)
    h[0, 0] = 5.0
    assert Wire(lattice).slices().h[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        Wire(lattice).slices().h[0, 0] = 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cubic(0, 3), "width (sites along y) must be >= 1, got 0"),
        (lambda: Cubic(3, 2.5), "height (sites along z) must be a whole number >= 1, got 2.5"),
        (lambda: Cubic(4, 2, periodic=True), "periodic along z needs >= 3 sites there, got 2"),
        (lambda: Cubic(4, 4, periodic="yz"), "periodic must be True, False or one of them"),
        (lambda: Honeycomb(4, "bearded"), 'edge must be "zigzag" or "armchair", got \'bearded\''),
        (lambda: Honeycomb(1, "armchair"), "width (dimer lines across) must be >= 2, got 1"),
        (lambda: Honeycomb(5, periodic=True), "needs an even width >= 4 (zigzag lines around)"),
        (lambda: Custom([[0, 1], [2, 0]], np.eye(2)), "h must be Hermitian, but h[0, 1] = 1+0j"),
        (lambda: Custom([[1j]], [[1]]), "h must be Hermitian, but h[0, 0] = 0+1j"),
        (lambda: Custom(np.eye(2), np.eye(3)), "the same shape, got (2, 2) and (3, 3)"),
        (lambda: Custom(np.ones((2, 3)), np.eye(2)), "h must be a square array, got shape (2, 3)"),
        (lambda: Custom(np.eye(2), [[1, np.nan], [0, 1]]), "v must be finite (units of t), got"),
        (lambda: Custom("no", np.eye(2)), "h must be a square array of numbers"),
        (lambda: Custom(np.eye(3), np.eye(3), orbitals=2), "no multiple of 2 orbitals"),
        (lambda: Custom(np.eye(2), np.eye(2), positions=[[0, 0]]), "must have the shape (2, 2)"),
        (lambda: Custom(np.eye(2), np.eye(2), period=0), "period must be > 0"),
        (lambda: Custom(np.eye(2), np.eye(2), period=np.inf), "period must be finite (lattice"),
        (lambda: Custom(np.eye(2), np.eye(2), period="a"), "period must be a number (lattice"),
        (lambda: Custom(np.eye(2), np.eye(2), positions="ab"), "an array of places (lattice"),
        (lambda: Honeycomb(4, ["zigzag"]), 'edge must be "zigzag" or "armchair", got [\'zigzag\']'),
    ],
)
def test_bad_lattices_are_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()


def test_sites_and_positions_agree():
    for lattice in LATTICES:
        assert lattice.positions().shape == (lattice.sites, 3)
        assert len(np.unique(np.round(lattice.positions(), 9), axis=0)) == lattice.sites
        assert Wire(lattice, Box(1.0)).onsite(0, range(2), 1).shape == (2, lattice.sites)
