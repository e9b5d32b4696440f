"""Kwant systems with any number of leads, and what goes on inside, beside Kwant's own numbers."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore import observe
from qtcore.solve import kwant_terminals as solver
from qtcore.solve.kwant_leads import attached


def module(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


drawn = module("kwant_drawn")
STORED = json.loads(drawn.STORED.read_text(encoding="utf-8"))


def system(number):
    one = drawn.Drawn(number)
    return qt.KwantSystem(drawn.StandIn(one)), one.energy


def conducting():
    """Numbers of drawn systems in which some lead has an open mode."""
    return [number for number, one in enumerate(STORED) if sum(one["channels"])]


@pytest.mark.parametrize("first", range(0, drawn.COUNT, 44))
@pytest.mark.first_cases(2)
def test_drawn_systems_have_the_transmissions_that_kwant_finds(first):
    for number in set(range(first, first + 44)) & {*conducting()}:
        one, energy = system(number)
        found = qt.kwant_terminals(one, energy)
        T = np.array(STORED[number]["T"])
        assert found.channels.tolist() == STORED[number]["channels"]
        np.testing.assert_allclose(found.T[0], T, atol=1e-11, err_msg=f"system {number}")
        away = ~np.eye(len(T), dtype=bool) & (T > 1e-12)
        relative = np.abs(found.T[0][away] / T[away] - 1)
        assert relative.max(initial=0.0) < max(found.certificate[0], 1e-10)
        assert not found.suspect[0]
        # No wave is lost, and currents of equal voltages add up to nothing.
        assert found.block(0, 0).shape == (1, T.shape[0] and found.channels[0], found.channels[0])
        excess = found.S[0].conj().T @ found.S[0] - np.eye(len(found.S[0]))
        assert np.abs(excess).max() < 1e-11
        assert np.abs(found.conductance_matrix[0].sum(axis=0)).max() < 1e-10
        assert np.abs(found.conductance_matrix[0].sum(axis=1)).max() < 1e-10


def test_systems_are_as_many_and_as_different_as_they_are_said_to_be():
    leads = [len(one["channels"]) for one in STORED]
    assert len(leads) == drawn.COUNT
    assert {*leads} == {1, 2, 3, 4, 5, 6}
    assert sum(count >= 2 for count in leads) >= 200
    assert sum(0 in one["channels"] for one in STORED) > 5


@pytest.mark.parametrize("number", range(drawn.WITH_LOCAL))
def test_local_quantities_are_those_of_kwant(number):
    stored = STORED[number]
    one, energy = system(number)
    if not sum(stored["channels"]):
        with pytest.raises(qt.InputError, match=r"no open channel .* in any lead"):
            qt.kwant_sample(one, energy)
        return
    sample = qt.kwant_sample(one, energy)
    density = observe.kwant_local_density_of_states(sample)
    np.testing.assert_allclose(density, stored["ldos"], rtol=1e-9, atol=1e-11)
    states = observe.kwant_scattering_states(sample, 0)
    assert states.shape == (len(density), stored["channels"][0])
    currents = observe.kwant_bond_currents(sample, states)
    by_bond = dict(
        zip(zip(currents.start, currents.end, strict=True), currents.current, strict=True)
    )
    assert [*map(list, sorted(by_bond))] == sorted(stored["bonds"])
    found = [by_bond[tuple(bond)] for bond in stored["bonds"]]
    np.testing.assert_allclose(found, stored["current"], atol=1e-10)
    first, last = (one.matrices.leads[n].interface for n in (0, -1))
    G = observe.kwant_green_columns(sample, first)
    assert np.abs(G[last]).sum() == pytest.approx(stored["green"], rel=1e-9)
    # The density of states is the imaginary part of the Green's function.
    columns = observe.kwant_green_columns(sample, range(len(density)))
    np.testing.assert_allclose(-np.diag(columns).imag / np.pi, density, atol=1e-10)


def test_current_flows_in_and_out_at_leads_only():
    one, energy = system(5)
    sample = qt.kwant_sample(one, energy)
    T = qt.kwant_terminals(one, energy).T[0]
    currents = observe.kwant_bond_currents(sample, observe.kwant_scattering_states(sample, 0))
    into = currents.into_sites(sample.matrices.sites)
    touched = [lead.interface // sample.matrices.first[1] for lead in sample.matrices.leads]
    away = np.setdiff1d(np.arange(len(into)), np.concatenate(touched))
    assert np.abs(into[away]).max() < 1e-11
    # What flows into the sites of a lead leaves through it; leads of drawn systems may share sites.
    lead = next(n for n in range(1, len(T)) if not np.isin(touched[n], touched[0]).any())
    others = [n for n in range(len(T)) if n != lead and np.isin(touched[n], touched[lead]).any()]
    if not others:
        assert into[np.unique(touched[lead])].sum() == pytest.approx(T[lead, 0], abs=1e-10)


def ensemble_of(number, disorder, **settings):
    return qt.KwantEnsemble(drawn.StandIn(drawn.Drawn(number)), disorder, **settings)


def test_ensembles_with_many_leads():
    number = next(n for n in conducting() if len(STORED[n]["channels"]) == 5)
    energy = drawn.Drawn(number).energy
    ensemble = ensemble_of(number, qt.Box(2.0))
    found = qt.kwant_terminals(ensemble, energy, range(11), seed=5)
    assert found.ln_T.shape == (11, 5, 5)
    for realization in (0, 7, 10):
        sample = qt.kwant_sample(ensemble, energy, realization, seed=5)
        S = sample.scattering_matrix(range(5))
        np.testing.assert_allclose(found.S[realization], S, atol=1e-11)
    part = qt.kwant_terminals(ensemble, energy, [10, 3], seed=5)
    for name in ("S", "ln_T", "certificate", "suspect"):
        assert np.array_equal(getattr(part, name), getattr(found, name)[[10, 3]])


def test_leads_have_the_resistances_that_kirchhoffs_equations_give():
    number = next(n for n in conducting() if sum(N > 0 for N in STORED[n]["channels"]) > 3)
    energy = drawn.Drawn(number).energy
    found = qt.kwant_terminals(ensemble_of(number, qt.Box(1.0)), energy, range(4), seed=5)
    connected = (np.where(np.eye(len(found.channels)), 0, found.T).sum(axis=2) > 0).all(axis=0)
    a, b, c, d = np.flatnonzero(connected)[:4].tolist()
    G = found.conductance_matrix
    current = np.zeros(len(found.channels))
    current[a], current[b] = 1.0, -1.0
    V = np.array([np.linalg.lstsq(one, current, rcond=None)[0] for one in G])
    R, error = found.resistance((a, b), (c, d)), found.resistance_error((a, b), (c, d))
    np.testing.assert_allclose(R, V[:, c] - V[:, d], rtol=0, atol=1e-9)
    assert ((error > 0) & (error < 1e-6)).all()
    two = np.exp(-found.ln_conductance((a, b)))
    np.testing.assert_allclose(two, V[:, a] - V[:, b], rtol=1e-9)
    inside = (V - V[:, [b]]) / two[:, None]
    ours = found.voltages(a, b)[:, connected]
    np.testing.assert_allclose(ours, inside[:, connected], atol=1e-9)
    with pytest.raises(qt.InputError, match="there is no lead 77; this sample has 0, 1, 2"):
        found.voltages(a, 77)


def test_small_pivots_of_many_leads_are_covered():
    number = next(n for n in conducting() if len(STORED[n]["channels"]) == 4)
    ensemble = ensemble_of(number, qt.Vacancies(0.25))
    problem = solver.asked(ensemble, 1e-7, range(16), 5, None, two_leads=False)
    rough = solver._amplitudes(problem)
    bound = solver._errors(rough, solver._ln_T(rough.S, rough.channels))
    found = qt.kwant_terminals(ensemble, 1e-7, range(16), seed=5, tolerance=1e-9)
    for row in range(16):
        S, error = solver._again(problem, row, found.channels)
        for one, certificate in (
            (rough.S[row], bound[row]),
            (found.S[row], found.certificate[row]),
        ):
            change = solver._change(one[None], S[None], found.channels)[0]
            assert change <= certificate + error
    assert (found.certificate[bound > 1e-9] < bound[bound > 1e-9] / 4).any()


def test_a_pivot_that_is_next_to_zero():
    """A closed lead puts the first pivot next to zero: such a sample is solved with pivoting."""
    one = drawn.StandIn(drawn.Drawn(4))
    chain = -np.eye(5, k=1) - np.eye(5, k=-1) + 0j
    one.H, one.norbs = chain, [1] * 5
    leads = [drawn.StandInLead(drawn.Drawn(4), ("left", 0, 0, shift)) for shift in (9.0, 0.0, 0.0)]
    for lead in leads:
        lead.hop = np.array([[-1.0 + 0j]])
    one.leads, one.lead_interfaces = leads, [np.array([n]) for n in (0, 2, 4)]
    sigma = attached(qt.KwantSystem(one).matrices.leads, 0.5)[0].sigma[0, 0]
    one.H[0, 0] = 0.5 - sigma.real
    assert abs(0.5 - one.H[0, 0] - sigma) < 1e-16
    found = qt.kwant_terminals(qt.KwantSystem(one), 0.5)
    S = qt.kwant_sample(qt.KwantSystem(one), 0.5).scattering_matrix(range(3))
    assert found.channels.tolist() == [0, 1, 1]
    np.testing.assert_allclose(found.S[0], S, atol=1e-13)
    assert np.abs(S.conj().T @ S - np.eye(2)).max() < 1e-13
    assert found.certificate[0] < 1e-10
    problem = solver.asked(qt.KwantSystem(one), 0.5, None, None, None, two_leads=False)
    rough = solver._amplitudes(problem)
    assert solver._errors(rough, solver._ln_T(rough.S, rough.channels))[0] > 1e-3


def test_a_bound_state_that_no_lead_reaches():
    one = drawn.StandIn(drawn.Drawn(4))
    energy = drawn.Drawn(4).energy
    clean = qt.kwant_terminals(qt.KwantSystem(one), energy)
    density = observe.kwant_local_density_of_states(qt.kwant_sample(qt.KwantSystem(one), energy))
    H = np.zeros((len(one.H) + 1,) * 2, complex)
    H[:-1, :-1], H[-1, -1] = one.H, energy
    one.H, one.norbs = H, [*one.norbs, 1]
    apart = qt.KwantSystem(one)
    np.testing.assert_array_equal(qt.kwant_terminals(apart, energy).S, clean.S)
    sample = qt.kwant_sample(apart, energy)
    states = observe.kwant_scattering_states(sample, 0)
    assert np.abs(states[-1]).max() < 1e-6
    with pytest.raises(qt.QtcoreError, match="a state that no lead reaches"):
        observe.kwant_local_density_of_states(sample)
    with pytest.raises(qt.QtcoreError, match="a state that no lead reaches"):
        observe.kwant_green_columns(sample, [len(H) - 1])
    other = observe.kwant_green_columns(sample, [0])
    assert -other[0, 0].imag / np.pi == pytest.approx(density[0], rel=1e-6)


def test_leads_that_nothing_connects():
    one = drawn.StandIn(drawn.Drawn(4))
    one.H = np.diag(np.diag(one.H))
    found = qt.kwant_terminals(qt.KwantSystem(one), drawn.Drawn(4).energy)
    shared = [bool(np.isin(a, b).any()) for a in one.lead_interfaces for b in one.lead_interfaces]
    passes = np.isfinite(found.ln_T[0]).ravel()
    assert not passes[~np.array(shared)].any()
    assert not found.suspect[0]


WRONG = {
    "no sample": (lambda: observe.kwant_scattering_states(3, 0), r"must come from kwant_sample\("),
    "another lead": (
        lambda: observe.kwant_scattering_states(qt.kwant_sample(*system(5)), 9),
        "lead must be one of 0 to",
    ),
    "states of another sample": (
        lambda: observe.kwant_bond_currents(qt.kwant_sample(*system(5)), np.ones((3, 1))),
        r"states must be \(orbital, state\)",
    ),
    "orbitals outside": (
        lambda: observe.kwant_green_columns(qt.kwant_sample(*system(5)), [10**6]),
        "orbitals must be numbers from 0 to",
    ),
    "no orbitals": (
        lambda: observe.kwant_green_columns(qt.kwant_sample(*system(5)), 3),
        "orbitals must be a sequence",
    ),
    "a sample without its number": (
        lambda: qt.kwant_sample(ensemble_of(5, qt.Box(1.0)), 0.5),
        "needs realization= and seed=",
    ),
    "a number for one system": (
        lambda: qt.kwant_sample(system(5)[0], 0.5, 0, 1),
        "a KwantSystem is one sample",
    ),
    "a wire": (lambda: qt.kwant_sample(qt.Wire(qt.Square(3)), 0.5), "for a wire use sample_with"),
    "no energy": (lambda: qt.kwant_terminals(system(5)[0], float("nan")), "energy must be finite"),
    "no number of a sample": (
        lambda: qt.kwant_terminals(ensemble_of(5, qt.Box(1.0)), 0.5, [-1], 1),
        "realization must be >= 0",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name):
    make, message = WRONG[name]
    with pytest.raises(qt.InputError, match=message):
        make()


@pytest.mark.skipif(
    importlib.util.find_spec("kwant") is None, reason="Kwant (extra `kwant`) is not installed"
)
def test_real_systems_of_kwant():
    import kwant

    for number in range(0, drawn.COUNT, 20):
        one = drawn.Drawn(number)
        finalized, _ = drawn.built(one)
        if not sum(STORED[number]["channels"]):
            continue
        found = qt.kwant_terminals(qt.KwantSystem(finalized), one.energy)
        np.testing.assert_allclose(found.T[0], STORED[number]["T"], atol=1e-11)
    disorder = qt.OnSites(qt.Box(2.0), where=lambda site: site.pos[0] > 1)
    ensemble = qt.KwantEnsemble(finalized, disorder)
    found = qt.kwant_terminals(ensemble, one.energy, [3], seed=5)
    sample = qt.kwant_sample(ensemble, one.energy, 3, seed=5)
    values = (sample.H - sparse.csr_array(finalized.hamiltonian_submatrix())).diagonal().real
    onsite = dict(zip(finalized.sites, values[:: one.norbs], strict=True))
    assert all((value != 0) == (site.pos[0] > 1) for site, value in onsite.items())
    for site in finalized.sites:
        one.onsite[tuple(site.tag)] += onsite[site]
    changed, _ = drawn.built(one)
    smatrix = kwant.smatrix(changed, one.energy)
    leads = range(len(one.leads))
    expected = [[smatrix.transmission(a, b) for b in leads] for a in leads]
    np.testing.assert_allclose(found.T[0], expected, atol=1e-11)
