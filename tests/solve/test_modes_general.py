"""Modes of any lead: singular couplings, degenerate modes, thresholds, and what is refused."""

import re
from decimal import Context, Decimal, localcontext

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import pencil
from qtcore.solve.lead_modes import general_modes, lead_modes
from qtcore.solve.separable import clean_modes


def qwz(width, m=-1.0):
    """Two-band Chern insulator with A = 1 (physics.md section 15): the coupling is singular."""
    sx, sy, sz = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    across = np.kron(np.eye(width, k=1), sz / 2 + sy / 2j)
    h = np.kron(np.eye(width), m * sz) + across + across.conj().T
    return h, np.kron(np.eye(width), sz / 2 + sx / 2j)


def zigzag(rows):
    """Honeycomb ribbon: chains of A and B sites, coupled A_j(n) to B_j(n + 1): v is nilpotent."""
    h = np.zeros((2 * rows, 2 * rows), complex)
    bond = np.arange(2 * rows - 1)
    h[bond, bond + 1] = h[bond + 1, bond] = 1
    v = np.zeros_like(h)
    v[np.arange(0, 2 * rows, 2), np.arange(1, 2 * rows, 2)] = 1
    return h, v


def spinful(width, spin_orbit):
    """Strip with Rashba coupling: Kramers pairs, S^T = -S rather than S."""
    sx, sy = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])
    across = np.kron(np.eye(width, k=1), np.eye(2) - 1j * spin_orbit * sx)
    return across + across.conj().T, np.kron(np.eye(width), np.eye(2) + 1j * spin_orbit * sy)


def random_lead(size, rank, seed):
    rng = np.random.default_rng(seed)
    h, a, b = (
        rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
        for shape in [(size, size), (size, rank), (rank, size)]
    )
    return h + h.conj().T, a @ b


LEADS = {
    "chern insulator": (*qwz(6), 1.4),
    "chern insulator in its gap": (*qwz(6), 0.05),
    "zigzag ribbon": (*zigzag(5), 0.7),
    "zigzag ribbon, edge": (*zigzag(8), 0.03),
    "Rashba strip": (*spinful(5, 0.3), -1.1),
    "two equal strips": (np.kron(np.eye(2), qt.Square(4).transverse()), 0.9 * np.eye(8), 0.4),
    "field across": (np.kron(qt.Square(3).transverse(phase=0.4), np.eye(2)), np.eye(6), 0.4),
    "random": (*random_lead(5, 5, 1), 0.3),
    "random of rank two": (*random_lead(6, 2, 5), 0.3),
    "field": (qt.Square(33).transverse(), np.diag(np.exp(-2j * np.pi / 60 * np.arange(33))), 1.9),
}
LEADS |= {
    name: (slices.lead_h, slices.lead_v, energy)
    for name, slices, energy in [
        # The pencil of a wide armchair ribbon is nearly singular at lambda = 0.
        ("armchair ribbon", qt.Wire(qt.Honeycomb(40, "armchair")).slices(), 0.37),
        ("ribbon in a field", qt.Wire(qt.Honeycomb(12), flux=0.05).slices(), 0.6),
        ("bar in a field", qt.Wire(qt.Cubic(4, 4), field=(0.0, 0.02, 0.05)).slices(), 0.5),
        ("wide strip in a field", qt.Wire(qt.Square(80), flux=0.01).slices(), 0.5),
    ]
}


def channels_by_bands(h, v, energy):
    """Count where the bands E_n(k) cross the energy, half of it for each direction."""
    k = np.linspace(0, 2 * np.pi, 1001 if len(h) > 40 else 4001)[:, None, None]
    along = np.exp(1j * k) * v
    bands = np.linalg.eigvalsh(h + along + along.conj().swapaxes(1, 2))
    return int((np.diff(bands > energy, axis=0) != 0).sum()) // 2


@pytest.mark.parametrize("name", LEADS)
def test_self_energies_are_the_leads_own(name):
    # The lead with one slice more is the same lead: Sigma = v (E - h - Sigma)^-1 v^+. Of the many
    # solutions the retarded one has a positive broadening, of rank N.
    h, v, energy = LEADS[name]
    modes = general_modes(h, v, energy)
    assert modes.channels == channels_by_bands(h, v, energy) > 0
    left, right = modes.self_energies(v)
    E = energy * np.eye(len(h))
    scale = max(1, np.abs(left).max(), np.abs(right).max())
    again = v @ np.linalg.solve(E - h - right, v.conj().T)
    assert np.abs(again - right).max() < 1e-11 * scale
    again = v.conj().T @ np.linalg.solve(E - h - left, v)
    assert np.abs(again - left).max() < 1e-11 * scale
    for sigma in (left, right):
        broad = np.linalg.eigvalsh(1j * (sigma - sigma.conj().T))
        assert broad.min() > -1e-10 * scale
        assert (broad > 1e-9 * scale).sum() == modes.channels


