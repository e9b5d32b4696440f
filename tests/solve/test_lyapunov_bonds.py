"""Lyapunov exponents with bond disorder, against plain loops, other solvers and symmetries."""

from dataclasses import dataclass

import numpy as np
import pytest

import qtcore as qt
from qtcore.lanes import LANES
from qtcore.model.disorder import BondDisorder
from qtcore.solve import bond_bars, gauged_bonds, random_stencil
from qtcore.solve.gauged_bonds import COMPLEX, PAIRED, REAL, GaugedBonds, parts_of
from qtcore.solve.lyapunov import lyapunov

ENERGY, SEED = 0.45, 5
BHZ = qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8)
WIRES = {
    "chain": (REAL, qt.Wire(qt.Chain(), (qt.RandomHopping(0.6), qt.Box(2.0)))),
    "random hopping": (REAL, qt.Wire(qt.Square(4), (qt.RandomHopping(1.0), qt.Box(1.0)))),
    "bonds that may be cut": (REAL, qt.Wire(qt.Square(3), (qt.RandomHopping(3.0), qt.Box(1.0)))),
    "doped chain": (REAL, qt.Wire(qt.Custom([[0.3]], [[-0.7]]), qt.RandomHopping(0.6))),
    "random phase": (COMPLEX, qt.Wire(qt.Square(4), (qt.RandomPhase(0.7), qt.Box(1.0)))),
    "random flux in a field": (
        COMPLEX,
        qt.Wire(qt.Square(4), (qt.RandomFlux(0.7), qt.Box(1.0)), flux=0.03),
    ),
    "random hopping in a field": (COMPLEX, qt.Wire(qt.Square(3), qt.RandomHopping(1.0), flux=0.1)),
    "both on a bar": (
        COMPLEX,
        qt.Wire(qt.Cubic(2, 3), (qt.RandomHopping(1.0), qt.RandomPhase(0.5))),
    ),
    "SU(2)": (PAIRED, qt.Wire(qt.Square(4), (qt.RandomSU2(), qt.Box(2.0)))),
    "SU(2) on a cylinder": (
        PAIRED,
        qt.Wire(qt.Square(4, periodic=True), (qt.RandomSU2(), qt.Box(3.0))),
    ),
    "SU(2) on a bar": (PAIRED, qt.Wire(qt.Cubic(3, 2), (qt.Box(3.0), qt.RandomSU2()))),
    "SU(2), hopping and Rashba": (
        PAIRED,
        qt.Wire(qt.Square(3), (qt.RandomHopping(0.5), qt.RandomSU2()), terms=(qt.Rashba(0.3),)),
    ),
    "hopping and Rashba": (
        PAIRED,
        qt.Wire(qt.Square(3), (qt.RandomHopping(0.5), qt.Box(2.0)), terms=(qt.Rashba(0.3),)),
    ),
    "SU(2) and Zeeman": (
        None,
        qt.Wire(qt.Square(3), (qt.RandomSU2(), qt.Box(2.0)), terms=(qt.Zeeman(0.1, 0.2, 0.3),)),
    ),
    "SU(2) and flux": (None, qt.Wire(qt.Square(3), (qt.RandomSU2(), qt.RandomFlux(0.5)))),
    "four orbitals": (None, qt.Wire(qt.Square(2), qt.RandomHopping(0.6), terms=(BHZ,))),
}


