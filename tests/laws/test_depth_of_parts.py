"""Every transmission eigenvalue of wires whose parts are not coupled, or hardly."""

import warnings

import numpy as np
import pytest

import qtcore as qt

ENERGY, SEED = 0.37, 1


def chain(M):
    return -(np.eye(M, k=1) + np.eye(M, k=-1))


def diagonal(*blocks):
    M = sum(map(len, blocks))
    whole, start = np.zeros((M, M)), 0
    for block in blocks:
        end = start + len(block)
        whole[start:end, start:end] = block
        start = end
    return whole


def sum_of_logs(h, wire, length, realization):
    """sum_n ln T_n = ln det t^+ t, slice by slice, where all modes are open and v = 1."""
    levels, U = np.linalg.eigh(h)
    c = (levels - ENERGY) / 2
    assert (np.abs(c) < 1).all()
    sigma = -U @ np.diag(c + 1j * np.sqrt(1 - c * c)) @ U.T
    onsite = wire.onsite(realization=realization, slices=range(length), seed=SEED)
    left, found = sigma, 2 * np.linalg.slogdet(1j * (sigma - sigma.conj().T))[1]
    for n, row in enumerate(onsite, start=1):
        block = ENERGY * np.eye(len(h)) - h - np.diag(row) - left - (sigma if n == length else 0)
        found -= 2 * np.linalg.slogdet(block)[1]
        left = np.linalg.inv(block)
    return found


TWO = diagonal(chain(3), chain(3))
ORDER = np.random.default_rng(5).permutation(6)
LAYERS = np.kron([[0.0, 1], [1, 0]], np.eye(3))

WIRES = {
    "two layers": (TWO, qt.Vacancies(0.05), 31),
    "two layers, long": (TWO, qt.Vacancies(0.05), 100),
    "many vacancies": (TWO, qt.Vacancies(0.2), 60),
    "huge values": (TWO, qt.Binary(1e6, 0.1), 60),
    "permuted": (TWO[np.ix_(ORDER, ORDER)], qt.Vacancies(0.08), 60),
    "biased": (TWO + 0.02 * np.diag([1.0, 1, 1, -1, -1, -1]), qt.Vacancies(0.05), 30),
    "three": (diagonal(chain(2), chain(2), chain(2)), qt.Vacancies(0.1), 60),
    "unlike": (diagonal(chain(2) + 0.1 * np.eye(2), chain(3), np.zeros((1, 1))), qt.Box(6.0), 100),
}


@pytest.mark.parametrize("name", WIRES)
def test_the_sum_of_all_is_the_determinant(name):
    h, disorder, length = WIRES[name]
    wire = qt.Wire(qt.Custom(h, -np.eye(len(h))), disorder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = qt.ln_transmission_eigenvalues(wire, ENERGY, [length], range(60), SEED)[:, 0]
    right = [sum_of_logs(h, wire, length, r) for r in range(60)]
    np.testing.assert_allclose(found.sum(axis=1), right, rtol=0, atol=1e-6)


@pytest.mark.parametrize("order", [np.arange(6), ORDER], ids=["as they are", "permuted"])
@pytest.mark.parametrize(
    "disorder", [qt.Vacancies(0.2), qt.Binary(1e6)], ids=["vacancies", "binary"]
)
def test_parts_are_as_each_alone(order, disorder):
    h, length = TWO[np.ix_(order, order)], 60
    wire = qt.Wire(qt.Custom(h, -np.eye(6)), disorder)
    together = qt.ln_transmission_eigenvalues(wire, ENERGY, [length], range(24), SEED)[:, 0]
    for r in range(24):
        onsite = wire.onsite(realization=r, slices=range(length), seed=SEED)
        alone = []
        for sites in (np.argsort(order)[:3], np.argsort(order)[3:]):
            part = qt.Wire(qt.Custom(chain(3), -np.eye(3)), qt.Fixed(onsite[:, sites]))
            alone.append(qt.ln_transmission_eigenvalues(part, ENERGY, [length], [0], SEED)[0, 0])
        right = -np.sort(-np.concatenate(alone))
        np.testing.assert_allclose(together[r], right, rtol=0, atol=1e-6)


@pytest.mark.parametrize("coupling", [1e-10, 1e-6, 1e-3])
def test_hardly_coupled_ones_are_right_or_not_given(coupling):
    h = TWO - coupling * LAYERS
    wire = qt.Wire(qt.Custom(h, -np.eye(6)), qt.Vacancies(0.08))
    found = qt.ln_transmission_eigenvalues(wire, ENERGY, [80], range(60), SEED)[:, 0]
    right = np.array([sum_of_logs(h, wire, 80, r) for r in range(60)])
    known = ~np.isnan(found).any(axis=1)
    assert known.mean() > 0.5
    assert not np.isinf(found).any()
    np.testing.assert_allclose(found[known].sum(axis=1), right[known], rtol=0, atol=2e-6)


@pytest.mark.parametrize("coupling", [1e-13, 1e-14, 1e-16])
def test_what_a_drowned_coupling_decides_is_not_given(coupling):
    # Values above exp(-25) T_1 do not know of the coupling: those of the parts alone are right.
    whole = qt.Wire(qt.Custom(TWO - coupling * LAYERS, -np.eye(6)), qt.Vacancies(0.08))
    apart = qt.Wire(qt.Custom(TWO, -np.eye(6)), qt.Vacancies(0.08))
    found, right = (
        qt.ln_transmission_eigenvalues(wire, ENERGY, [80], range(60), SEED)[:, 0]
        for wire in (whole, apart)
    )
    known = ~np.isnan(found)
    assert known[:, 0].all()
    assert 0.2 < known.mean() < 1
    assert not np.isinf(found).any()
    np.testing.assert_allclose(found[known], right[known], rtol=0, atol=1e-6)
