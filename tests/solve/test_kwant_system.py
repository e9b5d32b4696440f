"""A finalized Kwant system gives the same g as Kwant itself."""

import copy
import importlib.util
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt

STORED = json.loads(Path(__file__).with_name("kwant_systems.json").read_text(encoding="utf-8"))
CASES = [
    (name, energy, g)
    for name, one in STORED.items()
    for energy, g in zip(one["energies"], one["g"], strict=True)
]


def matrix(shape, entries):
    rows, columns, real, imag = entries
    full = np.zeros(shape, complex)
    full[rows, columns] = np.array(real) + 1j * np.array(imag)
    return full


class StandInLead:
    """What a lead of a finalized Kwant system offers."""

    parameters = frozenset({"phi"})

    def __init__(self, stored):
        cell, interface = stored["sizes"]
        self.h = matrix((cell, cell), stored["h"])
        self.hop = matrix((cell, interface), stored["hop"])

    def cell_hamiltonian(self, params=None):
        assert params == PARAMS
        return self.h

    def inter_cell_hopping(self, params=None):
        assert params == PARAMS
        return self.hop


class StandIn:
    """What a finalized Kwant system offers, from its stored matrices."""

    parameters = frozenset({"W"})

    def __init__(self, stored):
        self.H = matrix((stored["orbitals"],) * 2, stored["H"])
        self.norbs = stored["norbs"]
        self.lead_interfaces = [np.array(sites) for sites in stored["interfaces"]]
        self.leads = [StandInLead(lead) for lead in stored["leads"]]

    def hamiltonian_submatrix(self, sparse=False, return_norb=False, params=None):
        assert sparse
        assert return_norb
        assert params == PARAMS
        return coo(self.H), self.norbs, self.norbs


coo = sparse.coo_matrix
PARAMS = {"W": 1.0, "phi": 0.0}


@pytest.mark.parametrize(("name", "energy", "g"), CASES)
def test_the_same_conductance_as_kwant(name, energy, g):
    S = qt.kwant_scattering_matrix(qt.KwantSystem(StandIn(STORED[name]), PARAMS), energy)
    assert S.g[0] == pytest.approx(g, rel=1e-11)
    assert S.defect[0] < 1e-11
    # NaN where a channel is too small to be known.
    assert np.nansum(np.exp(S.ln_eigenvalues)) == pytest.approx(g, rel=1e-11)


@pytest.mark.skipif(
    importlib.util.find_spec("kwant") is None, reason="Kwant (extra `kwant`) is not installed"
)
def test_real_systems_of_kwant():
    spec = importlib.util.spec_from_file_location(
        "kwant_systems", Path(__file__).with_name("kwant_systems.py")
    )
    built = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(built)
    for make, energies in built.SYSTEMS.values():
        finalized, params = make()
        system = qt.KwantSystem(finalized, params)
        for energy in energies:
            smatrix = built.kwant.smatrix(finalized, energy, params=params)
            S = qt.kwant_scattering_matrix(system, energy)
            assert S.g[0] == pytest.approx(smatrix.transmission(1, 0), rel=1e-11)
            assert S.t_prime.shape[1:] == smatrix.submatrix(1, 0).shape
    with pytest.raises(qt.InputError, match="exactly two leads, lead 0 and lead 1; got 3"):
        qt.kwant_scattering_matrix(qt.KwantSystem(built.three_leads()), 0.5)
    with pytest.raises(qt.InputError, match=r"not finalized; pass builder\.finalized\(\)"):
        qt.KwantSystem(built.kwant.Builder())
    finalized, _ = built.strip_in_a_field()
    with pytest.raises(qt.InputError, match=r"needs the parameters W, phi; missing: phi"):
        qt.KwantSystem(finalized, {"W": 1.0})


def stand_in(name="strip in a field", **changes):
    system = StandIn(copy.deepcopy(STORED[name]))
    for attribute, value in changes.items():
        setattr(system, attribute, value)
    return system


def test_leads_of_different_width():
    # The dot's leads have 4 and 5 sites: S is square as a whole, t is not.
    S = qt.kwant_scattering_matrix(qt.KwantSystem(stand_in("quantum dot"), PARAMS), -0.7)
    assert S.r_prime.shape[1] != S.r.shape[1]
    assert S.g[0] + S.reflection[0] == pytest.approx(S.r_prime.shape[1], rel=1e-12)
    turned = S.turned
    assert turned.g[0] + turned.reflection[0] == pytest.approx(S.r.shape[1], rel=1e-12)
    assert turned.g[0] == pytest.approx(S.g[0], rel=1e-12)


