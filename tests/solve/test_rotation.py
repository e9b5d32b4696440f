"""Orbitals that go together, and orbitals of which few couple to the next slice."""

import numpy as np
import pytest
import scipy.linalg

import qtcore as qt
from qtcore.model.part import Part
from qtcore.solve.conserved import conserving_basis
from qtcore.solve.rotation import rotated_slices, with_thin_coupling
from qtcore.solve.separation import separated

from ..laws import truth


def random_unitary(rng, k):
    U, _ = np.linalg.qr(rng.standard_normal((k, k)) + 1j * rng.standard_normal((k, k)))
    return U


def algebra(rng, kinds, count=6):
    """Return random matrices that are, in a hidden basis, copies of blocks: (size, copies) each."""
    matrices = []
    for _ in range(count):
        blocks = []
        for size, copies in kinds:
            one = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
            blocks += [one] * copies
        matrices.append(scipy.linalg.block_diag(*blocks))
    U = random_unitary(rng, len(matrices[0]))
    return U @ np.array(matrices) @ U.conj().T


@pytest.mark.parametrize(
    "kinds",
    [[(1, 2)], [(1, 1), (2, 1)], [(2, 1), (1, 2)], [(2, 2)], [(1, 3), (3, 1)], [(2, 2), (1, 4)]],
)
def test_hidden_blocks_are_found(kinds):
    for seed in range(10):
        matrices = algebra(np.random.default_rng(seed), kinds)
        basis = conserving_basis(matrices)
        assert basis.size == sum(copies for _, copies in kinds)
        assert np.abs(basis.U.conj().T @ basis.U - np.eye(len(basis.U))).max() < 1e-14
        rotated = basis.U.conj().T @ matrices @ basis.U
        between = basis.block[:, None] != basis.block
        assert np.abs(rotated[:, between]).max() < 1e-13 * np.abs(matrices).max()
        blocks = [np.flatnonzero(basis.block == n) for n in range(basis.size)]
        assert sorted(len(each) for each in blocks) == sorted(
            size for size, copies in kinds for _ in range(copies)
        )
        # Copies are equal, not only equivalent.
        found = [rotated[:, each][:, :, each] for each in blocks]
        for size, copies in kinds:
            alike = [one for one in found if one.shape[1] == size]
            assert len(alike) == copies
            for one in alike:
                assert one == pytest.approx(alike[0], abs=1e-11)


def test_what_has_no_blocks_has_none():
    rng = np.random.default_rng(1)
    matrices = algebra(rng, [(3, 1)])
    assert conserving_basis(matrices) is None
    # A single matrix has its eigenvectors unless it is not normal.
    assert conserving_basis(np.array([[[0, 1], [0, 0]]], dtype=complex)) is None
    assert conserving_basis(np.array([[[0.3, 1], [1, -0.2]]], dtype=complex)).size == 2
    assert conserving_basis(np.zeros((3, 2, 2), dtype=complex)) is None
    # More orbitals than are looked at.
    assert conserving_basis(np.array([np.diag(np.arange(9.0))], dtype=complex)) is None


def test_a_rotation_changes_no_dense_green_function_but_its_orbitals():
    rng = np.random.default_rng(4)
    slices = qt.Wire(qt.Square(3), terms=(qt.QWZ(0.7, -1.0),)).slices()
    U = np.stack([random_unitary(rng, 2) for _ in range(3)])
    turned, all_U = rotated_slices(slices, U), scipy.linalg.block_diag(*[*U, *U])
    potential = rng.uniform(-1, 1, (2, 3))
    G, new = (
        truth.green_function(truth.sample(each, potential), 0.47, truth.self_energies(each, 0.47))
        for each in (slices, turned)
    )
    assert all_U.conj().T @ G @ all_U == pytest.approx(new, abs=1e-10)


WELL = {"A": 1.0, "B": 0.5, "M": 1.0}
THIN = {
    "QWZ": (qt.Square(5), qt.QWZ(1.0, -1.0)),
    "QWZ, the other way": (qt.Square(4), qt.QWZ(-1.0, 0.6)),
    "QWZ, closed": (qt.Square(5, periodic=True), qt.QWZ(1.0, -1.0)),
    "BHZ": (qt.Square(4), qt.BHZ(D=0.0, **WELL)),
}


@pytest.mark.parametrize("name", THIN)
def test_as_many_orbitals_couple_as_the_rank(name):
    lattice, term = THIN[name]
    wire = qt.Wire(lattice, qt.Box(1.0), terms=(term,))
    if name == "QWZ, closed":  # which is not peeled in any orbitals, and stays in its own
        assert separated(wire) is None
        thin = [with_thin_coupling(wire.slices())]
    else:
        thin = [piece.part.slices() for piece in separated(wire).pieces]
        assert all(isinstance(piece.part, Part) for piece in separated(wire).pieces)
    for slices in thin:
        v = slices.v
        rank = np.linalg.matrix_rank(v)
        assert rank == lattice.width
        assert v.any(axis=0).sum() == v.any(axis=1).sum() == rank
        assert np.count_nonzero(v) == rank


def test_what_sends_and_what_receives_must_fit_together():
    # A² = 4 (B² - D²): what sends is neither orthogonal to what receives nor equal to it.
    wire = qt.Wire(qt.Square(4), terms=(qt.BHZ(A=0.96, B=0.5, D=0.14, M=1.0),))
    (up, down) = separated(wire).pieces
    assert separated(wire).exact
    assert np.linalg.matrix_rank(up.part.slices().v) == 4
    assert np.array_equal(
        up.part.slices().v, wire.slices().v.reshape(4, 4, 4, 4)[:, :2][:, :, :, :2].reshape(8, 8)
    )
    assert down.reverse_of == 0


def test_a_coupling_of_full_rank_is_left_alone():
    slices = qt.Wire(qt.Square(4), terms=(qt.QWZ(0.7, -1.0),)).slices()
    assert with_thin_coupling(slices) is None
    assert separated(qt.Wire(qt.Square(4), terms=(qt.QWZ(0.7, -1.0),))) is None
    # Random bonds are those of the given orbitals.
    bonds = (qt.Box(1.0), qt.RandomPhase(0.3))
    assert separated(qt.Wire(qt.Square(4), bonds, terms=(qt.QWZ(1.0, -1.0),))) is None
