"""Wires with pairing: electrons and holes against closed formulas and dense matrices."""

from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.model.nambu import exchanged
from qtcore.observe.andreev import andreev
from qtcore.theory.born import rates_of_wire
from tests.laws import truth

SEED = 3
BOX = qt.Box(0.8)
NANOWIRE = (
    qt.SWavePairing(0.3, 0.4),
    qt.ChemicalPotential(0.4),
    qt.Rashba(0.3),
    qt.Zeeman(0.1, 0.0, 0.3),
)

PAIR = np.array([[0, 1], [-1, 0]])
GAP = np.block([[np.zeros((2, 2)), PAIR], [-PAIR, np.zeros((2, 2))]])
"""A pairing strength of its own on each site, on c_up, c_down, c_up^+, c_down^+."""


def kitaev(mu, delta=0.6, disorder=None, **keywords):
    terms = (qt.PWavePairing(delta), qt.ChemicalPotential(mu))
    return qt.Wire(qt.Chain(), disorder or qt.Box(0.0), terms=terms, **keywords)


WIRES = {
    "Kitaev": kitaev(0.4, disorder=BOX),
    "doped leads, a gate": kitaev(
        0.4, disorder=BOX, lead_shift=0.5, gates=(lambda x, _y: 0.1 * x,)
    ),
    "p + ip": qt.Wire(
        qt.Square(3), BOX, terms=(qt.PWavePairing(0.4, -1, 0.3), qt.ChemicalPotential(0.6))
    ),
    "s-wave": qt.Wire(qt.Square(2), BOX, terms=(qt.SWavePairing(0.4), qt.ChemicalPotential(0.3))),
    "nanowire, magnetic impurities": qt.Wire(
        qt.Square(2), (BOX, qt.MagneticImpurities(0.5)), terms=NANOWIRE
    ),
    "random hopping": qt.Wire(
        qt.Square(2),
        (BOX, qt.RandomHopping(0.4)),
        terms=(qt.PWavePairing(0.4), qt.ChemicalPotential(0.6)),
    ),
    "random gap": qt.Wire(
        qt.Square(2), (BOX, qt.WithMatrix(qt.Box(0.3), GAP)), terms=(qt.SWavePairing(0.2),)
    ),
    "ribbon": qt.Wire(qt.Honeycomb(2), BOX, terms=NANOWIRE),
    "two bands": qt.Wire(
        qt.Square(2), BOX, terms=(qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8), qt.SWavePairing(0.2))
    ),
}


