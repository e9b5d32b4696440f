"""Bond disorder: the Hamiltonian bond by bond, the statistics of the factors, the symmetry class."""

import itertools
import math
import re

import numpy as np
import pytest
from scipy import stats

import qtcore as qt
from qtcore.model.address import part_key, uniforms
from qtcore.model.disorder import Box, RandomFlux, RandomHopping, RandomPhase, RandomSU2, Vacancies
from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
from qtcore.model.terms import BHZ, QWZ, Ando, Haldane, KaneMele, Rashba, Zeeman
from qtcore.model.wire import Wire

SEED = 7
KINDS = {
    "hopping": RandomHopping(0.8),
    "phase": RandomPhase(0.7),
    "flux": RandomFlux(0.6),
    "su2": RandomSU2(),
}


def numbers(*realizations):
    return np.array(realizations, dtype=np.uint64)


def closed_sample(wire, realization, length):
    """H of a sample without leads, (length * M, length * M), from what the wire hands out."""
    sample = numbers(realization)
    M = len(wire.slices().h)
    hopping = wire.hopping_of(sample, 0, length, SEED)
    inside, ahead = hopping.inside.dense(M)[:, 0], hopping.ahead.dense(M)[:, 0]
    eps = wire.potential_of(sample, 0, length, SEED)[:, :, 0]
    H = np.zeros((length, M, length, M), dtype=complex)
    for n in range(length):
        H[n, :, n] = inside[n] + np.diag(np.repeat(eps[n], wire.orbitals))
        if n + 1 < length:
            H[n, :, n + 1] = ahead[n]
            H[n + 1, :, n] = ahead[n].conj().T
    return H.reshape(length * M, length * M)


def drawn(key, realization, number):
    """The number in [-1/2, 1/2) at one address, asked for alone."""
    return uniforms(key, numbers(realization), number, 1)[0, 0]


def turned(turns):
    return np.exp(2j * np.pi * turns)


def factor_of(name, strength, key, realization, n, bond, per_slice):
    """The factor of one bond by the words of its docstring, as a 1 x 1 or 2 x 2 matrix."""
    at = n * per_slice + bond
    if name == "hopping":
        return np.array([[1 + strength * drawn(key, realization, at)]])
    if name == "phase":
        return np.array([[turned(strength * drawn(key, realization, at))]])
    u = [drawn(key, realization, 3 * at + i) for i in range(3)]
    b = math.asin(math.sqrt(u[2] + 0.5))
    first, second = turned(u[0]) * math.cos(b), turned(u[1]) * math.sin(b)
    return np.array([[first, second], [-np.conj(second), np.conj(first)]])


def numbered_bonds(lattice):
    """The lattice's own bonds as (ahead, first, second), in the order of their numbers."""
    bonds = lattice.bonds()
    found = zip(bonds.ahead.tolist(), bonds.first.tolist(), bonds.second.tolist(), strict=True)
    return sorted((a, i, j) if a else (0, min(i, j), max(i, j)) for a, i, j in found)


def matrix_of_bond(wire, ahead, i, j):
    k = wire.orbitals
    clean = wire.slices().v if ahead else wire.slices().h
    return clean[i * k : (i + 1) * k, j * k : (j + 1) * k]


