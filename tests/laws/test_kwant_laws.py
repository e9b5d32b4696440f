"""Laws of Kwant systems with any number of leads: drawn shapes, with disorder by address."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore import observe

spec = importlib.util.spec_from_file_location(
    "kwant_drawn", Path(__file__).parents[1] / "solve" / "kwant_drawn.py"
)
drawn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drawn)

NUMBERS = range(300, 320)
"""Drawn systems that the records of Kwant do not hold."""


def ensemble_of(number, turned=False):
    """A drawn system with alloy disorder, perhaps in the opposite field, and its energy."""
    one = drawn.Drawn(number)
    one.phi = -one.phi if turned else one.phi
    if one.spin:
        one.zeeman = -one.zeeman if turned else one.zeeman
    return qt.KwantEnsemble(drawn.StandIn(one), (qt.Box(1.0), qt.Binary(2.0, 0.2))), one.energy


def solved(ensemble, energy):
    try:
        return qt.kwant_terminals(ensemble, energy, range(3), seed=1)
    except qt.InputError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("number", NUMBERS)
def test_no_wave_is_lost_and_equal_voltages_drive_nothing(number):
    found = solved(*ensemble_of(number))
    one = np.eye(found.S.shape[1])
    assert np.abs(found.S.conj().swapaxes(1, 2) @ found.S - one).max() < 1e-10
    assert np.abs(found.S @ found.S.conj().swapaxes(1, 2) - one).max() < 1e-10
    assert np.abs(found.conductance_matrix.sum(axis=1)).max() < 1e-9
    assert np.abs(found.conductance_matrix.sum(axis=2)).max() < 1e-9
    assert not found.suspect.any()


@pytest.mark.parametrize("number", NUMBERS)
def test_onsager_and_casimir(number):
    there, back = (solved(*ensemble_of(number, turned)) for turned in (False, True))
    np.testing.assert_allclose(there.T, back.T.swapaxes(1, 2), atol=1e-10)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_front_and_a_factorisation_with_pivoting_agree(number):
    ensemble, energy = ensemble_of(number)
    found = solved(ensemble, energy)
    for realization in (0, 2):
        sample = qt.kwant_sample(ensemble, energy, realization, seed=1)
        S = sample.scattering_matrix(range(len(found.channels)))
        np.testing.assert_allclose(S, found.S[realization], atol=1e-10)


@pytest.mark.parametrize("number", NUMBERS[::4])
def test_gauges_do_not_matter(number):
    ensemble, energy = ensemble_of(number)
    found = solved(ensemble, energy)
    system = ensemble.system
    # Another phase on each orbital that no lead touches.
    first = np.arange(len(system.norbs) + 1) * system.norbs[0]
    phases = np.exp(2j * np.pi * np.random.default_rng(number).random(len(system.H)))
    for interface in system.lead_interfaces:
        for site in interface:
            phases[first[site] : first[site + 1]] = 1
    system.H = phases[:, None] * system.H * phases.conj()
    turned = qt.KwantEnsemble(system, ensemble.disorder)
    np.testing.assert_allclose(solved(turned, energy).T, found.T, atol=1e-10)


@pytest.mark.parametrize("number", NUMBERS[::2])
def test_currents_are_conserved_at_every_site_that_no_lead_touches(number):
    ensemble, energy = ensemble_of(number)
    solved(ensemble, energy)
    sample = qt.kwant_sample(ensemble, energy, 1, seed=1)
    touched = np.concatenate(ensemble.system.lead_interfaces)
    for lead in range(len(sample.contacts)):
        states = observe.kwant_scattering_states(sample, lead)
        into = observe.kwant_bond_currents(sample, states).into_sites(sample.matrices.sites)
        assert np.abs(np.delete(into, touched)).max(initial=0.0) < 1e-10


@pytest.mark.parametrize("number", NUMBERS[::2])
def test_states_solve_the_equation_and_density_is_the_greens_functions(number):
    ensemble, energy = ensemble_of(number)
    solved(ensemble, energy)
    sample = qt.kwant_sample(ensemble, energy, 1, seed=1)
    D = sample.H.shape[0]
    touched = np.unique(np.concatenate([lead.interface for lead in sample.matrices.leads]))
    H = sparse.csr_array(sample.H)
    for lead in range(len(sample.contacts)):
        psi = observe.kwant_scattering_states(sample, lead)
        rest = np.delete(H @ psi - energy * psi, touched, axis=0)
        assert np.abs(rest).max(initial=0.0) < 1e-10 * max(1, np.abs(psi).max(initial=0.0))
    G = observe.kwant_green_columns(sample, range(D))
    density = observe.kwant_local_density_of_states(sample)
    np.testing.assert_allclose(-np.diag(G).imag / np.pi, density, rtol=1e-8, atol=1e-10)
