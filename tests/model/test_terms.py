"""Terms have the bands of their formulas, and combine where that makes sense."""

import dataclasses
import math
import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.lattice import Cubic, Custom, Honeycomb, Square
from qtcore.model.terms import BHZ, QWZ, Ando, Haldane, KaneMele, Rashba, Zeeman
from qtcore.model.terms.contract import Contribution, Term
from qtcore.model.wire import Wire

WAVE_NUMBERS = [0.0, 0.4, 1.3, -2.2]
M = 6
KY = 2 * np.pi * np.arange(M) / M
SX, SY, SZ = (
    np.array(s, dtype=complex) for s in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])
)


def bands(wire, k):
    slices = wire.slices()
    return np.linalg.eigvalsh(
        slices.h + slices.v * np.exp(1j * k) + slices.v.conj().T * np.exp(-1j * k)
    )


def tube(*terms):
    return Wire(Square(M, periodic=True), terms=terms)


def both(*parts):
    return np.sort(np.concatenate([np.ravel(part) for part in parts]))


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_rashba_bands(k):
    alpha = 0.3
    split = 2 * alpha * np.hypot(np.sin(k), np.sin(KY))
    plain = 2 * np.cos(k) + 2 * np.cos(KY)
    assert np.allclose(bands(tube(Rashba(alpha)), k), both(plain + split, plain - split))


def test_rashba_turns_spins_the_way_its_formula_says():
    # h(k) of a chain: 2 cos k - 2 alpha sin k sigma_y.
    slices = Wire(qt.Chain(), terms=[Rashba(0.3)]).slices()
    k = 0.7
    found = slices.h + slices.v * np.exp(1j * k) + slices.v.conj().T * np.exp(-1j * k)
    assert np.allclose(found, 2 * math.cos(k) * np.eye(2) - 0.6 * math.sin(k) * SY)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_ando_bands(k):
    theta = math.pi / 6
    split = 2 * math.sin(theta) * np.hypot(np.sin(k), np.sin(KY))
    plain = 2 * math.cos(theta) * (np.cos(k) + np.cos(KY))
    assert np.allclose(bands(tube(Ando(theta)), k), both(plain + split, plain - split))


def test_ando_matrices_are_those_of_the_paper():
    slices = Wire(Square(2), terms=[Ando(math.pi / 6)]).slices()
    V1, V2 = math.sqrt(3) / 2, 0.5
    assert np.allclose(slices.v[:2, :2], [[V1, V2], [-V2, V1]])
    assert np.allclose(slices.h[:2, 2:], [[V1, -1j * V2], [-1j * V2, V1]])


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_ando_bands_of_a_bar(k):
    theta, N = 0.4, 3
    wire = Wire(Cubic(N, N, periodic=True), terms=[Ando(theta)])
    ky, kz = np.meshgrid(*2 * [2 * np.pi * np.arange(N) / N])
    split = 2 * math.sin(theta) * np.sqrt(sum(np.sin(q) ** 2 for q in (k, ky, kz)))
    plain = 2 * math.cos(theta) * (np.cos(k) + np.cos(ky) + np.cos(kz))
    assert np.allclose(bands(wire, k), both(plain + split, plain - split))


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_zeeman_bands(k):
    b = (0.1, -0.2, 0.3)
    plain = 2 * np.cos(k) + 2 * np.cos(KY)
    split = np.linalg.norm(b)
    assert np.allclose(bands(tube(Zeeman(*b)), k), both(plain + split, plain - split))
    slices = Wire(qt.Chain(), terms=[Zeeman(*b)]).slices()
    assert np.allclose(slices.h, b[0] * SX + b[1] * SY + b[2] * SZ)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
@pytest.mark.parametrize(("A", "m"), [(1.0, -1.0), (0.7, 0.4)])
def test_qwz_bands(A, m, k):
    size = np.sqrt(A**2 * (np.sin(k) ** 2 + np.sin(KY) ** 2) + (m + np.cos(k) + np.cos(KY)) ** 2)
    assert np.allclose(bands(tube(QWZ(A, m)), k), both(size, -size))
    chain = Wire(qt.Chain(), terms=[QWZ(A, m)]).slices()
    found = chain.h + chain.v * np.exp(1j * k) + chain.v.conj().T * np.exp(-1j * k)
    assert np.allclose(found, A * np.sin(k) * SX + (m + np.cos(k)) * SZ)


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_bhz_bands(k):
    A, B, D, mass, C = 0.9, -0.6, -0.3, -0.8, 0.2
    bulk = 2 - np.cos(k) - np.cos(KY)
    size = np.sqrt(A**2 * (np.sin(k) ** 2 + np.sin(KY) ** 2) + (mass - 2 * B * bulk) ** 2)
    even = C - 2 * D * bulk
    one = both(even + size, even - size)
    assert np.allclose(bands(tube(BHZ(A, B, D, mass, C)), k), np.repeat(one, 2))


