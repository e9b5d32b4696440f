"""The laws of a solver: what anybody can ask of it, `qtcore.scattering` and the like.

Each is a function of a system and the name of a solver that takes it. It holds or raises
AssertionError, and returns False for a system that it has nothing to say on.
"""

from dataclasses import replace

import numpy as np

import qtcore as qt
from qtcore.model.terms import Pairing
from qtcore.solve.recursive import scattering_matrices

from . import truth
from .systems import SOLVERS

ROUNDING = 1e-9
"""What the inversions of a short wire leave of sixteen digits, the truth's own ones included."""

LONG = (12, 13, 60)
"""Lengths of wires in which g is small and columns have to be made orthonormal."""


def solved(system, solver, wire=None, **change):
    """Return what a solver finds for a system, or for another wire at its energy."""
    asked = {
        "energy": system.energy,
        "lengths": system.lengths,
        "realizations": system.realizations,
        "seed": system.seed,
    }
    return qt.scattering(wire or system.wire, method=solver, **(asked | change))


def agree(here, there):
    """Whether two findings are the same within their certificates.

    Where a symmetry forbids transmission both found rounding noise: g is compared, not ln g.
    """
    tolerance = here.certificate + there.certificate + ROUNDING
    g, other = np.exp(here.ln_g), np.exp(there.ln_g)
    assert here.channels == there.channels
    assert (np.abs(g - other) < tolerance * (g + other) + 1e-12).all()
    assert (np.abs(here.reflection - there.reflection) < tolerance * here.channels).all()


def what_does_not_pass_is_reflected(system, solver):
    """S is unitary, because a coherent wire keeps its electrons: sum T + R = N for every sample."""
    found = solved(system, solver)
    total = np.exp(found.ln_g) + found.reflection
    assert np.abs(total - found.channels).max() < (found.certificate.max() + ROUNDING) * (
        found.channels
    )
    assert not found.suspect.any()


def it_is_the_truth(system, solver):
    """g and R are those of the inverse of E - H - Sigma, a dense matrix made without the solvers."""
    found = solved(system, solver)
    slices = system.wire.slices()
    N = truth.open_channels(slices, system.energy)
    sigmas = truth.self_energies(slices, system.energy)
    assert found.channels == N
    for j, length in enumerate(system.lengths):
        for k in range(len(system.realizations)):
            S = truth.site_matrix(system.truth(k, length), sigmas, system.energy, N)
            g, R = (np.abs(S[0, :, 1]) ** 2).sum(), (np.abs(S[1, :, 1]) ** 2).sum()
            tolerance = found.certificate[k, j] + ROUNDING
            assert abs(np.exp(found.ln_g[k, j]) - g) < tolerance * g + 1e-12
            assert abs(found.reflection[k, j] - R) < tolerance * N


def a_clean_wire_conducts_one_per_channel(system, solver):
    """Without anything that scatters a mode of the lead is one of the wire, so that g = N."""
    wire = system.wire
    if wire.lead_shift or not wire.field_in_leads or wire.lead_lattice is not None:
        return False
    if any(isinstance(term, Pairing) and not term.in_leads for term in wire.terms):
        return False
    clean = qt.Wire(wire.lattice, flux=wire.flux, field=wire.field, terms=wire.terms)
    found = solved(system, solver, clean, lengths=(1, 9, 40))
    assert np.abs(np.exp(found.ln_g) - found.channels).max() < 1e-8
    assert np.abs(found.reflection).max() < 1e-8
    return True


def two_terminals_conduct_alike_in_reversed_time(system, solver):
    """Onsager and Büttiker: g(B) = g(-B), with spins, mass phases and Zeeman fields turned along."""
    reverse = system.reverse()
    if reverse is None:
        return False
    agree(solved(system, solver), solved(system, solver, reverse))
    return True


def the_gauge_is_free(system, solver):
    """A phase of its own for every orbital, and one for every bond along, change no observable."""
    slices, wire = system.wire.slices(), system.wire
    if wire.random_hopping or not slices.uniform or not np.array_equal(slices.v, slices.lead_v):
        return False
    if wire.space.paired and not (np.array_equal(slices.h, slices.lead_h) and not wire.lead_shift):
        return False
    rng = np.random.default_rng(system.seed)
    U = np.exp(2j * np.pi * rng.random(len(slices.h)))
    turned = qt.Custom(
        U[:, None] * slices.h * U.conj(),
        np.exp(0.7j) * U[:, None] * slices.v * U.conj(),
        orbitals=slices.orbitals,
        pairing=False,
    )
    _same_with_given_potential(system, solver, turned, lead_shift=wire.lead_shift)
    return True