def plain_loop(wire, length, skip, realization, columns=None, energy=ENERGY):
    """Exponents of one bar by transfer matrices of `hopping_of` and NumPy's QR in every slice."""
    slices, sample = wire.slices(), np.array([realization], dtype=np.uint64)
    M = len(slices.h)
    eps = wire.potential_of(sample, 0, skip + length, SEED)[:, :, 0]
    hopping = wire.hopping_of(sample, 0, skip + length, SEED)
    h, v = hopping.inside.dense(M)[:, 0], hopping.ahead.dense(M)[:, 0]
    start = np.random.default_rng(4).standard_normal((2 * M, columns or M))
    Q, behind, total = np.linalg.qr(start)[0].astype(complex), slices.v, 0.0
    for n in range(skip + length):
        here, before = Q[:M], Q[M:]
        detuning = np.repeat(energy - eps[n], slices.orbitals)[:, None]
        right = detuning * here - h[n] @ here - behind.conj().T @ before
        Q, R = np.linalg.qr(np.concatenate([np.linalg.solve(v[n], right), here]))
        behind = v[n]
        total = total + (np.log(np.abs(np.diag(R))) if n >= skip else 0.0)
    return total / length


@pytest.mark.parametrize("name", WIRES)
def test_every_kind_of_bond_agrees_with_a_plain_transfer_matrix_loop(name):
    # The same bonds in both; the starts differ, which the skipped slices leave below 1e-5 of. Inside
    # equal pairs that are carried as two (BHZ) they stay different.
    parts, wire = WIRES[name]
    assert parts_of(wire) == parts
    found = lyapunov(wire, ENERGY, 640, [0, 1], SEED, skip=300).blocks[1].mean(axis=0)
    expected = plain_loop(wire, 640, 300, 1)
    assert found == pytest.approx(expected, abs=2e-3 if name == "four orbitals" else 1e-5)


@pytest.mark.parametrize("name", [name for name, (parts, _) in WIRES.items() if parts])
def test_the_gauge_leaves_the_hamiltonian(name):
    # The levels of a closed piece, whose bonds are made in several goes, are those of hopping_of.
    parts, wire = WIRES[name]
    M, length, samples = len(wire.slices().h), 7, np.arange(LANES, dtype=np.uint64)
    S, k = wire.width, wire.orbitals
    bonds = GaugedBonds(wire, parts, samples, SEED, 1.0)
    spins = 2 if parts == PAIRED else 1
    H = np.zeros((length, S, spins, length, S, spins), complex)
    lane, n = 3, 0
    for count in (4, 3):
        bonds.make(n, count)
        h, v = bonds.medium.h, bonds.medium.v_dagger.values
        values = h.values.reshape(bonds.slices, len(h.columns), parts, LANES)[:count, :, :, lane]
        rows = np.repeat(np.arange(S), np.diff(h.starts))
        for m in range(count):
            for row, column, number in zip(rows, h.columns, values[m], strict=True):
                H[n + m, row, :, n + m, column] = as_matrix(number)
            sizes = v[(m + 1) * S : (m + 2) * S, lane] if len(v) else np.ones(S)
            for site in range(S if n + m + 1 < length else 0):
                H[n + m, site, :, n + m + 1, site] = sizes[site] * np.eye(spins)
                H[n + m + 1, site, :, n + m, site] = sizes[site] * np.eye(spins)
        n += count
    D = length * M
    gauged = H.reshape(D, D) + np.diag(np.tile(np.repeat(bonds.onsite, k), length))
    hopping = wire.hopping_of(samples[lane : lane + 1], 0, length, SEED)
    inside, ahead = hopping.inside.dense(M)[:, 0], hopping.ahead.dense(M)[:, 0]
    expected = np.zeros((length, M, length, M), complex)
    for m in range(length):
        expected[m, :, m] = inside[m]
        if m + 1 < length:
            expected[m, :, m + 1], expected[m + 1, :, m] = ahead[m], ahead[m].conj().T
    levels = np.linalg.eigvalsh(expected.reshape(D, D))
    assert np.abs(np.linalg.eigvalsh(gauged) - levels).max() < 1e-12
    if parts == REAL:
        assert np.array_equal(gauged, expected.reshape(D, D))


def as_matrix(number):
    if len(number) < 4:
        return number[0] + (1j * number[1] if len(number) == 2 else 0)
    a, b = number[0] + 1j * number[1], number[2] + 1j * number[3]
    return np.array([[a, b], [-b.conjugate(), a.conjugate()]])


