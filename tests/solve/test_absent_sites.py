"""Vacancies and walls are no orbitals: their 2^20 t must neither widen the interval nor be counted."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.errors import QtcoreError
from qtcore.solve.absent import absent_sites

WIRES = {
    "vacancies": qt.Wire(qt.Square(17, periodic=True), (qt.Box(1.0), qt.Vacancies(0.1))),
    "graphene": qt.Wire(qt.Honeycomb(6, periodic=True), qt.Vacancies(0.1)),
    "field": qt.Wire(qt.Square(16, periodic=True), qt.Vacancies(0.1), flux=1 / 16),
    "walls": qt.Wire(qt.Square(17), qt.Box(1.0), gates=(qt.Billiard(lambda x, y: x + y > 9),)),
    "random bonds": qt.Wire(qt.Square(6), (qt.Vacancies(0.1), qt.RandomHopping(0.5))),
}
ENERGIES, LENGTH, SEED = [-1.0, 0.3, 2.0], 14, 3


def left_over(wire, realization, periodic=True):
    """H of the sites that are there, and their numbers."""
    H = qt.closed_sample(wire, LENGTH, realization, SEED, periodic).H.toarray()
    there = np.flatnonzero(np.abs(H.diagonal()) < 1000)
    assert 0 < len(there) < len(H)
    return H[np.ix_(there, there)], there


@pytest.mark.parametrize("name", WIRES)
def test_densities_are_those_of_the_sites_that_are_there(name):
    wire, M = WIRES[name], WIRES[name].width
    asked = (wire, ENERGIES, LENGTH, [0, 1], SEED)
    # Bounds as of the clean wire: as if the others were cut out of H by hand.
    bounds = (-6.0, 6.0)
    found = observe.bulk_density_ensemble(*asked, moments=60, vectors=64, bounds=bounds)
    assert (observe.bulk_density_ensemble(*asked, moments=60).width < 0.4).all()
    for row in range(2):
        H, there = left_over(wire, row)
        gone = next(n for n in range(LENGTH * M) if n not in there)
        places = [divmod(int(n), M) for n in (there[0], there[-1], gone)]
        local = observe.bulk_local_density(
            wire, ENERGIES, LENGTH, [row], SEED, places, moments=60, bounds=bounds
        )
        alone = observe.bulk_density_of_states(H, ENERGIES, 60, 256, bounds=bounds)
        error = np.hypot(found.errors[row], alone.errors)
        assert (np.abs(found.values[row] - alone.values) < 4.5 * error).all()
        levels, vectors = np.linalg.eigh(H)
        # Moments of the exact levels, in the interval of the bounds.
        half = 6.0 * 1.01
        T = np.cos(np.arange(60)[:, None] * np.arccos(levels / half))
        from qtcore.solve.chebyshev import Interval
        from qtcore.solve.expansion import Damping

        delta = Damping("jackson", 60).delta(Interval(0.0, half), np.array(ENERGIES)).T @ T
        expected = np.abs(vectors[[0, -1]]) ** 2 @ delta.T
        assert np.abs(local.values[0, :2] - expected).max() < 1e-12
        assert not local.values[0, 2].any()


def test_conductivities_are_those_of_the_sites_that_are_there():
    wire = WIRES["vacancies"]
    H, velocity = qt.closed_sample(wire, LENGTH, 0, SEED, periodic=True)
    small, there = left_over(wire, 0)
    v = velocity.tocsr()[there][:, there]
    whole = observe.kubo_conductivity(H, velocity, 238.0, [0.3], 40, 256, bounds=(-6, 6))
    alone = observe.kubo_conductivity(small, v, 238.0, [0.3], 40, 256, bounds=(-6, 6))
    bastin = observe.kubo_bastin(wire, [0.3], LENGTH, [0], SEED, "xx", 40, 256, bounds=(-6, 6))
    for value, error in (
        (whole.values[0], whole.errors[0]),
        (bastin.values[0, 0], bastin.errors[0, 0]),
    ):
        spread = np.hypot(error, alone.errors[0])
        assert spread < 0.1 * value
        assert abs(value - alone.values[0]) < 4.5 * spread


@pytest.mark.parametrize("name", WIRES)
def test_states_evolve_on_the_sites_that_are_there(name):
    wire = WIRES[name]
    size = LENGTH * wire.width * wire.orbitals
    start = np.zeros((size, 1), dtype=complex)
    start[size // 2 - 20 : size // 2 + 20, 0] = np.exp(0.4j * np.arange(40))
    found = observe.packet_spread(wire, start, [1.0, 3.0], LENGTH, [0, 1], SEED, end_weight=0.9)
    x = np.repeat(wire.lattice.positions()[None, :, 0], LENGTH, axis=0)
    x = (x + wire.lattice.period * np.arange(LENGTH)[:, None]).ravel()
    for row in range(2):
        H, there = left_over(wire, row, periodic=False)
        psi = start[there] / np.linalg.norm(start[there])
        levels, vectors = np.linalg.eigh(H)
        for k, time in enumerate((1.0, 3.0)):
            later = vectors @ (np.exp(-1j * time * levels)[:, None] * (vectors.conj().T @ psi))
            weight = np.abs(later[:, 0]) ** 2
            assert found.mean[row, 0, k] == pytest.approx(weight @ x[there], abs=1e-10)
        H = qt.closed_sample(wire, LENGTH, row, SEED).H
        kept = np.zeros_like(start)
        kept[there] = start[there]
        full = observe.time_evolution(H, kept / np.linalg.norm(kept), [3.0])[0]
        assert np.abs(full[there] - later).max() < 1e-12
        with pytest.raises(qt.InputError, match="on sites that are absent"):
            observe.time_evolution(H, start, [3.0])


def test_a_state_on_nothing_but_vacancies_is_an_error():
    wire = qt.Wire(qt.Square(17), qt.Vacancies(sites=[(7, 4)]))
    start = np.zeros((LENGTH, 17))
    start[7, 4] = 1.0
    with pytest.raises(QtcoreError, match="realization 0 has nothing but absent sites"):
        observe.packet_spread(wire, start.ravel(), [1.0], LENGTH, [0], SEED)


def test_high_but_finite_barriers_stay():
    assert absent_sites(np.array([0.0, 1e4]), np.array([4.0, 4.0])) is None
    assert absent_sites(np.zeros(3), np.zeros(3)) is None
    assert absent_sites(np.array([0.0, 2.0**20]), np.array([6.0, 6.0])).tolist() == [False, True]