@pytest.mark.parametrize("name", LEADS)
def test_open_modes_carry_unit_flux_one_by_one(name):
    h, v, energy = LEADS[name]
    modes = general_modes(h, v, energy)
    for now, ahead, sign in [
        (modes.left, modes.left_ahead, -1),
        (modes.right, modes.right_ahead, 1),
    ]:
        half = now.conj().T @ v @ ahead
        expected = np.zeros(half.shape)
        expected[: modes.channels, : modes.channels] = sign * np.eye(modes.channels)
        assert np.abs(1j * (half - half.conj().T) - expected).max() < 1e-10


@pytest.mark.parametrize("name", LEADS)
def test_outgoing_waves_are_the_retarded_ones(name):
    # Decimation (Lopez Sancho et al., J. Phys. F 15, 851 (1985)) with an absorption eta is an
    # independent algorithm; it differs by O(eta).
    h, v, energy = LEADS[name]
    right = general_modes(h, v, energy).self_energies(v)[1]
    distance = []
    for eta in (1e-5, 1e-6):
        E = (energy + 1j * eta) * np.eye(len(h))
        bulk, surface, ahead, back = h + 0j, h + 0j, v + 0j, v.conj().T
        for _ in range(40):
            g = np.linalg.inv(E - bulk)
            surface = surface + ahead @ g @ back
            bulk = bulk + ahead @ g @ back + back @ g @ ahead
            ahead, back = ahead @ g @ ahead, back @ g @ back
        sigma = v @ np.linalg.solve(E - surface, v.conj().T)
        distance.append(np.abs(sigma - right).max())
    assert distance[1] < 1e-3
    assert distance[1] == pytest.approx(distance[0] / 10, rel=0.1)


def test_crossing_channels_are_told_apart():
    # Edge states that move opposite ways with the same k at E = 0: the current alone does not say
    # which mixture leaves (any hyperbolic rotation keeps it); the retarded one must come out.
    h, v = qwz(12)
    right = general_modes(h, v, 0.0).self_energies(v)[1]
    near = general_modes(h, v, 1e-7).self_energies(v)[1]
    assert np.abs(right - near).max() < 1e-5


@pytest.mark.parametrize("lattice", [qt.Square(1), qt.Square(9), qt.Square(6, periodic=True)])
def test_closed_form_and_schur_form_agree(lattice):
    # A uniform phase of the coupling is a gauge, but takes the general path.
    energy, v = 0.47, np.exp(0.3j) * np.eye(lattice.width)
    closed_form = clean_modes(lattice, energy)
    found = general_modes(lattice.transverse(), v, energy)
    assert found.channels == closed_form.channels
    assert closed_form.separable is not None
    assert found.separable is None
    expected = closed_form.self_energies(np.eye(lattice.width))
    for one, other in zip(found.self_energies(v), expected, strict=True):
        assert np.abs(one - other).max() < 1e-12


def test_modes_of_a_field_are_well_conditioned():
    # Eigenvectors of the closed modes would have a condition of 2e6 here.
    modes = lead_modes(qt.Square(33), 1.9, 2 * np.pi / 60)
    both = np.block([[modes.left, modes.right], [modes.left_ahead, modes.right_ahead]])
    assert np.linalg.cond(both) < 50


def test_modes_of_a_real_lead_are_partners_under_time_reversal():
    modes = general_modes(qt.Square(5).transverse(), 1.1 * np.eye(5), 0.3)
    N = modes.channels
    assert np.abs(modes.left[:, :N] - modes.right[:, :N].conj()).max() < 1e-12
    assert np.abs(modes.left_ahead[:, :N] - modes.right_ahead[:, :N].conj()).max() < 1e-12


@pytest.mark.parametrize("phase", [0.0, 0.3])
@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize(
    ("width", "energy", "channels"),
    # Transverse energies ±sqrt(3), ±1, 0 of width 5, ±1 of width 2: a band edge each; the number of
    # channels below and above.
    [(5, 1.0, (4, 3)), (5, -1.0, (3, 4)), (2, 1.0, (2, 1)), (3, 2.0, (2, 1)), (3, -2.0, (1, 2))],
)
def test_an_exact_threshold_is_the_limit_from_above(width, energy, channels, copies, phase):
    h = np.kron(qt.Square(width).transverse(), np.eye(copies))
    v = np.exp(1j * phase) * np.eye(len(h))
    # A phase that is no binary number changes |v|, and with it the threshold, in the 17th digit.
    sides = [(1e-14, 1), (-1e-14, 0), (1e-12, 1)] + ([(0.0, 1)] if phase == 0 else [])
    for distance, side in sides:
        modes = general_modes(h, v, energy + distance)
        assert modes.channels == channels[side] * copies
        assert all(np.isfinite(sigma).all() for sigma in modes.self_energies(v))