def test_bhz_spins_are_images_of_each_other_under_time_reversal():
    slices = Wire(Square(3), terms=[BHZ(0.9, -0.6, -0.3, -0.8)]).slices()
    T = np.kron(np.eye(3), np.kron(1j * SY, np.eye(2)))
    for matrix in (slices.h, slices.v):
        assert np.allclose(T @ matrix.conj() @ T.T, matrix)
    up = np.tile([True, True, False, False], 3)
    assert not slices.h[np.ix_(up, ~up)].any()
    k = 0.3
    found = slices.v[:2, :2] * np.exp(1j * k) + (slices.v[:2, :2] * np.exp(1j * k)).conj().T
    assert np.allclose(
        found, 2 * math.cos(k) * (-0.3 * np.eye(2) - 0.6 * SZ) + 0.9 * math.sin(k) * SX
    )


def test_quantum_well_near_the_zone_centre():
    # E = ±sqrt(M² + A² k²) in meV and 1/nm, up to order k².
    k, a = 0.002, 5.0
    chain = Wire(Square(4, periodic=True), terms=[BHZ.quantum_well(-10.0, a)])
    found = bands(chain, k * a)
    expected = -512.0 * -1 * k**2
    mass = -10.0 + 686.0 * k**2
    size = math.sqrt(mass**2 + (364.5 * k) ** 2)
    for energy in (expected + size, expected - size):
        assert np.abs(found - energy).min() < 1e-3


def honeycomb(k, ky):
    steps = [(0.5, 3**-0.5 / 2), (-0.5, 3**-0.5 / 2), (0.0, -(3**-0.5))]
    turning = [(1.0, 0.0), (-0.5, 3**0.5 / 2), (-0.5, -(3**0.5) / 2)]
    f = sum(np.exp(1j * (k * x + ky * y)) for x, y in steps)
    cosines = sum(np.cos(k * x + ky * y) for x, y in turning)
    sines = sum(np.sin(k * x + ky * y) for x, y in turning)
    return np.abs(f), cosines, sines


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_haldane_bands(k):
    # Haldane 1988, eq. (1): energies even in t2 cos phi, mass term M - 2 t2 sin phi sum sin.
    t2, phi, mass, width = 0.2, 0.6, 0.3, 6
    lattice = Honeycomb(width, periodic=True)
    f, cosines, sines = honeycomb(k, 2 * np.pi * np.arange(width) / lattice.circumference)
    found = bands(Wire(lattice, terms=[Haldane(t2, phi, mass)]), k)
    candidates = []
    for sign in (1, -1):
        size = np.hypot(f, mass + sign * 2 * t2 * math.sin(phi) * sines)
        even = 2 * t2 * math.cos(phi) * cosines
        candidates.append(np.abs(both(even + size, even - size) - found).max())
    # The handedness of a lattice decides the sign, the same one for every k.
    assert candidates[1] < 1e-12
    assert k == 0 or candidates[0] > 1e-3


@pytest.mark.parametrize("k", WAVE_NUMBERS)
def test_kane_mele_bands(k):
    coupling, mass, width = 0.1, 0.2, 6
    lattice = Honeycomb(width, periodic=True)
    f, _, sines = honeycomb(k, 2 * np.pi * np.arange(width) / lattice.circumference)
    parts = []
    for sign in (1, -1):
        size = np.hypot(f, mass + sign * 2 * coupling * sines)
        parts += [size, -size]
    found = bands(Wire(lattice, terms=[KaneMele(coupling, mass)]), k)
    assert np.allclose(found, both(*parts), atol=1e-12)


