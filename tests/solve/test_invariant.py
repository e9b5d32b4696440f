"""Invariant subspaces of groups of eigenvalues, wherever the Schur form has left them."""

import numpy as np
import pytest
import scipy.linalg

from qtcore.solve.invariant import ordered


@pytest.mark.parametrize(("size", "seed"), [(7, 1), (60, 2), (150, 3)])
def test_each_group_has_its_own_subspace(size, seed):
    rng = np.random.default_rng(seed)
    K = (rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))) / size**0.5
    S, Z = scipy.linalg.schur(K, output="complex")
    kappa = np.diag(S)
    leads, trails = kappa.imag > 0.3, kappa.imag < -0.2
    groups = ordered(S, Z, leads, trails)
    for found, chosen in [
        (groups.leading(), leads),
        (groups.middle(), ~(leads | trails)),
        (groups.last(), trails),
    ]:
        basis, action = found
        assert basis.shape == (size, chosen.sum())
        assert np.abs(basis.conj().T @ basis - np.eye(chosen.sum())).max() < 1e-13
        # Subspaces of a random matrix are up to about 1e3 times more sensitive than K is accurate.
        assert np.abs(K @ basis - basis @ action).max() < 1e-11
        assert np.array_equal(action, np.triu(action))
        expected = np.sort_complex(kappa[chosen])
        assert np.sort_complex(np.linalg.eigvals(action)) == pytest.approx(expected, abs=1e-9)


def test_empty_groups_are_allowed():
    S, Z = scipy.linalg.schur(np.diag([1.0, 2.0]) + 0j, output="complex")
    none = np.zeros(2, dtype=bool)
    groups = ordered(S, Z, none, none)
    assert groups.leading().basis.shape == groups.last().basis.shape == (2, 0)
    assert groups.middle().action == pytest.approx(np.diag([1.0, 2.0]))