def the_origin_of_the_vector_potential_is_free(system, solver):
    """Moving all sites across adds a constant to A, whose curl is the field: g stays."""
    wire, lattice = system.wire, system.wire.lattice
    if lattice.wraps() or not wire.field_vector.any() or lattice.sites == 1:
        return False
    if wire.random_hopping or wire.site_matrices is not None:
        return False
    bare = qt.Wire(lattice, terms=wire.terms).slices()
    moved = qt.Custom(
        bare.h,
        bare.v,
        lattice.positions() + np.array([0.0, 3.7, 0.0]),
        wire.orbitals,
        lattice.period,
        # Two bands of a Chern insulator look like an electron and a hole.
        pairing=False,
    )
    # A custom slice counts its flux in squared lattice constants.
    _same_with_given_potential(
        system,
        solver,
        moved,
        flux=wire.flux / lattice.plaquette,
        field=wire.field,
        field_in_leads=wire.field_in_leads,
    )
    return True


def a_whole_flux_quantum_is_none(system, solver):
    """Byers and Yang: h/e more through every plaquette is a gauge, and nothing else shows a field."""
    wire = system.wire
    if wire.space.paired:
        return False
    second_neighbours = any(isinstance(term, qt.Haldane | qt.KaneMele) for term in wire.terms)
    custom = isinstance(wire.lattice, qt.Custom)
    if not wire.field_in_leads or wire.lead_lattice is not None or second_neighbours or custom:
        return False
    more = {"flux": wire.flux + 1}
    if wire.lattice.dimension == 3 and wire.lattice.height > 1 and not wire.flux:
        more = {"field": tuple(b + 1 for b in wire.field)}
    elif wire.lattice.wraps() and not isinstance(wire.lattice, qt.Square):
        return False
    agree(solved(system, solver), solved(system, solver, replace(wire, **more)))
    return True


def _same_with_given_potential(system, solver, lattice, **keywords):
    """Compare with another wire that has the very potential of the system."""
    potential = system.potential(system.lengths[-1])
    found = solved(system, solver)
    for k in range(len(system.realizations)):
        other = qt.Wire(lattice, qt.Fixed(potential[:, :, k]), **keywords)
        there = solved(system, solver, other, realizations=[0])
        one = qt.Scattering(
            found.ln_g[k : k + 1],
            found.reflection[k : k + 1],
            found.certificate[k : k + 1],
            found.suspect[k : k + 1],
            found.channels,
        )
        agree(one, there)


def solvers_agree_at_any_length(system, solver):
    """Solvers share no algorithm, so that what they agree on is neither's error: R and g, or ln g."""
    met = False
    for other in SOLVERS:
        if other != solver and other not in system.refused_by:
            met = True
            one, two = (solved(system, name, lengths=LONG) for name in (solver, other))
            agree(one, two)
            small = (one.ln_g < -1) & (one.ln_g > -60)
            tolerance = one.certificate + two.certificate + ROUNDING
            assert (np.abs(one.ln_g - two.ln_g) < tolerance)[small].all()
    return met


def a_longer_wire_continues_the_shorter(system, solver):
    """A length gives the same bits whatever other lengths and samples are asked for along with it."""
    together = solved(system, solver)
    for j, length in enumerate(system.lengths):
        alone = solved(system, solver, lengths=[length], realizations=system.realizations[:1])
        assert np.array_equal(alone.ln_g[0, 0], together.ln_g[0, j])
        assert np.array_equal(alone.reflection[0, 0], together.reflection[0, j])
        assert np.array_equal(alone.certificate[0, 0], together.certificate[0, j])