@pytest.mark.parametrize(
    "names", ["hopping", "phase", "su2", "phase su2 hopping", "su2 su2"], ids=lambda names: names
)
@pytest.mark.parametrize(
    "wire",
    [
        Wire(Square(3), flux=0.13),
        Wire(Square(4, periodic=True), flux=0.25, terms=[Rashba(0.3), Zeeman(bz=0.2)]),
        Wire(Cubic(2, 3), field=(0.1, 0.2, 0.0), terms=[Ando(0.4)]),
        Wire(Honeycomb(3), flux=0.05),
        Wire(Square(2), terms=[BHZ(1.0, 0.7, 0.2, 0.5)]),
    ],
    ids=["strip", "tube", "bar", "honeycomb", "bhz"],
)
def test_a_sample_is_what_its_bonds_make(wire, names):
    kinds = [KINDS[name] for name in names.split()]
    random = Wire(
        wire.lattice, (Box(1.5), *kinds), flux=wire.flux, field=wire.field, terms=wire.terms
    )
    assert random.random_hopping
    L, sites, k = 4, wire.lattice.sites, random.orbitals
    keys = [random.key(SEED, 1 + number) for number in range(len(kinds))]
    onsite_key = random.key(SEED, 0)
    bonds = numbered_bonds(wire.lattice)
    H = np.zeros((L, sites, L, sites, k, k), dtype=complex)
    own = random.slices().h.reshape(sites, k, sites, k)
    for n, i in itertools.product(range(L), range(sites)):
        H[n, i, n, i] = own[i, :, i] + 1.5 * drawn(onsite_key, 5, n * sites + i) * np.eye(k)
    for n, (number, (ahead, i, j)) in itertools.product(range(L), enumerate(bonds)):
        if n + ahead == L:
            continue
        matrix = matrix_of_bond(random, ahead, i, j)
        for name, kind, key in zip(names.split(), kinds, keys, strict=True):
            strength = getattr(kind, "strength", None)
            factor = factor_of(name, strength, key, 5, n, number, len(bonds))
            matrix = np.kron(factor, np.eye(k // len(factor))) @ matrix
        H[n, i, n + ahead, j] += matrix
        H[n + ahead, j, n, i] += matrix.conj().T
    truth = H.transpose(0, 1, 4, 2, 3, 5).reshape(L * sites * k, -1)
    assert np.allclose(closed_sample(random, 5, L), truth, rtol=0, atol=1e-14)
    assert np.allclose(truth, truth.conj().T, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("wire", "plaquettes"),
    [
        (
            Wire(Square(4), RandomFlux(0.6), flux=0.11),
            [[(0, y), (1, y), (1, y + 1), (0, y + 1)] for y in range(3)],
        ),
        (
            Wire(Square(3), RandomFlux(0.6), flux=0.11, terms=[Ando(0.0)]),
            [[(0, y), (1, y), (1, y + 1), (0, y + 1)] for y in range(2)],
        ),
        (
            Wire(Honeycomb(3), RandomFlux(0.6), flux=0.11),
            # Site 2 * line + sublattice; hexagons between the lines 0 and 1, and 1 and 2.
            [
                [(0, 1), (1, 0), (1, 1), (1, 2), (1, 3), (0, 2)],
                [(0, 3), (0, 2), (1, 3), (1, 4), (0, 5), (0, 4)],
            ],
        ),
        (
            Wire(Honeycomb(5, "armchair"), RandomFlux(0.6), flux=0.11),
            # Around the lines 1, 2 and 3, each with a dimer below it and one above it.
            [
                [(1, 0), (1, 1), (1, 2), (1, 5), (1, 4), (0, 3)],
                [(1, 2), (1, 3), (2, 4), (1, 7), (1, 6), (1, 5)],
                [(1, 4), (1, 5), (1, 6), (1, 9), (1, 8), (0, 7)],
            ],
        ),
    ],
    ids=["square", "with spin", "zigzag", "armchair"],
)
def test_each_plaquette_has_its_own_flux(wire, plaquettes):
    L, k, sites = 5, wire.orbitals, wire.lattice.sites
    H = closed_sample(wire, 3, L).reshape(L, sites, k, L, sites, k)[:, :, 0, :, :, 0]
    key = wire.key(SEED)
    for n, (number, corners) in itertools.product(range(L - 2), enumerate(plaquettes)):
        around = 1.0
        for (a, i), (b, j) in itertools.pairwise([*corners, corners[0]]):
            around *= H[n + a, i, n + b, j]
        own_slice = n + corners[0][0]
        flux = 0.6 * drawn(key, 3, own_slice * len(plaquettes) + number)
        assert np.isclose(around, turned(0.11 + flux), rtol=0, atol=1e-13)


def plaquette_fluxes(wire, L, R):
    """Fluxes of a square strip, (slice, plaquette, R), in h/e, modulo 1."""
    M = wire.lattice.sites
    hopping = wire.hopping_of(np.arange(R, dtype=np.uint64), 0, L, SEED)
    h, v = (part.dense(M).transpose(0, 2, 3, 1) for part in (hopping.inside, hopping.ahead))
    y = np.arange(M - 1)
    along, across = v[:, np.arange(M), np.arange(M)], h[:, y, y + 1]
    around = along[:-1, :-1] * across[1:] * along[:-1, 1:].conj() * across[:-1].conj()
    return np.angle(around) / (2 * np.pi)


def test_fluxes_of_plaquettes_are_uniform_and_independent():
    M, L, R, s = 4, 40, 100, 0.5
    flux = plaquette_fluxes(Wire(Square(M), RandomFlux(s)), L, R)
    assert stats.kstest(flux.ravel() / s + 0.5, "uniform").pvalue > 1e-3
    # Sample correlations of neighbours have the standard error 1 / sqrt(pairs) <= 0.0114.
    for one, other in ((flux[:-1], flux[1:]), (flux[:, :-1], flux[:, 1:])):
        r = np.corrcoef(one.ravel(), other.ravel())[0, 1]
        assert abs(r) < 4 / math.sqrt(one.size)


def test_random_phases_make_fluxes_that_neighbours_share():
    # A shared bond of four counts with opposite signs: correlation -1/4, standard error below
    # 1 / sqrt(pairs) <= 0.0114; fully random phases leave fluxes independent.
    for s, expected in ((0.2, -0.25), (1.0, 0.0)):
        flux = plaquette_fluxes(Wire(Square(4), RandomPhase(s)), 40, 100)
        for one, other in ((flux[:-1], flux[1:]), (flux[:, :-1], flux[:, 1:])):
            r = np.corrcoef(one.ravel(), other.ravel())[0, 1]
            assert abs(r - expected) < 4 / math.sqrt(one.size)
    assert stats.kstest(flux.ravel() + 0.5, "uniform").pvalue > 1e-3


def test_random_hopping_is_a_box():
    w = 0.8
    wire = Wire(Cubic(2, 2), RandomHopping(w))
    hopping = wire.hopping_of(np.arange(64, dtype=np.uint64), 0, 40, SEED)
    upper = hopping.inside.rows < hopping.inside.columns
    values = np.concatenate([hopping.inside.values[:, upper].ravel(), hopping.ahead.values.ravel()])
    assert len(values) == 64 * 40 * 8
    assert np.all(values.imag == 0)
    assert stats.kstest((values.real - 1) / w + 0.5, "uniform").pvalue > 1e-3


def test_random_su2_is_uniform_by_the_haar_measure():
    # No spin state is preferred: <|U_ij|²> = 1/2, <|U_11|⁴> = 1/3 (variances 1/12 and 4/45),
    # |U_11|² is uniform, and (Tr U)²/4 has the mean 1/4 of the semicircle (variance 1/16).
    wire = Wire(Chain(), RandomSU2())
    hopping = wire.hopping_of(np.arange(100, dtype=np.uint64), 0, 200, SEED)
    U = hopping.ahead.dense(2).reshape(-1, 2, 2)
    n = len(U)
    assert n == 20000
    assert np.allclose(U @ U.conj().transpose(0, 2, 1), np.eye(2), rtol=0, atol=1e-15)
    assert np.allclose(np.linalg.det(U), 1, rtol=0, atol=1e-15)
    share = np.abs(U[:, 0, 0]) ** 2
    assert abs(share.mean() - 1 / 2) < 4 * math.sqrt(1 / 12 / n)
    assert abs((share**2).mean() - 1 / 3) < 4 * math.sqrt(4 / 45 / n)
    assert stats.kstest(share, "uniform").pvalue > 1e-3
    half = np.trace(U, axis1=1, axis2=2).real / 2
    assert abs((half**2).mean() - 1 / 4) < 4 * math.sqrt(1 / 16 / n)
    # Turned by any fixed rotation the distribution of the trace stays: here by pi about y.
    other = np.trace(U @ np.array([[0, -1], [1, 0]]), axis1=1, axis2=2).real / 2
    assert stats.ks_2samp(half, other).pvalue > 1e-3


@pytest.mark.parametrize("lattice", [Square(3), Honeycomb(2)])
@pytest.mark.parametrize("name", KINDS)
def test_a_bond_depends_on_its_address_only(name, lattice):
    wire = Wire(lattice, (Box(1.0), KINDS[name], RandomHopping(0.3)), flux=0.1)
    whole = wire.hopping_of(numbers(3, 2**33 + 1, 9), 0, 30, SEED)
    for first, slices in ((0, 1), (0, 7), (11, 19), (29, 1), (4, 0)):
        part = wire.hopping_of(numbers(3, 2**33 + 1, 9), first, slices, SEED)
        assert np.array_equal(part.inside.values, whole.inside.values[first : first + slices])
        assert np.array_equal(part.ahead.values, whole.ahead.values[first : first + slices])
    group = wire.hopping_of(numbers(*range(19), 9), 5, 3, SEED)
    for one, other in ((group.inside, whole.inside), (group.ahead, whole.ahead)):
        assert np.array_equal(one.values[:, :, [3, 9, 19]], other.values[5:8][:, :, [0, 2, 2]])
    varying = (whole.inside if lattice == Honeycomb(2) and name != "flux" else whole.ahead).values
    assert np.ptp(np.abs(varying - varying[:, :, :1])) > 0
    assert wire.hopping_of(numbers(), 0, 3, SEED).ahead.values.shape[2] == 0


@pytest.mark.parametrize("one", KINDS.values())
def test_kinds_have_keys_of_their_own(one):
    others = [kind for kind in KINDS.values() if kind is not one]
    keys = [tuple(Wire(Square(4), kind).key(SEED)) for kind in (one, *others)]
    twice = Wire(Square(4), (one, Box(1.0), one))
    keys += [tuple(twice.key(SEED, number)) for number in (1, 2)]
    assert len(set(keys)) == 6
    assert tuple(twice.key(SEED, 0)) == keys[0]


def test_equal_kinds_multiply_independently():
    both = Wire(Chain(), (RandomHopping(0.5), RandomHopping(0.5)))
    single = Wire(Chain(), RandomHopping(0.5))
    R = np.arange(400, dtype=np.uint64)
    product = both.hopping_of(R, 0, 50, SEED).ahead.values
    first = single.hopping_of(R, 0, 50, SEED).ahead.values
    second = (product / first).real
    assert second.min() > 0.75 - 1e-12
    assert second.max() < 1.25
    # Standard error of the correlation 1 / sqrt(20000) = 0.007.
    assert abs(np.corrcoef(first.real.ravel(), second.ravel())[0, 1]) < 0.028


@pytest.mark.parametrize(
    "wire",
    [
        Wire(Square(4), Box(1.0), flux=0.1),
        Wire(Honeycomb(4), terms=[KaneMele(0.2), Rashba(0.1)], flux=0.1),
        Wire(Square(3, periodic=True), terms=[QWZ()]),
        Wire(Cubic(2, 2), field=(0.1, 0.0, 0.0)),
        Wire(Custom([[1, 2j], [-2j, 0]], [[0, 1], [0, 3]])),
    ],
)
def test_without_bond_disorder_it_is_the_clean_wire(wire):
    assert not wire.random_hopping
    slices, M = wire.slices(), len(wire.slices().h)
    hopping = wire.hopping_of(numbers(0, 1), 3, 2, SEED)
    assert np.array_equal(hopping.inside.dense(M), np.broadcast_to(slices.h, (2, 2, M, M)))
    assert np.array_equal(hopping.ahead.dense(M), np.broadcast_to(slices.v, (2, 2, M, M)))
    for entries in (hopping.inside, hopping.ahead):
        places = entries.rows * M + entries.columns
        assert np.all(np.diff(places) > 0)


def test_terms_do_not_change_the_draws_of_neighbours():
    plain = Wire(Honeycomb(3), RandomHopping(0.8))
    further = Wire(Honeycomb(3), RandomHopping(0.8), terms=[Haldane(0.2)])
    R = numbers(4)
    own = plain.hopping_of(R, 2, 3, SEED).inside.dense(6)
    more = further.hopping_of(R, 2, 3, SEED).inside.dense(6)
    there = own != 0
    assert np.array_equal(own[there], more[there])
    # The further bonds draw from a key of their own: the first is number 0 of it.
    clean = further.slices().h
    i, j = np.argwhere(np.triu(clean, 1) * (plain.slices().h == 0))[0]
    key = part_key(further.key(SEED), 1)
    count = np.count_nonzero(further.slices().v * (plain.slices().v == 0))
    count += np.count_nonzero(np.triu(clean, 1) * (plain.slices().h == 0))
    expected = clean[i, j] * (1 + 0.8 * drawn(key, 4, 2 * count))
    assert np.isclose(more[0, 0, i, j], expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("kind", [RandomFlux(0.7), RandomPhase(1.0), RandomHopping(1.0)])
@pytest.mark.parametrize("lattice", [Square(4), Honeycomb(3)])
def test_without_on_site_disorder_the_spectrum_is_symmetric(kind, lattice):
    E = np.linalg.eigvalsh(closed_sample(Wire(lattice, kind), 1, 7))
    assert np.allclose(E, -E[::-1], rtol=0, atol=1e-12)
    broken = np.linalg.eigvalsh(closed_sample(Wire(lattice, (kind, Box(1.0))), 1, 7))
    assert np.abs(broken + broken[::-1]).max() > 1e-2


@pytest.mark.parametrize("lattice", [Square(3), Cubic(2, 2), Honeycomb(3, "armchair")])
def test_su2_keeps_kramers_pairs_and_a_field_splits_them(lattice):
    E = np.linalg.eigvalsh(closed_sample(Wire(lattice, (Box(2.0), RandomSU2())), 1, 6))
    assert np.allclose(E[::2], E[1::2], rtol=0, atol=1e-12)
    assert np.diff(E[::2]).min() > 1e-6
    split = Wire(lattice, (Box(2.0), RandomSU2()), flux=0.1)
    if lattice == Cubic(2, 2):
        split = Wire(lattice, (Box(2.0), RandomSU2()), field=(0.0, 0.0, 0.1))
    E = np.linalg.eigvalsh(closed_sample(split, 1, 6))
    assert np.abs(E[::2] - E[1::2]).max() > 1e-3


def test_random_phases_of_a_tree_change_no_level():
    # A chain has no plaquette: any phases can be gauged away.
    clean = np.linalg.eigvalsh(closed_sample(Wire(Chain(), Box(1.0)), 2, 20))
    turned_bonds = np.linalg.eigvalsh(
        closed_sample(Wire(Chain(), (Box(1.0), RandomPhase())), 2, 20)
    )
    assert np.allclose(clean, turned_bonds, rtol=0, atol=1e-12)


def test_bond_disorder_is_no_plain_strip_and_su2_doubles_the_orbitals():
    for kind in KINDS.values():
        assert Wire(Square(3), kind).plain_strip is None
        assert Wire(Square(3), (Box(1.0), kind)).plain_strip is None
    wire = Wire(Square(3), RandomSU2())
    assert wire.orbitals == 2
    assert wire.slices().h.shape == wire.slices().lead_h.shape == (6, 6)
    clean = Wire(Square(3)).slices()
    assert np.array_equal(wire.slices().h, np.kron(clean.h, np.eye(2)))
    assert wire.potential_of(numbers(0), 0, 2, SEED).shape == (2, 3, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomHopping(-0.1), "strength of RandomHopping must be >= 0 (full width"),
        (lambda: RandomHopping("w"), "strength of RandomHopping must be a number (full width"),
        (lambda: RandomPhase(math.nan), "strength of RandomPhase must be finite (full width in"),
        (lambda: RandomFlux(-1), "strength of RandomFlux must be >= 0 (full width in h/e)"),
        (
            lambda: Wire(Square(4, periodic=True), RandomFlux(0.5)),
            "RandomFlux goes with strips with hard walls, Square(M) or Honeycomb(M), got "
            "Square(width=4, periodic=True); use RandomPhase(strength) there",
        ),
        (lambda: Wire(Cubic(2, 2), RandomFlux(0.5)), "RandomFlux goes with strips with hard walls"),
        (
            lambda: Wire(Honeycomb(4, periodic=True), (Vacancies(0.1), RandomFlux(0.5))),
            "Square(M) or Honeycomb(M), got Honeycomb(width=4, edge='zigzag'",
        ),
        (
            lambda: Wire(Honeycomb(4), RandomFlux(0.5), terms=[Haldane(0.1)]),
            "RandomFlux(strength=0.5) is for hopping between neighbours, but Haldane(t2=0.1",
        ),
        (
            lambda: Wire(Square(4), RandomSU2(), terms=[QWZ()]),
            "RandomSU2() acts on spin, but the electrons of QWZ(A=1.0, m=-1.0) have none",
        ),
        (
            lambda: Wire(Custom(np.eye(4), np.eye(4), orbitals=2), RandomSU2()),
            "RandomSU2() acts on spin, but what the 2 orbitals of Custom(",
        ),
        (
            lambda: Wire(Square(4), RandomFlux()).hopping_of(numbers(0), -1, 2, SEED),
            "first slice must be >= 0, got -1",
        ),
        (
            lambda: Wire(Square(4), RandomFlux()).hopping_of(numbers(0), 0, 2, -SEED),
            "seed must be >= 0, got -7",
        ),
    ],
)
def test_bad_bond_disorder_is_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()