def on_kinds(matrix, k):
    """Return the blocks (out, in) of electrons (0) and holes (1) of a matrix on a slice."""
    split = matrix.reshape(-1, 2, k // 2, len(matrix) // k, 2, k // 2)
    n = len(matrix) // 2
    return [[split[:, a][:, :, :, b].reshape(n, n) for b in (0, 1)] for a in (0, 1)]


def probabilities(wire, realization, length, energy):
    """Return R_he, T_ee, T_he of a dense sample by Tr Gamma_out G Gamma_in G^+ of the kinds."""
    slices, k = wire.slices(), wire.orbitals
    hopping = wire.hopping_of(np.array([realization], np.uint64), 0, length, SEED)
    M = len(slices.h)
    inside = hopping.inside.dense(M)[:, 0]
    if wire.site_matrices.rows is not None:
        matrices = wire.onsite_matrices(realization, range(length), SEED)
        for n in range(length):
            for site in range(wire.width):
                own = slice(site * k, site * k + k)
                inside[n, own, own] += matrices[n, site]
    parts = truth.Sample(list(inside), list(hopping.ahead.dense(M)[: length - 1, 0]))
    sigmas = truth.self_energies(slices, energy)
    G = truth.green_function(parts, energy, sigmas)
    left, right = (on_kinds(1j * (one - one.conj().T), k) for one in sigmas)
    assert max(np.abs(one[0][1]).max() for one in (left, right)) < 1e-12
    found = []
    for block, out, kind in ((G[:M, :M], left, 1), (G[-M:, :M], right, 0), (G[-M:, :M], right, 1)):
        g = on_kinds(block, k)[kind][0]
        found.append(np.trace(out[kind][kind] @ g @ left[0][0] @ g.conj().T).real)
    return found


@pytest.mark.parametrize("name", WIRES)
def test_probabilities_are_those_of_a_dense_matrix(name):
    wire, energy = WIRES[name], 0.13
    found = andreev(wire, energy, [4, 9], [0, 5], SEED)
    for S, length in zip(found, (4, 9), strict=True):
        for row, realization in enumerate((0, 5)):
            R_he, T_ee, T_he = probabilities(wire, realization, length, energy)
            assert abs(S.R_he[row] - R_he) < 1e-9
            assert abs(S.T_ee[row] - T_ee) < 1e-9
            assert abs(S.T_he[row] - T_he) < 1e-9
        # What comes in as an electron leaves as something.
        total = S.R_ee + S.R_he + S.T_ee + S.T_he
        assert np.abs(total - S.channels).max() < 1e-9
        assert np.abs(S.G_NS - (2 * S.R_he + S.T_ee + S.T_he)).max() < 1e-9
        # Electrons and holes together are the quasiparticles that other calls count.
        whole = qt.scattering(wire, energy, [length], [0, 5], SEED)
        every = sum(
            (np.abs(part) ** 2).sum(axis=(1, 2)) for part in (S.t_ee, S.t_he, S.t_eh, S.t_hh)
        )
        g = every * np.exp(2 * S.log_scale)
        assert np.abs(np.exp(whole.ln_g[:, 0]) / g - 1).max() < 1e-9


def test_sectors_of_the_leads_tell_the_same_as_electrons_and_holes():
    wire, kinds = WIRES["s-wave"], qt.Conserved(np.diag([1, 1, -1, -1]), names=("electron", "hole"))
    S = andreev(wire, 0.13, [6], [0, 1], SEED)[0]
    found = qt.resolved_scattering(wire, 0.13, [6], [0, 1], SEED, kinds)
    T, R = np.exp(found.ln_T[:, 0]), found.reflection[:, 0]
    assert np.abs(T[:, 0, 0] - S.T_ee).max() < 1e-12
    assert np.abs(T[:, 1, 0] - S.T_he).max() < 1e-12
    assert np.abs(R[:, 1, 0] - S.R_he).max() < 1e-12
    # Singlets conserve the spin of an excitation: an electron up comes back as the hole of a down one.
    spins = qt.resolved_scattering(wire, 0.13, [6], [0, 1], SEED, "spin_z")
    assert np.isneginf(spins.ln_T[..., 0, 1]).all()
    both = np.exp(spins.ln_T[:, 0, 0, 0]) + np.exp(spins.ln_T[:, 0, 1, 1])
    assert np.abs(both - T.sum(axis=(1, 2))).max() < 1e-12


@pytest.mark.parametrize("name", WIRES)
def test_electrons_and_holes_are_one(name):
    """tau_x H^* tau_x = -H with all disorder, and S(E) = tau_x S(-E)^* tau_x on the sites."""
    wire, length = WIRES[name], 5
    k = wire.orbitals
    H = qt.closed_sample(wire, length, 2, SEED).H.toarray()
    assert np.abs(exchanged(H.astype(complex), k) + H).max() < 1e-14
    levels = np.linalg.eigvalsh(H)
    assert np.abs(levels + levels[::-1]).max() < 1e-12
    # Probabilities of holes at E are those of electrons at -E.
    here, there = (andreev(wire, E, [length], [2], SEED)[0] for E in (0.13, -0.13))
    for one, other in (("r_hh", "r_ee"), ("r_eh", "r_he"), ("t_hh", "t_ee"), ("t_eh", "t_he")):
        a, b = (
            np.linalg.svd(getattr(S, n)[0], compute_uv=False)
            for S, n in ((here, one), (there, other))
        )
        assert np.abs(a - b).max() < 1e-10
    # At E = 0 the bases are each other's conjugates.
    for side in ("left", "right"):
        S = andreev(wire, 0.0, [length], [2], SEED, side)[0]
        for one, other in (("r_hh", "r_ee"), ("r_eh", "r_he"), ("t_hh", "t_ee"), ("t_eh", "t_he")):
            assert np.abs(getattr(S, one) - getattr(S, other).conj()).max() < 1e-9
        assert np.abs(S.det_r).max() < 1 + 1e-9


@pytest.mark.parametrize("Z", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_a_clean_interface_reflects_as_blonder_tinkham_and_klapwijk_say(Z, share):
    """A = D² / (E² + (D² - E²)(1 + 2 Z²)²) below the gap D, with the barrier Z = V / v on one site."""
    delta = 1e-2
    barrier = (lambda x, _y: np.where(x < 1, 2 * Z, 0.0),)
    wire = qt.Wire(qt.Chain(), terms=(qt.SWavePairing(delta),), gates=barrier)
    E = share * delta
    S = andreev(wire, E, [2400], [0], 1)[0]
    A = delta**2 / (E**2 + (delta**2 - E**2) * (1 + 2 * Z**2) ** 2)
    # Both spins; corrections are of the order of delta over the band width.
    assert abs(S.R_he[0] / 2 - A) < delta
    assert abs(S.G_NS[0] - 4 * A) < 4 * delta


def test_a_kitaev_chain_has_a_majorana_state_at_its_end():
    """|mu| < 2: det r = -1 and G = 2 e²/h whatever the disorder; beyond: det r = 1 and G = 0."""
    for mu, sign in ((0.0, -1), (1.7, -1), (-1.7, -1), (2.3, 1), (-2.4, 1)):
        wire = kitaev(mu, disorder=qt.Box(0.2), lead_shift=mu)
        for side in ("left", "right"):
            S = andreev(wire, 0.0, [200], range(2), SEED, side)[0]
            assert (S.invariant.values == sign).all()
            assert np.abs(S.det_r - sign).max() < 1e-6
            if side == "left":
                # The same sign beside a hard wall, in any basis of the modes.
                beside = observe.reflection_sign(wire, 200, range(2), SEED)
                assert (beside.values == sign).all()
            assert np.abs(S.G_NS - (2 if sign < 0 else 0)).max() < 1e-6
    # The transition lies at mu = 2: there is no gap, and a clean chain transmits.
    lengths = [50, 100, 200]
    found = andreev(kitaev(2.0, lead_shift=1.0), 0.0, lengths, [0], 1)
    assert all(S.T_ee[0] + S.T_he[0] > 0.1 for S in found)
    before, after = (
        andreev(kitaev(mu, lead_shift=1.0), 0.0, [800], [0], 1)[0] for mu in (1.96, 2.04)
    )
    assert before.invariant.values[0] == -1
    assert after.invariant.values[0] == 1
    # Kitaev's own point: two levels at zero in a finite chain.
    levels = observe.eigenvalues(qt.closed_sample(kitaev(0.0, 1.0), 20, 0, 1).H)
    assert np.abs(levels[19:21]).max() < 1e-12
    assert abs(levels[21] - 2) < 1e-12


def test_a_nanowire_turns_topological_with_the_field():
    """Zeeman energy above (delta² + mu²)^1/2, with mu from the bottom of the band."""
    for field, sign in ((0.2, 1), (0.45, -1)):
        terms = (
            qt.SWavePairing(0.25),
            qt.ChemicalPotential(-2.15),
            qt.Rashba(0.3),
            qt.Zeeman(bz=field),
        )
        wire = qt.Wire(qt.Chain(), qt.Box(0.05), terms=terms, lead_shift=-1.5)
        S = andreev(wire, 0.0, [400], range(3), SEED)[0]
        assert (S.invariant.values == sign).all()
        if sign < 0:
            assert np.abs(S.G_NS - 2).max() < 1e-6


def test_bulk_bands_are_those_of_the_formulas():
    sizes = 6, 5
    kx, ky = np.meshgrid(*(2 * np.pi * np.arange(n) / n for n in sizes))
    xi = 2 * np.cos(kx) + 2 * np.cos(ky) - 0.6
    lattice = qt.Square(5, periodic=True)

    def levels(*terms):
        wire = qt.Wire(lattice, terms=(qt.ChemicalPotential(0.6), *terms))
        return observe.eigenvalues(qt.closed_sample(wire, 6, 0, 1, periodic=True).H)

    s = np.hypot(xi, 0.35).ravel()
    assert np.abs(levels(qt.SWavePairing(0.35, 0.7)) - np.sort(np.repeat([s, -s], 2))).max() < 1e-12
    for chirality in (1, -1):
        gap = 2 * 0.4 * np.hypot(np.sin(kx), np.sin(ky))
        p = np.hypot(xi, gap).ravel()
        found = levels(qt.PWavePairing(0.4, chirality, 0.2))
        assert np.abs(found - np.sort([p, -p], axis=None)).max() < 1e-12


def test_superconducting_leads_conduct_above_their_gap_only():
    wire = qt.Wire(qt.Chain(), terms=(qt.SWavePairing(0.3, in_leads=True),))
    found = qt.scattering(wire, 0.5, [20], [0], 1)
    # Two spins, and waves of the particle-like and of the hole-like branch.
    assert found.channels == 4
    assert abs(np.exp(found.ln_g[0, 0]) - 4) < 1e-10
    with pytest.raises(qt.InputError, match="gap"):
        qt.scattering(wire, 0.2, [20], [0], 1)
    with pytest.raises(qt.InputError, match="superconducting leads"):
        andreev(wire, 0.5, [20], [0], 1)
    # A normal sample between superconductors: a gate that is no more than a barrier for both kinds.
    with_gate = replace(wire, gates=(lambda x, _y: np.where(x == 3, 0.7, 0.0),))
    assert qt.scattering(with_gate, 0.5, [20], [0], 1).reflection[0, 0] > 0.01


def test_arrays_of_electrons_and_holes_say_what_disorder_does():
    chain = kitaev(0.4, 0.5, BOX)
    slices = chain.slices()
    h, v = slices.h, slices.v
    given = qt.Custom(h, v, orbitals=2, pairing=True)
    normal = qt.Custom(slices.lead_h, slices.lead_v, orbitals=2, pairing=True)
    # The same numbers: Custom has other keys.
    values = qt.Fixed(chain.onsite(0, range(30), SEED))
    arrays = qt.Wire(given, values, lead_lattice=normal)
    terms = replace(chain, disorder=values)
    for one, other in zip(*(andreev(w, 0.1, [30], [0], 1) for w in (arrays, terms)), strict=True):
        assert abs(one.R_he - other.R_he)[0] < 1e-9
        assert abs(one.T_ee - other.T_ee)[0] < 1e-9
    H = qt.closed_sample(arrays, 30, 0, 1).H.toarray()
    assert np.abs(H.diagonal()[::2] + H.diagonal()[1::2]).max() == 0
    # What could be either is refused, unless it is said which.
    ambiguous = qt.Custom(h, v, orbitals=2)
    for change in ({"disorder": BOX}, {"gates": (lambda x, _y: x,)}, {"lead_shift": 0.1}):
        with pytest.raises(qt.InputError, match=r"pairing=True .* pairing=False"):
            qt.Wire(ambiguous, **change)
    assert qt.Wire(ambiguous).orbitals == 2
    bands = qt.Wire(qt.Custom(h, v, orbitals=2, pairing=False), BOX)
    assert not bands.space.paired
    assert qt.closed_sample(bands, 4, 0, 1).H.toarray().trace().real != 0
    # Other orders of the orbitals are seen, too.
    spinful = qt.Wire(qt.Chain(), terms=NANOWIRE).slices()
    U = np.eye(4)[[0, 2, 1, 3]]
    turned = qt.Custom(U @ spinful.h @ U.T, U @ spinful.v @ U.T, orbitals=4)
    with pytest.raises(qt.InputError, match="eps tau_z"):
        qt.Wire(turned, BOX)


def changed(factor):
    bonds = qt.ChangedBonds(factor)
    return qt.Wire(qt.Square(3), terms=(qt.SWavePairing(0.2),), structure=(bonds,))


def test_real_bonds_go_with_pairing_however_they_are_said():
    by_function = changed(
        lambda x1, y1, x2, y2: np.where(np.abs(x1 + x2 - 3) < 0.1, 0.8, 1.0) + 0 * (y1 + y2)
    )
    contact = qt.Wire(
        qt.Square(3), terms=(qt.SWavePairing(0.2),), structure=(qt.TunnelContact(0.8, 1.5),)
    )
    asked = 0.1, [4], [0], 1
    ln_g = qt.ln_conductance(by_function, *asked)
    assert ln_g == pytest.approx(qt.ln_conductance(contact, *asked), rel=1e-10)


REFUSED = {
    "no pairing": (lambda: andreev(qt.Wire(qt.Chain()), 0.1, [4], [0], 1), "SWavePairing", "Custom"),
    "det r at an energy": (
        lambda: andreev(kitaev(0.4), 0.1, [4], [0], 1)[0].det_r, "at the energy 0", "got energy = 0.1",
    ),
    "a flux": (lambda: kitaev(0.4, flux=0.01), "field does not go with pairing", "gauge"),
    "random phases": (lambda: kitaev(0.4, disorder=qt.RandomPhase(0.1)), "RandomHopping(strength)"),
    "random SU(2)": (
        lambda: qt.Wire(qt.Chain(), qt.RandomSU2(), terms=(qt.SWavePairing(0.1),)), "RandomSU2",
    ),
    "spin beside p-wave": (
        lambda: qt.Wire(qt.Chain(), terms=(qt.PWavePairing(0.1), qt.Zeeman(bz=1))), "use SWavePairing",
    ),
    "spin of disorder beside p-wave": (
        lambda: kitaev(0.4, disorder=qt.WithMatrix(BOX, "sigma_x")), "acts on spin", "PWavePairing",
    ),
    "bands without spin": (
        lambda: qt.Wire(qt.Chain(), terms=(qt.SWavePairing(0.1), qt.QWZ())), "acts on spin",
    ),
    "p-wave in a bar": (
        lambda: qt.Wire(qt.Cubic(2, 2), terms=(qt.PWavePairing(0.1),)), "plane z = 0",
    ),
    "a chirality": (lambda: qt.PWavePairing(0.1, 2), "-1, 0 or 1", "got 2"),
    "no number": (lambda: qt.SWavePairing("0.1"), "delta", "units of t"),
    "leads that are a text": (lambda: qt.SWavePairing(0.1, in_leads="no"), "True or False"),
    "arrays without the form": (
        lambda: qt.Custom(np.eye(2), np.eye(2), orbitals=2, pairing=True), "particle-hole form", "tau_x",
    ),
    "an odd number of orbitals": (
        lambda: qt.Custom(np.zeros((3, 3)), np.eye(3), orbitals=3, pairing=True), "particle-hole form",
    ),
    "leads of arrays that do not say": (
        lambda: qt.Wire(
            qt.Custom(np.diag([1, -1]), np.diag([1, -1]), orbitals=2, pairing=True),
            lead_lattice=qt.Custom(np.diag([2, -2]), np.diag([1, -1]), orbitals=2),
        ),
        "must both have holes",
    ),
    "floating probes": (
        lambda: observe.dephased_ensemble(kitaev(0.4), 0.1, 4, range(1), 1, 0.1), "floating probe",
    ),
    "a conductivity": (
        lambda: observe.kubo_bastin(kitaev(0.4), [0.1], 9, [0], 1, "xx"), "currents of charge",
    ),
    "a threshold at E = 0": (
        # 2 cos(6 pi / 9) - 1 = -2: the upper edge of a band.
        lambda: andreev(
            qt.Wire(qt.Square(8), terms=(qt.PWavePairing(0.3), qt.ChemicalPotential(1.0))), 0.0, [4], [0], 1
        ),
        "begins or ends at E = 0", "lead_shift",
    ),
    "a bar with leads of its own": (lambda: qt.Bar(kitaev(0.4)), "know no holes"),
    "bonds that turn": (
        lambda: changed(lambda x1, y1, x2, y2: 0.5j * (x2 - x1) + 0 * y1 + 0 * y2),
        "factor of ChangedBonds gives", "does not go with pairing", "as those of ChangedBonds",
    ),
    "bonds that turn further on": (
        lambda: qt.scattering(
            changed(lambda x1, y1, x2, y2: np.exp(0.3j * (x2 - x1) * (x1 + x2 > 6)) + 0 * y1 + 0 * y2),
            0.1, [9], [0], 1,
        ),
        "factor of ChangedBonds gives 0.955", "does not go with pairing",
    ),
    "a flux tube": (
        lambda: qt.Wire(
            qt.Square(4), terms=(qt.PWavePairing(0.3),), structure=(qt.FluxTube(3.5, 1.5, 0.2),)
        ),
        "does not go with pairing",
    ),
    "a spin Chern number": (
        lambda: observe.spin_chern_number(
            qt.Wire(qt.Square(4, periodic=True), terms=(qt.SWavePairing(0.3),)), 0.0, 4, [0], 1
        ),
        "spin=",
    ),
    "golden-rule rates": (lambda: rates_of_wire(kitaev(0.4), 0.1, 1.0), "see alike"),
    "a matrix without the form": (
        lambda: kitaev(0.4, disorder=qt.WithMatrix(BOX, np.eye(2))), "no particle-hole form", "1 x 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_meaning_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as refused:
        call()
    for word in words:
        assert word in str(refused.value), refused.value