def transmission_eigenvalues_are_probabilities(system, solver):
    """0 <= T_n <= 1, they add up to g, and Kramers degeneracy pairs them where time reverses."""
    arguments = (
        system.wire,
        system.energy,
        system.lengths,
        system.realizations,
        system.seed,
        solver,
    )
    ln_T = qt.ln_transmission_eigenvalues(*arguments)
    # The transfer solver knows them all where all slices have the same sites; one too small to be
    # known is none.
    knows_all = solver == "transfer" and not system.is_shaped
    assert np.isfinite(ln_T if knows_all else ln_T[..., 0]).all()
    T = np.nan_to_num(np.exp(ln_T))
    found = solved(system, solver)
    assert (np.abs(T.sum(axis=2) - np.exp(found.ln_g)) < 1e-12 + 1e-9 * T.sum(axis=2)).all()
    assert T.max() < 1 + ROUNDING
    if system.spinful and system.reverse() == system.wire:
        assert np.abs(T[..., 0::2] - T[..., 1::2]).max() < 1e-7


def a_family_has_the_bits_of_its_members(system, solver):
    """Other gates on the same impurities change nothing in a member."""
    gates = (*system.wire.gates, lambda x, *_: 0.2 * np.cos(x))
    wires = system.wire, replace(system.wire, gates=gates)
    members = [(wire, system.energy) for wire in wires]
    asked = system.lengths, system.realizations, system.seed, solver
    for wire, found in zip(wires, qt.scattering_family(members, *asked), strict=True):
        alone = solved(system, solver, wire)
        assert np.array_equal(found.ln_g, alone.ln_g)
        assert np.array_equal(found.reflection, alone.reflection)
        assert np.array_equal(found.certificate, alone.certificate)


def absorption_takes_what_is_missing(system, solver):
    """With -i eta on every site what comes from a side loses N - T - R = 2 eta sum |psi|²."""
    slices = system.wire.slices()
    if not slices.uniform or (solver == "transfer" and system.wire.random_bonds):
        return False
    eta, M = 0.07, len(slices.h)
    sigmas = truth.self_energies(slices, system.energy)
    gammas = [1j * (sigma - sigma.conj().T) for sigma in sigmas]
    ends = slice(0, M), slice(-M, None)
    for side, other in ((0, 1), (1, 0)):
        incidence = ("left", "right")[side]
        found = solved(system, solver, absorption=eta, incidence=incidence)
        for j, length in enumerate(system.lengths):
            for k in range(len(system.realizations)):
                G = truth.green_function(system.truth(k, length), system.energy, sigmas, eta)
                # sum |psi|² over sites and incoming modes: G carries Gamma, the sum of the sources.
                driven = G[:, ends[side]] @ gammas[side]
                stored = np.trace(driven @ G[:, ends[side]].conj().T).real
                corner = G[ends[other], ends[side]]
                g = np.trace(gammas[other] @ corner @ gammas[side] @ corner.conj().T).real
                tolerance = (found.certificate[k, j] + ROUNDING) * found.channels
                missing = found.channels - np.exp(found.ln_g[k, j]) - found.reflection[k, j]
                assert abs(missing - 2 * eta * stored) < tolerance
                assert abs(np.exp(found.ln_g[k, j]) - g) < tolerance
        assert not found.suspect.any()
    return True


def a_coherent_wire_is_alike_from_both_sides(system, solver):
    """T(left to right) = T(right to left) where nothing is lost, whatever the field: S is unitary."""
    S = scattering_matrices(
        system.wire.slices(),
        system.energy,
        system.lengths,
        system.potential(system.lengths[-1]),
        0.0,
        system.hopping,
    )
    left, right = (solved(system, solver, incidence=side) for side in ("left", "right"))
    assert np.array_equal(left.ln_g, right.ln_g)
    assert np.array_equal(left.reflection, right.reflection)
    for j, one in enumerate(S):
        for turned in (one, one.turned):
            tolerance = (left.certificate[:, j] + ROUNDING) * left.channels
            assert (np.abs(np.exp(left.ln_g[:, j]) - turned.g) < tolerance).all()
            assert (np.abs(left.reflection[:, j] - turned.reflection) < tolerance).all()


LAWS = (
    what_does_not_pass_is_reflected,
    it_is_the_truth,
    a_clean_wire_conducts_one_per_channel,
    two_terminals_conduct_alike_in_reversed_time,
    the_gauge_is_free,
    the_origin_of_the_vector_potential_is_free,
    a_whole_flux_quantum_is_none,
    solvers_agree_at_any_length,
    a_longer_wire_continues_the_shorter,
    transmission_eigenvalues_are_probabilities,
    absorption_takes_what_is_missing,
    a_coherent_wire_is_alike_from_both_sides,
    a_family_has_the_bits_of_its_members,
)