def test_lead_zero_and_lead_one_can_be_exchanged():
    system = stand_in("quantum dot")
    there = qt.kwant_scattering_matrix(qt.KwantSystem(system, PARAMS), 0.4)
    turned = stand_in("quantum dot")
    turned.leads, turned.lead_interfaces = system.leads[::-1], system.lead_interfaces[::-1]
    back = qt.kwant_scattering_matrix(qt.KwantSystem(turned, PARAMS), 0.4)
    assert back.g == pytest.approx(there.g, rel=1e-11)


def test_interfaces_that_share_sites():
    # Both leads on the same column of a strip: one slice, and g = 3 of a clean wire.
    system = stand_in("wide leads")
    width = 3
    system.H = np.asarray(qt.Square(width).transverse())
    system.norbs = [1] * width
    system.lead_interfaces = [np.arange(width)] * 2
    for lead in system.leads:
        lead.h, lead.hop = system.H, np.eye(width, dtype=complex)
    S = qt.kwant_scattering_matrix(qt.KwantSystem(system, PARAMS), 0.4)
    assert S.g[0] == pytest.approx(3, abs=1e-12)


def test_parts_that_touch_nothing_do_not_matter():
    system = stand_in()
    g = qt.kwant_scattering_matrix(qt.KwantSystem(system, PARAMS), 0.5).g
    # Two sites more, coupled to each other only, with a state at this very energy.
    apart = np.zeros((len(system.H) + 2,) * 2, complex)
    apart[:-2, :-2] = system.H
    apart[-2, -1] = apart[-1, -2] = 0.5
    system.H, system.norbs = apart, [*system.norbs, 1, 1]
    assert qt.kwant_scattering_matrix(qt.KwantSystem(system, PARAMS), 0.5).g == g


def test_a_system_travels_to_a_worker():
    system = pickle.loads(pickle.dumps(qt.KwantSystem(stand_in(), PARAMS)))
    assert qt.kwant_scattering_matrix(system, 0.5).g[0] == pytest.approx(
        STORED["strip in a field"]["g"][0], rel=1e-11
    )


class Unfinalized:
    def finalized(self):
        raise AssertionError


def broken(entry):
    system = stand_in()
    system.H[0, 1] = entry
    return system


def cut_in_two():
    system = stand_in()
    system.H = np.diag(np.diag(system.H))
    return system


@pytest.mark.parametrize(
    ("system", "params", "message"),
    [
        (Unfinalized(), {}, r"not finalized; pass builder\.finalized\(\)"),
        (object(), {}, "must be a finalized Kwant system with leads, got <object"),
        (stand_in(leads=[]), PARAMS, r"has no lead; attach one with builder\.attach_lead"),
        (
            stand_in(leads=stand_in().leads[:1] * 3),
            PARAMS,
            "exactly two leads, lead 0 and lead 1; got 3; kwant_terminals takes any",
        ),
        (
            stand_in(lead_interfaces=[np.arange(5), np.arange(0)]),
            PARAMS,
            "lead 1 of the Kwant system touches no site of it",
        ),
        (stand_in(leads=[object()] * 2), PARAMS, "lead 0 .* must be a periodic lead"),
        (stand_in(), {"W": 1.0}, "needs the parameters W, phi; missing: phi"),
        (stand_in(), [("W", 1.0)], "params must be a mapping"),
        (broken(np.nan), PARAMS, "must be finite, got NaN"),
        (broken(1j), PARAMS, "must be Hermitian"),
        (cut_in_two(), PARAMS, "nothing in the Kwant system connects its two leads"),
    ],
)
def test_what_is_no_two_terminal_system_is_refused(system, params, message):
    with pytest.raises(qt.InputError, match=message):
        qt.kwant_scattering_matrix(qt.KwantSystem(system, params), 0.5)


@pytest.mark.parametrize(
    ("energy", "message"),
    [(9.0, "no open channel at energy 9"), (float("nan"), "energy must be finite")],
)
def test_energies_without_an_open_mode_are_refused(energy, message):
    with pytest.raises(qt.InputError, match=message):
        qt.kwant_scattering_matrix(qt.KwantSystem(stand_in(), PARAMS), energy)


def test_something_else_than_a_system_is_refused():
    with pytest.raises(qt.InputError, match=r"for a wire use scattering_matrices\(wire"):
        qt.kwant_scattering_matrix(qt.Wire(qt.Square(3)), 0.5)