def test_gaps_of_the_topological_models():
    # Kane and Mele: the gap 2 |3 sqrt(3) coupling - mass| closes on the boundary. The tube of 6
    # lines holds the corner K = (4 pi / 3, 0) of the zone.
    for mass in (0.0, 0.3, 3 * math.sqrt(3) * 0.1):
        wire = Wire(Honeycomb(6, periodic=True), terms=[KaneMele(0.1, mass)])
        gap = 2 * np.abs(bands(wire, 4 * np.pi / 3)).min()
        assert gap == pytest.approx(2 * abs(3 * math.sqrt(3) * 0.1 - mass), abs=1e-12)


@pytest.mark.parametrize(
    ("wire", "inside"),
    [
        (Wire(Square(24), terms=[QWZ(1.0, -1.0)]), 1),
        (Wire(Square(24), terms=[QWZ(1.0, -2.4)]), 0),
        (Wire(Honeycomb(20), terms=[Haldane(0.2, math.pi / 2)]), 1),
        (Wire(Honeycomb(21, "armchair"), terms=[Haldane(0.2, math.pi / 2, 1.3)]), 0),
        (Wire(Honeycomb(20), terms=[KaneMele(0.2)]), 2),
        (Wire(Square(24), terms=[BHZ(1.0, -1.0, 0.0, -1.0)]), 2),
        (Wire(Square(24), terms=[BHZ(1.0, -1.0, 0.0, 0.5)]), 0),
    ],
    ids=repr,
)
def test_edge_states_run_through_the_gap_of_an_insulator_with_an_odd_number(wire, inside):
    # States that cross E = 0.02 with positive slope, over the Brillouin zone.
    k = np.linspace(0, 2 * np.pi, 401) + 1e-3
    energies = np.array([bands(wire, q) for q in k])
    upwards = ((energies[:-1] < 0.02) & (energies[1:] >= 0.02)).sum()
    assert upwards == inside


def test_orbitals_and_potential():
    cases = [
        ([], 1),
        ([Rashba(0.1)], 2),
        ([Rashba(0.1), Zeeman(bz=0.1)], 2),
        ([QWZ()], 2),
        ([BHZ(1, 1, 0, 1), Zeeman(bz=0.1)], 4),
    ]
    for terms, orbitals in cases:
        wire = Wire(Square(3), terms=terms)
        assert wire.orbitals == orbitals == wire.slices().orbitals
        assert len(wire.slices().h) == 3 * orbitals
        assert wire.slices().sites == 3
        assert wire.onsite(0, range(2), 1).shape == (2, 3)


def test_spin_is_outermost_when_spaces_are_put_together():
    slices = Wire(qt.Chain(), terms=[BHZ(1, 0, 0, 0), Zeeman(bz=0.5)]).slices()
    assert np.allclose(slices.h.diagonal(), [0.5, 0.5, -0.5, -0.5])


@pytest.mark.parametrize(
    "wire",
    [
        Wire(Square(4), terms=[Rashba(0.2), Zeeman(0.1, 0.2, 0.3)], flux=0.1),
        Wire(Square(4), terms=[Ando(0.2)], flux=0.1),
        Wire(Square(4), terms=[QWZ(0.7)], flux=0.1),
        Wire(Square(4), terms=[BHZ(1, 0.4, 0.2, 0.1), Zeeman(by=1)], flux=0.1),
        Wire(Honeycomb(4), terms=[Haldane(0.1, 0.3), Rashba(0.1)], flux=0.1),
        Wire(Honeycomb(5, "armchair"), terms=[KaneMele(0.1, 0.3), Rashba(0.1)], flux=0.1),
        Wire(Cubic(3, 3), terms=[Ando(0.3), Zeeman(bx=0.1)], field=(0.1, 0.2, 0.3)),
    ],
    ids=repr,
)
def test_reversing_the_flux_reverses_time_for_all_but_the_terms(wire):
    slices = wire.slices()
    assert np.allclose(slices.h, slices.h.conj().T, atol=1e-15)
    assert slices.h.dtype == slices.v.dtype == np.complex128
    turned = dataclasses.replace(
        wire, flux=-wire.flux, field=tuple(-B for B in wire.field)
    ).slices()
    plain = dataclasses.replace(wire, flux=0.0, field=(0.0, 0.0, 0.0)).slices()
    # With p the phase factors, v = p v0 bond by bond: v(B) v(-B) = v0², entry by entry.
    for matrix in ("h", "v"):
        product = getattr(slices, matrix) * getattr(turned, matrix)
        assert np.allclose(product, getattr(plain, matrix) ** 2, atol=1e-14)


