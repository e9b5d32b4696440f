"""Invariants of reflection matrices against chains whose phases are known."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

ONE, SIGMA_Z, TAU_X = np.eye(2), np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])


def reflection(sites, bonds):
    """r of the left lead at E = 0 of a chain of blocks: onsite matrices, and couplings to the next.

    Metallic leads broaden both ends by 1 in all of their components.
    """
    k = sites[0].shape[0]
    D = k * len(sites)
    H = np.zeros((D, D), dtype=complex)
    for n, matrix in enumerate(sites):
        H[n * k : n * k + k, n * k : n * k + k] = matrix
    for n, matrix in enumerate(bonds):
        H[n * k : n * k + k, (n + 1) * k : (n + 2) * k] = matrix
        H[(n + 1) * k : (n + 2) * k, n * k : n * k + k] = matrix.conj().T
    ends = np.zeros(D)
    ends[:k] = ends[-k:] = 1.0
    # S = 1 - 2 i W^+ (E - H + i W W^+)^-1 W (Mahaux and Weidenmueller), in the left lead.
    return np.eye(k) - 2j * np.linalg.inv(-H + 1j * np.diag(ends))[:k, :k]


def kitaev(mu, disorder=0.0, seed=0, length=60, delta=1.0):
    """r of a Kitaev chain in electrons and holes, sites (e, h), hopping 1."""
    rng = np.random.default_rng(seed)
    energies = -mu + disorder * (rng.random(length) - 0.5)
    pairing = np.array([[-1.0, delta], [-delta, 1.0]])
    return reflection([e * SIGMA_Z for e in energies], [pairing] * (length - 1))


def ssh(first, second, seed=0, disorder=0.0, length=60):
    """r of a chain of alternating bonds; the lead hangs on site 0, and the last site ends a cell."""
    rng = np.random.default_rng(seed)
    bonds = np.where(np.arange(2 * length - 1) % 2, second, first)
    bonds = bonds * (1 + disorder * (rng.random(len(bonds)) - 0.5))
    return reflection([np.zeros((1, 1))] * (2 * length), [np.full((1, 1), one) for one in bonds])


@pytest.mark.physics
def test_the_kitaev_chain_has_a_majorana_state_below_the_transition():
    """H = -mu n - t(c^+c + h.c.) + Delta(cc + h.c.) is topological for |mu| < 2t."""
    mus = [0.0, 0.5, 1.5, -1.5, 2.5, -2.5, 4.0]
    clean = observe.determinant_sign([kitaev(mu) for mu in mus], TAU_X)
    assert clean.values.tolist() == [-1, -1, -1, -1, 1, 1, 1]
    assert not clean.suspect.any()
    assert clean.least_reflection == pytest.approx(1.0, abs=1e-6)
    weak = observe.determinant_sign([kitaev(0.5, 1.0, seed) for seed in range(8)], TAU_X)
    assert (weak.values == -1).all()
    strong = observe.determinant_sign([kitaev(0.0, 40.0, seed) for seed in range(8)], TAU_X)
    assert (strong.values == 1).all()


def test_a_basis_of_majorana_modes_has_the_same_sign():
    omega = np.array([[1, 1], [1j, -1j]]) / np.sqrt(2)
    for mu in (0.5, 2.5):
        r = kitaev(mu)
        real = omega @ r @ omega.conj().T
        assert np.abs(real.imag).max() < 1e-12
        one, other = observe.determinant_sign(r, TAU_X), observe.determinant_sign(real)
        assert one.values == other.values
        assert one.values.shape == ()


@pytest.mark.physics
def test_alternating_bonds_have_a_zero_mode_at_a_weak_first_bond():
    """Which of both it is, the zero mode decides: r = 1 - 2 = -1 where a level at 0 is at the end."""
    weak, strong = ssh(0.5, 1.0), ssh(1.0, 0.5)
    found = observe.chiral_number(np.array([weak, strong]))
    assert found.values.tolist() == [1, 0]
    disordered = observe.chiral_number([ssh(0.5, 1.0, seed, 0.6) for seed in range(8)])
    assert (disordered.values == 1).all()
    two = np.zeros((2, 2), dtype=complex)
    two[:1, :1], two[1:, 1:] = weak, strong
    assert observe.chiral_number(two).values == 1


def kitaev_wire(mu, disorder=0.0):
    """A pairing chain of orbitals (e, h) between leads without pairing."""
    v = np.array([[-1.0, 1.0], [-1.0, 1.0]])
    metal = qt.Custom(0.3 * SIGMA_Z, np.diag([-1.0, 1.0]), orbitals=2)
    bonds = qt.RandomHopping(disorder)
    return qt.Wire(qt.Custom(-mu * SIGMA_Z, v, orbitals=2), bonds, lead_lattice=metal)


def ssh_wire(first, second, disorder=0.0, **more):
    """A chain of alternating bonds, two sites in a slice, between uniform chains."""
    onsite, ahead = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])
    uniform = qt.Custom(onsite, ahead)
    bonds = qt.RandomHopping(disorder)
    return qt.Wire(qt.Custom(first * onsite, second * ahead), bonds, lead_lattice=uniform, **more)


@pytest.mark.physics
def test_pairing_chains_have_their_sign_in_the_modes_of_the_solver():
    for mu, expected in ((0.5, -1), (-1.6, -1), (2.4, 1), (-4.0, 1)):
        for disorder in (0.0, 0.4):
            found = observe.reflection_sign(kitaev_wire(mu, disorder), 80, [0, 1], 1)
            assert found.values.tolist() == [expected] * 2
            assert not found.suspect.any()
            assert found.least_reflection == pytest.approx(1.0, abs=1e-4)


@pytest.mark.physics
def test_alternating_bonds_have_their_sign_in_the_modes_of_the_solver():
    for first, second, expected in ((0.5, 1.0, -1), (1.0, 0.5, 1)):
        found = observe.reflection_sign(ssh_wire(first, second, 0.6), 60, range(4), 1)
        assert found.values.tolist() == [expected] * 4
        # The level at zero energy is there without leads, too.
        H = qt.closed_sample(ssh_wire(first, second), 60, 0, 1).H
        assert (np.abs(observe.eigenvalues(H)).min() < 1e-8) == (expected == -1)


def test_two_chains_side_by_side_have_the_product_of_their_signs():
    a, b = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])
    none = np.zeros((2, 2))
    lead = qt.Custom(np.kron(ONE, a), np.kron(ONE, b))
    for strengths, expected in (((0.5, 0.5), 1), ((0.5, 2.0), -1), ((2.0, 2.0), 1)):
        first, second = strengths
        h = np.block([[first * a, none], [none, second * a]])
        found = observe.reflection_sign(
            qt.Wire(qt.Custom(h, np.kron(ONE, b)), lead_lattice=lead), 60, [0], 1
        )
        assert found.values.tolist() == [expected]


def test_what_transmits_is_flagged():
    found = observe.determinant_sign([0.05 * ONE, np.diag([1.0, -0.5])])
    assert found.suspect.tolist() == [True, False]
    assert found.least_reflection == pytest.approx([0.05, 0.5])
    assert found.values.tolist() == [1, -1]


def test_reflection_matrices_of_the_solver_go_in_as_they_are():
    """One mode of a wire in which nothing breaks time reversal: any r of one element that is real."""
    wire = qt.Wire(qt.Chain(), qt.Fixed([[2.0**20]] * 3))
    (S,) = qt.scattering_matrices(wire, 0.3, [3], [0], 1)
    phase = S.r / np.abs(S.r)
    found = observe.determinant_sign(S.r / phase)
    assert found.values.shape == (1,)
    assert found.least_reflection == pytest.approx(1.0, abs=1e-6)


REFUSED = {
    "disorder that breaks the symmetry": (
        lambda: observe.reflection_sign(ssh_wire(0.5, 1.0, gates=(lambda x, _y: 0.3 + 0 * x,)), 40, [0], 1),
        "det r has no sign", "disorder must keep the symmetry",
    ),
    "an energy beside the symmetric one": (
        lambda: observe.reflection_sign(ssh_wire(0.5, 1.0), 40, [0], 1, energy=0.2), "det r has no sign",
    ),
    "no symmetry": (lambda: observe.determinant_sign(1j * ONE), "off by 2", "tau_x"),
    "another basis": (lambda: observe.determinant_sign(kitaev(0.5) * np.exp(0.3j), TAU_X), "r = C r* C^+"),
    "not Hermitian": (lambda: observe.chiral_number(1j * ONE), "off by 2", "chiral"),
    "not square": (lambda: observe.determinant_sign(np.ones((2, 3))), "(2, 3)", "square"),
    "a vector": (lambda: observe.chiral_number(np.ones(3)), "(3,)", "square"),
    "NaN": (lambda: observe.determinant_sign(np.nan * ONE), "must be finite"),
    "more than comes in": (lambda: observe.determinant_sign(1.1 * ONE), "1.1", "at most 1"),
    "words": (lambda: observe.determinant_sign("r"), "an array of reflection matrices", "str"),
    "a conjugation of another size": (lambda: observe.determinant_sign(ONE, np.eye(4)), "(2, 2)", "(4, 4)"),
    "a conjugation that is not unitary": (lambda: observe.determinant_sign(ONE, 2 * ONE), "unitary"),
    "masked": (lambda: observe.determinant_sign(np.ma.masked_equal(ONE, 0.0)), "masked entries"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