@pytest.mark.parametrize("name", [name for name, (parts, _) in WIRES.items() if parts == PAIRED])
def test_one_of_each_kramers_pair_tells_both(name, monkeypatch):
    # All columns, without the gauge and without quaternions, in the same bonds.
    wire = WIRES[name][1]
    half = lyapunov(wire, ENERGY, 640, range(3), SEED, skip=300).blocks
    monkeypatch.setattr(bond_bars, "parts_of", lambda _: None)
    whole = lyapunov(wire, ENERGY, 640, range(3), SEED, skip=300).blocks
    assert np.array_equal(half[:, :, 0::2], half[:, :, 1::2])
    # Inside a pair, the columns of all go on exchanging ends: its sum is what both know.
    pairs = (whole[:, :, 0::2] + whole[:, :, 1::2]) / 2
    # Where |v| is random, all of them hold v psi for psi, another length at both ends.
    tolerance = 0.5 / 640 if "hopping" in name else 1e-5
    assert half[:, :, 0::2].mean(axis=1) == pytest.approx(pairs.mean(axis=1), abs=tolerance)


@pytest.mark.parametrize("name", ["random hopping", "random flux in a field", "SU(2)"])
def test_exponents_come_with_both_signs_and_add_up(name):
    wire = WIRES[name][1]
    found = lyapunov(wire, ENERGY, 640, [0, 1], SEED, skip=300).blocks[1].mean(axis=0)
    both = plain_loop(wire, 640, 300, 1, columns=2 * len(found))
    assert both[: len(found)] == pytest.approx(found, abs=1e-5)
    # The decaying solutions in front of a wall that is 300 slices behind, not ahead, of the start.
    assert -both[len(found) :][::-1] == pytest.approx(found, abs=5 / 640)
    # Thouless: their sum is ln |det (E - H)| less ln |det v|, per slice, up to the ends.
    assert found.sum() == pytest.approx(thouless(wire, 640, 300, 1), abs=len(found) * 2 / 640)


def thouless(wire, length, skip, realization):
    """<ln |det (E - H)|> - <ln |det v|> of a piece, per slice, by elimination slice by slice."""
    M, sample = len(wire.slices().h), np.array([realization], dtype=np.uint64)
    eps = wire.potential_of(sample, skip, length, SEED)[:, :, 0]
    hopping = wire.hopping_of(sample, skip, length, SEED)
    h, v = hopping.inside.dense(M)[:, 0], hopping.ahead.dense(M)[:, 0]
    total, left = 0.0, np.zeros((M, M), complex)
    for n in range(length):
        block = np.diag(np.repeat(ENERGY - eps[n], wire.orbitals)) - h[n] - left
        total += np.linalg.slogdet(block)[1] - np.linalg.slogdet(v[n])[1]
        left = v[n].conj().T @ np.linalg.solve(block, v[n])
    return total / length


@pytest.mark.physics
def test_chiral_wires_have_pairs_at_the_band_centre_and_a_zero_if_they_are_odd():
    # Each sublattice has exponents of its own, those of the other with the sign changed, and the
    # same by translation: pairs, and a zero left over for an odd number (Brouwer, Mudry, Simons,
    # Altland, PRL 81, 862 (1998)).
    for kind in (qt.RandomHopping(1.0), qt.RandomPhase(1.0)):
        for width in (4, 5):
            found = lyapunov(qt.Wire(qt.Square(width), kind), 0.0, 4000, range(16), 7)
            error = 4 * np.hypot(found.errors[0:-1:2], found.errors[1::2])
            assert (np.abs(found.exponents[0:-1:2] - found.exponents[1::2]) < error).all()
            if width == 5:
                assert abs(found.exponents[-1]) < 4 * found.errors[-1]
                assert found.errors[-1] < 0.02 * found.exponents[-2]
            else:
                assert found.exponents[-1] > 20 * found.errors[-1]