@pytest.mark.parametrize(
    ("h", "v", "energy", "message"),
    [
        (np.zeros((1, 1)), np.eye(1), 2.5, "no open channel at energy 2.5"),
        (*qwz(4, m=-3.0), 0.1, "no open channel at energy 0.1"),
        (np.zeros((2, 2)), np.eye(3), 0.5, "must be square and alike, got (2, 2) and (3, 3)"),
        (np.array([[0, 1], [0, 0]]), np.eye(2), 0.5, "must be Hermitian"),
        (np.array([[np.nan]]), np.eye(1), 0.5, "must be finite"),
        (np.eye(2), np.zeros((2, 2)), 0.5, "do not couple: lead_v is zero"),
    ],
)
def test_what_is_no_lead_is_refused(h, v, energy, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        general_modes(h, v, energy)


def test_states_that_do_not_move_are_named():
    # A site beside the chain that hangs on nothing, right at its energy.
    h, v = np.diag([0.0, 0.5]), np.diag([1.0, 0.0])
    with pytest.raises(qt.QtcoreError, match=r"couples to neither neighbour"):
        general_modes(h, v, 0.5)
    assert general_modes(h, v, 0.51).channels == 1
    # The stub chain: a flat band at E = 0, of states that each live on two slices.
    h, v = np.zeros((3, 3)), np.zeros((3, 3))
    h[0, 1] = h[1, 0] = h[0, 2] = h[2, 0] = v[1, 0] = 1.0
    with pytest.raises(qt.QtcoreError, match=r"flat band"):
        general_modes(h, v, 0.0)
    assert general_modes(h, v, 1.5).channels == channels_by_bands(h, v, 1.5) == 1


def end_of_a_chain(energy, hopping):
    """Return the self-energy of the end of a chain, from 50 digits."""
    with localcontext(Context(prec=50)):
        c = energy / (2 * Decimal(hopping))
        square = 1 - c * c
        if square > 0:
            return complex(float(c), -float(square.sqrt())) * hopping
        return float(c - (-square).sqrt().copy_sign(c)) * hopping


@pytest.mark.parametrize("hopping", [1e-3, 1e-2, 0.1])
@pytest.mark.parametrize("distance", [1e-13, 3e-12, 1.8e-10, 1e-9])
@pytest.mark.parametrize("side", [1, -1])
def test_the_edge_of_a_narrow_band_beside_a_wide_one(hopping, distance, side):
    h, v = np.diag([0.0, 0.5]), np.diag([1.0, hopping])
    for energy in (0.5 + 2 * hopping + side * distance, 0.5 - 2 * hopping - side * distance):
        modes = general_modes(h, v, energy)
        assert modes.channels == (1 if side > 0 else 2)
        for sigma in modes.self_energies(v):
            narrow = end_of_a_chain(Decimal(energy) - Decimal("0.5"), hopping)
            assert sigma[1, 1] == pytest.approx(narrow, abs=1e-10 * hopping)
            assert sigma[0, 0] == pytest.approx(end_of_a_chain(Decimal(energy), 1.0), abs=1e-13)


@pytest.mark.parametrize(
    ("h", "v", "energy", "exact"),
    # ln g by decimation of the leads and recursive Green's functions, with 1500 bits.
    [
        (
            np.diag([0.0, 0.5]),
            np.diag([1.0, 1e-3]),
            0.502 - 1e-10,
            -0.00265361131267606158404908545642,
        ),
        (
            np.diag([0.0, 0.5]),
            np.diag([1.0, 1e-3]),
            0.502 + 1e-11,
            -0.00265361131306373796623566400771,
        ),
        (
            np.array([[0.0, 1e-3], [1e-3, 0.5]]),
            np.diag([1.0, 0.01]),
            0.5199993233246328,
            -0.00214353086984479752280143126917,
        ),
    ],
)
def test_conductance_at_the_edge_of_a_narrow_band(h, v, energy, exact):
    wire = qt.Wire(qt.Custom(h, v), qt.Box(0.1))
    for method in ("auto", "recursive"):
        found = qt.scattering(wire, energy, [5], [0], seed=1, method=method)
        assert abs(found.ln_g[0, 0] - exact) < 1e-11
        assert abs(found.ln_g[0, 0] - exact) < found.certificate[0, 0] < 1e-6
    S = qt.scattering_matrices(wire, energy, [5], [0], seed=1)[0]
    assert S.ln_g[0] == pytest.approx(exact, abs=1e-11)


def test_waves_that_linear_algebra_cannot_tell_apart_are_refused(monkeypatch):
    def fails(*_):
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr(pencil, "told_apart", fails)
    h, v = 1e3 * np.diag([0.0, 0.5]), 1e3 * np.diag([1.0, 0.01])
    with pytest.raises(qt.QtcoreError, match=r"at the energy 519\.99.* shift it by 1e-3"):
        general_modes(h, v, 520 - 2e-7)