@pytest.mark.parametrize(
    ("lattice", "terms"),
    [
        (Square(3), [Rashba(0.2)]),
        (Square(3), [Ando(0.2)]),
        (Square(3), [BHZ(1, 0.4, 0.2, 0.1)]),
        (Honeycomb(3), [KaneMele(0.2, 0.1), Rashba(0.3)]),
        (Cubic(2, 3), [Ando(0.2)]),
    ],
    ids=repr,
)
def test_spin_orbit_coupling_keeps_time_reversal(lattice, terms):
    wire = Wire(lattice, terms=terms)
    T = np.kron(np.eye(lattice.sites), np.kron(1j * SY, np.eye(wire.orbitals // 2)))
    slices = wire.slices()
    for matrix in (slices.h, slices.v):
        assert np.allclose(T @ matrix.conj() @ T.T, matrix, atol=1e-15)
    broken = Wire(lattice, terms=[*terms, Zeeman(bz=0.1)]).slices().h
    assert np.abs(T @ broken.conj() @ T.T - broken).max() > 0.1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Wire(Square(3), terms=[1.0]), "terms must be a sequence of terms such as Rashba"),
        (lambda: Wire(Square(3), terms=Rashba(0.1)), "terms must be a sequence, such as terms=("),
        (lambda: Wire(Square(3), terms=[Rashba(0.1), Rashba(0.2)]), "a term may be given once"),
        (lambda: Wire(Square(3), terms=[Ando(0.1), QWZ()]), "set the hopping between neighbours"),
        (lambda: Wire(Square(3), terms=[Ando(0.1), Rashba(0.2)]), "goes with plain hopping"),
        (lambda: Wire(Square(3), terms=[QWZ(), Zeeman(bz=1)]), "acts on spin, but the electrons"),
        (lambda: Wire(Square(3), terms=[Haldane(0.1)]), "needs a lattice of two sublattices"),
        (
            lambda: Wire(Square(3), terms=[KaneMele(0.1)]),
            "KaneMele(coupling=0.1, mass=0.0) needs a lattice",
        ),
        (lambda: Wire(Honeycomb(3), terms=[QWZ()]), "needs unit steps along x and y"),
        (
            lambda: Wire(Cubic(3, 3), terms=[BHZ(1, 1, 1, 1)]),
            "needs unit steps along x and y, such as Square(...), got Cubic",
        ),
        (lambda: Wire(Cubic(3, 3), terms=[Rashba(0.1)]), "needs a lattice in the plane z = 0"),
        (lambda: Rashba("much"), "alpha must be a number (units of t), got 'much'"),
        (lambda: QWZ(m=float("nan")), "m must be finite (units of t), got nan"),
        (lambda: BHZ.quantum_well(-10, spacing=0), "spacing must be > 0 (nm), got 0.0"),
        (
            lambda: Wire(Custom(np.eye(4), np.eye(4), orbitals=2), terms=[Zeeman(bz=1)]),
            "has 2 orbitals per site of its own: write the terms into its h and v",
        ),
    ],
)
def test_bad_terms_are_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()


@dataclasses.dataclass(frozen=True)
class Given(Term):
    """A user's own term, with whatever it says."""

    value: complex = 0.0
    k: int = 1
    on_bonds: bool = False

    def contribution(self, lattice):
        bonds = lattice.bonds()
        count = len(bonds) if self.on_bonds else lattice.sites
        matrices = np.full((count, self.k, self.k), self.value, dtype=complex)
        if self.on_bonds:
            return Contribution(bonds=bonds.with_hopping(matrices))
        return Contribution(onsite=matrices)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (Given(0.5j), "h of a slice must be Hermitian, a term is off by 1 t"),
        (Given(np.nan), "must give finite matrices on sites (units of t)"),
        (Given(np.inf, on_bonds=True), "must give finite matrices on bonds (units of t)"),
        (Given(k=2), "must give matrices of the shape (3, 1, 1) on sites (spins times bands"),
        (Given(k=2, on_bonds=True), "must give matrices of the shape (5, 1, 1) on bonds (spins"),
    ],
)
def test_what_a_term_of_ones_own_gets_wrong_is_named(term, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        Wire(Square(3), terms=[term]).slices()