@pytest.mark.physics
@pytest.mark.parametrize(("width", "bars"), [(4, 16), (8, 32)])
def test_the_su2_model_is_critical_where_it_was_published(width, bars):
    # Lambda_c = 1.843 at E = 1, W = 5.95: Asada, Slevin, Ohtsuki, PRB 70, 035115 (2004). Corrections
    # to scaling are 1 % for narrow strips.
    wire = qt.Wire(qt.Square(width, periodic=True), (qt.RandomSU2(), qt.Box(5.95)))
    xi, error = lyapunov(wire, 1.0, 8000, range(bars), 1, skip="forgotten").localization_length
    assert error / width < 0.02
    assert xi / width == pytest.approx(1.843, abs=0.02 + 3 * error / width)


@pytest.mark.physics
def test_spin_and_flux_move_the_transition_of_two_dimensions():
    # In two dimensions Lambda falls with the width, but for SU(2) below W = 5.95 it rises.
    def ratio(kind, W, width):
        wire = qt.Wire(qt.Square(width, periodic=True), (kind, qt.Box(W)))
        xi, error = lyapunov(wire, 1.0, 8000, range(32), 1).localization_length
        return xi / width, error / width

    cases = (
        (qt.RandomSU2(), 3.0, 1),
        (qt.RandomPhase(), 6.0, -1),
        (qt.RandomHopping(0.5), 6.0, -1),
    )
    for kind, W, sign in cases:
        (narrow, its), (wide, own) = ratio(kind, W, 4), ratio(kind, W, 8)
        assert sign * (wide - narrow) > 3 * np.hypot(its, own)


@pytest.mark.physics
def test_random_phases_are_random_fluxes_where_they_are_as_random_as_can_be():
    # Modulo h/e, sums of uniform phases are independent and uniform: two gauges of one ensemble.
    one, other = (
        lyapunov(qt.Wire(qt.Square(5), (kind, qt.Box(2.0))), 0.3, 8000, range(16), 2)
        for kind in (qt.RandomPhase(), qt.RandomFlux())
    )
    error = np.hypot(one.errors, other.errors)
    assert (error < 0.02 * one.exponents).all()
    assert (np.abs(one.exponents - other.exponents) < 3.5 * error).all()


@pytest.mark.parametrize("name", ["random phase", "SU(2)", "random hopping"])
def test_the_smallest_exponent_is_that_of_ln_g(name):
    # <ln g> = -2 gamma L, by the transfer solver on wires that are much longer than xi.
    wire = WIRES[name][1]
    found = lyapunov(wire, ENERGY, 4000, range(32), SEED)
    ln_g = qt.ln_conductance(wire, ENERGY, [300, 900], range(200), 6)
    fall = (ln_g[:, 0] - ln_g[:, 1]) / 1200
    error = np.hypot(fall.std(ddof=1) / np.sqrt(200), found.errors[-1])
    assert error < 0.03 * found.exponents[-1]
    assert found.exponents[-1] == pytest.approx(fall.mean(), abs=3 * error)


@dataclass(frozen=True)
class Weak(BondDisorder):
    """Bonds of random sign, some of which are almost cut; one is, on demand."""

    size: float = 1e-9
    cut: bool = False
    keeps_time_reversal = True

    def ensemble(self):
        return {"disorder": "weak", "size": self.size}

    def factors(self, lattice, bonds, address):  # noqa: ARG002 # as the contract has it
        numbers = np.arange(address.first_slice, address.first_slice + address.slices)
        shape = (address.slices, len(bonds.first), len(address.realizations))
        values = np.ones(shape, complex)
        values[numbers % 3 == 1] = -1.0
        values[numbers % 40 == 7, -1] = self.size
        if self.cut:
            values[numbers == 70, -1, address.realizations == 2] = 0.0
        return values[:, :, None, None]


@pytest.mark.parametrize("other", [qt.Box(2.0), qt.RandomPhase(0.3), qt.RandomSU2()])
def test_bonds_that_are_almost_cut_cost_no_exponent_its_digits(other):
    wire = qt.Wire(qt.Square(3), (Weak(), other, qt.Box(2.0)))
    found = lyapunov(wire, ENERGY, 640, [0, 1], SEED, skip=300).blocks[1].mean(axis=0)
    assert found == pytest.approx(plain_loop(wire, 640, 300, 1), abs=1e-5)


@pytest.mark.parametrize(
    "terms", [(), (qt.Rashba(0.3),), (qt.Zeeman(0.1, 0.2, 0.3),), (BHZ,)], ids=str
)
def test_a_bond_of_zero_is_named(terms):
    wire = qt.Wire(qt.Square(3), (Weak(1.0, cut=True), qt.Box(2.0)), terms=terms)
    with pytest.raises(
        qt.QtcoreError, match=r"(slice 70|slices 66 to 75) of realization.* is zero.*below 2"
    ):
        lyapunov(wire, ENERGY, 160, range(8), SEED)
    # Other groups of eight do not meet it.
    assert np.isfinite(lyapunov(wire, ENERGY, 160, range(8, 16), SEED).exponents).all()


def test_wires_that_have_no_such_exponents_are_refused():
    with pytest.raises(qt.InputError, match=r"singular.*docs/how-to/localization-length\.md"):
        lyapunov(qt.Wire(qt.Honeycomb(3), qt.RandomPhase()), 0.4, 100, range(2), 1)
    dense = qt.Custom(np.zeros((2, 2)), np.array([[1.0, 0.3], [0.2, 1.0]]))
    with pytest.raises(qt.InputError, match=r"its own successor only.*take ln_conductance"):
        lyapunov(qt.Wire(dense, qt.RandomHopping(0.5)), 0.4, 100, range(2), 1)


@pytest.mark.parametrize(
    "name", ["SU(2)", "random flux in a field", "random hopping", "SU(2) and Zeeman"]
)
def test_a_bar_has_its_bits_whatever_others_are_asked_for(name, monkeypatch):
    wire = WIRES[name][1]
    whole = lyapunov(wire, 0.1, 400, range(19), 3).blocks
    assert len(np.unique(whole[:, 0, -1])) == 19
    for numbers in ([7], [3, 18, 11]):
        found = lyapunov(wire, 0.1, 400, numbers, 3).blocks
        np.testing.assert_array_equal(found, whole[numbers])
    # How many slices are made at once sets where columns are looked at, and no more.
    monkeypatch.setattr(gauged_bonds, "_CHUNK", 1)
    monkeypatch.setattr(random_stencil, "_CHUNK", 7 * 16 * 60)
    assert lyapunov(wire, 0.1, 400, [7], 3).blocks == pytest.approx(whole[[7]], abs=1e-4)


@pytest.mark.parametrize("kind", [qt.RandomHopping(0.7), qt.RandomPhase(), qt.RandomSU2()])
def test_exponents_do_not_know_the_unit_of_energy(kind, monkeypatch):
    # Slices given as arrays are ensembles of their own; here they are one.
    monkeypatch.setattr(qt.Custom, "ensemble", lambda _: {"lattice": "one"})
    eps = np.random.default_rng(8).uniform(-0.8, 0.8, (176, 3))
    h, v = np.diag([0.3, -0.2, 0.1]) + qt.Square(3).transverse().real, np.diag([1.0, 0.8, 1.1])

    def found(s):
        wire = qt.Wire(qt.Custom(s * h, s * v), (kind, qt.Fixed(s * eps)))
        return lyapunov(wire, s * ENERGY, 160, range(4), SEED).blocks

    for s in (4.0**9, 4.0**-9):
        assert np.array_equal(found(s), found(1.0))
    assert found(3e5) == pytest.approx(found(1.0), abs=1e-6)
