"""Junctions of a normal and a superconducting lead, against closed formulas, dense matrices and Kwant."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.model.nambu import exchanged
from tests.laws import truth

SEED = 5
BOX = qt.Box(0.8)
MU = qt.ChemicalPotential(0.3)


def nowhere(x, _y):
    """Return the profile of a sample that is normal all along."""
    return np.zeros_like(x)


def beyond_three(x, _y):
    """Return the profile of an interface in the sample, with a phase that winds behind it."""
    return np.where(x >= 3, np.exp(0.1j * x), 0)


JUNCTIONS = {
    "s-wave": qt.Wire(
        qt.Square(2), BOX, terms=(qt.SWavePairing(0.4, 0.3, "right", beyond_three), MU)
    ),
    "s-wave, left": qt.Wire(qt.Square(2), BOX, terms=(qt.SWavePairing(0.4, 0.3, "left"), MU)),
    "nanowire": qt.Wire(
        qt.Square(2),
        (BOX, qt.MagneticImpurities(0.5)),
        terms=(qt.SWavePairing(0.3, 0.4, "right", beyond_three), MU, qt.Rashba(0.3), qt.Zeeman(0.1, 0.0, 0.3)),
        lead_shift=-0.2,
    ),
    "Kitaev": qt.Wire(
        qt.Chain(), BOX, terms=(qt.PWavePairing(0.6, in_leads="right"), qt.ChemicalPotential(1.2)), lead_shift=0.6
    ),
    "Kitaev, a profile": qt.Wire(
        qt.Chain(), BOX, terms=(qt.PWavePairing(0.6, 0, 0.2, "right", beyond_three), qt.ChemicalPotential(1.2))
    ),
    "p + ip": qt.Wire(
        qt.Square(3), (BOX, qt.RandomHopping(0.3)), terms=(qt.PWavePairing(0.4, -1, 0.3, "left"), MU)
    ),
    "a barrier at the interface": qt.Wire(
        qt.Square(3),
        BOX,
        terms=(qt.SWavePairing(0.4, in_leads="right", profile=nowhere), MU),
        structure=[qt.TunnelContact(0.5, "right"), qt.TunnelContact(0.7, 1.5)],
    ),
    "wider leads": qt.Wire(
        qt.Square(2),
        BOX,
        terms=(qt.SWavePairing(0.4, in_leads="right"), MU),
        lead_lattice=qt.Square(4),
        lead_offset=1,
    ),
    "ribbon": qt.Wire(
        qt.Honeycomb(2), BOX, terms=(qt.SWavePairing(0.3, in_leads="right"), MU)
    ),
}  # fmt: skip


def kind_of(wire):
    """Return which rows of a slice of the leads are holes."""
    k = wire.orbitals
    return np.arange(len(wire.slices().lead_h)) % k >= k // 2


def dense(wire, realization, length, energy):
    """Return R_he and the whole transmission of electrons from the normal lead, from a dense matrix."""
    slices, M = wire.slices(), len(wire.slices().h)
    H = qt.closed_sample(wire, length, realization, SEED).H.toarray().astype(complex)
    left = truth.self_energy(slices.lead_h, slices.lead_v.conj().T, energy)
    right = truth.self_energy(slices.right_h, slices.right_v, energy)
    m, (into, out) = len(left), (slices.left_contact, slices.right_contact)
    # A slice of each lead is part of the sample, which has its contacts then.
    whole = np.zeros((len(H) + 2 * m,) * 2, complex)
    whole[:m, :m], whole[-m:, -m:] = slices.lead_h + left, slices.right_h + right
    whole[m:-m, m:-m] = H
    whole[:m, m : m + M], whole[m : m + M, :m] = into, into.conj().T
    whole[-m - M : -m, -m:], whole[-m:, -m - M : -m] = out, out.conj().T
    G = np.linalg.inv(energy * np.eye(len(whole)) - whole)
    assert len(left) == len(right)
    gammas = [1j * (one - one.conj().T) for one in (left, right)]
    ends, holes = [slice(0, m), slice(-m, None)], kind_of(wire)
    near = (
        0
        if next(term for term in wire.terms if hasattr(term, "in_leads")).in_leads == "right"
        else 1
    )
    coming = np.where(holes[:, None] | holes, 0, gammas[near])
    back = np.where(~holes[:, None] | ~holes, 0, gammas[near])
    g, passed = G[ends[near], ends[near]], G[ends[1 - near], ends[near]]
    R_he = np.trace(back @ g @ coming @ g.conj().T).real
    return R_he, np.trace(gammas[1 - near] @ passed @ coming @ passed.conj().T).real


def incidence(wire):
    """Return the side of the normal lead."""
    pairing = next(term for term in wire.terms if hasattr(term, "in_leads"))
    return "left" if pairing.in_leads == "right" else "right"


@pytest.mark.parametrize("energy", [0.13, 0.9], ids=["below", "above"])
@pytest.mark.parametrize("name", JUNCTIONS)
def test_probabilities_are_those_of_a_dense_matrix(name, energy):
    wire, side = JUNCTIONS[name], incidence(JUNCTIONS[name])
    lengths, samples = [4, 7], [0, 9]
    found = observe.andreev(wire, energy, lengths, samples, SEED, side)
    referee = observe.andreev(wire, energy, lengths, samples, SEED, side, method="recursive")
    for S, other, length in zip(found, referee, lengths, strict=True):
        for row, realization in enumerate(samples):
            R_he, T_e = dense(wire, realization, length, energy)
            assert abs(S.R_he[row] - R_he) < 1e-9
            assert abs(S.T_e[row] - T_e) < 1e-9
        assert np.abs(S.R_ee + S.R_he + S.T_e - S.channels).max() < 1e-10
        for part in ("r_ee", "r_he", "r_eh", "r_hh"):
            assert np.abs(getattr(S, part) - getattr(other, part)).max(initial=0) < 1e-10
        assert (S.certificate < 1e-6).all()
        scale = np.exp(S.log_scale)[:, None, None]
        whole = np.concatenate([S.r, scale * np.concatenate([S.t_e, S.t_h], axis=2)], axis=1)
        defect = whole.conj().swapaxes(1, 2) @ whole - np.eye(whole.shape[2])
        assert np.abs(defect).max() < 1e-10


@pytest.mark.parametrize("name", JUNCTIONS)
def test_electrons_and_holes_are_one(name):
    wire, side = JUNCTIONS[name], incidence(JUNCTIONS[name])
    H = qt.closed_sample(wire, 6, 2, SEED).H.toarray().astype(complex)
    assert np.abs(exchanged(H, wire.orbitals) + H).max() == 0
    assert np.abs(H - H.conj().T).max() == 0
    here, there = (observe.andreev(wire, E, [6], [2], SEED, side)[0] for E in (0.13, -0.13))
    for one, other in (("r_hh", "r_ee"), ("r_eh", "r_he")):
        a, b = (
            np.linalg.svd(getattr(S, n)[0], compute_uv=False)
            for S, n in ((here, one), (there, other))
        )
        assert np.abs(a - b).max() < 1e-10
    S = observe.andreev(wire, 0.0, [6], [2], SEED, side)[0]
    assert np.abs(S.r_hh - S.r_ee.conj()).max() < 1e-9
    assert np.abs(S.r_eh - S.r_he.conj()).max() < 1e-9
    # Nothing passes a superconductor without end below its gap.
    if S.t_e.shape[1] == 0:
        assert np.abs(np.abs(S.det_r) - 1).max() < 1e-9


@pytest.mark.parametrize("Z", [0.0, 0.5, 1.2])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.2, 2.0])
def test_a_clean_interface_reflects_as_blonder_tinkham_and_klapwijk_say(Z, share):
    """PRB 25, 4515 (1982), table II, with the barrier Z = V / v on one site, below and above the gap D."""
    delta = 1e-4
    wire = qt.Wire(
        qt.Chain(),
        terms=(qt.SWavePairing(delta, in_leads="right", profile=nowhere),),
        gates=(lambda x, _y: np.where(x < 1, 2 * Z, 0.0),),
    )
    E = share * delta
    S = observe.andreev(wire, E, [1, 3], [0], 1)[0]
    if share < 1:
        A = delta**2 / (E**2 + (delta**2 - E**2) * (1 + 2 * Z**2) ** 2)
        B = 1 - A
    else:
        u2 = (1 + np.sqrt(1 - 1 / share**2)) / 2
        gamma2 = (u2 + Z**2 * (2 * u2 - 1)) ** 2
        A, B = u2 * (1 - u2) / gamma2, (2 * u2 - 1) ** 2 * Z**2 * (1 + Z**2) / gamma2
    # Both spins; corrections are of the order of delta over the band width.
    assert abs(S.R_he[0] / 2 - A) < 10 * delta
    assert abs(S.R_ee[0] / 2 - B) < 10 * delta
    assert abs(S.G_NS[0] - 2 * (1 + A - B)) < 40 * delta


@pytest.mark.parametrize("pairing", ["chain", "nanowire"])
def test_an_end_of_a_topological_wire_conducts_2_e2_over_h(pairing):
    """Whatever the disorder and the barrier before it; a trivial one does not."""
    for is_topological in (True, False):
        if pairing == "chain":
            mu = 0.8 if is_topological else 2.6
            terms = (qt.PWavePairing(0.6, in_leads="right"), qt.ChemicalPotential(mu))
            lead, shift = qt.Chain(), mu
        else:
            field = 0.5 if is_topological else 0.1
            terms = (
                qt.SWavePairing(0.25, in_leads="right", profile=lambda x, _y: x >= 6),
                *(qt.ChemicalPotential(-2.0), qt.Rashba(0.3), qt.Zeeman(bz=field)),
            )
            lead, shift = qt.Chain(), -1.5
        wire = qt.Wire(
            lead, qt.Box(0.3), terms=terms, lead_shift=shift, structure=[qt.TunnelContact(0.6, 5.5)]
        )
        S = observe.andreev(wire, 0.0, [12], range(8), SEED)[0]
        assert np.abs(S.det_r - (-1 if is_topological else 1)).max() < 1e-9
        assert (S.invariant.values == (-1 if is_topological else 1)).all()
        if pairing == "chain" or is_topological:
            assert np.abs(S.G_NS - (2 if is_topological else 0)).max() < 1e-8


def test_the_superconductor_goes_on_as_in_the_sample_and_the_normal_lead_is_doped():
    terms = (qt.PWavePairing(0.6, in_leads="left"), qt.ChemicalPotential(2.5))
    slices = qt.Wire(qt.Chain(), terms=terms, lead_shift=2.0).slices()
    assert np.array_equal(slices.lead_h, slices.h)
    assert np.array_equal(slices.lead_v, slices.v)
    assert np.array_equal(slices.right_h, slices.h + np.diag([2.0, -2.0]))
    # A long superconductor is one without end.
    short, long = (
        observe.andreev(qt.Wire(qt.Chain(), BOX, terms=(pairing, qt.ChemicalPotential(0.8))), E, [L], range(4), 1)[0]
        for pairing, L, E in (
            (qt.PWavePairing(0.6, in_leads="right", profile=lambda x, _y: x >= 9), 400, 0.1),
            (qt.PWavePairing(0.6, profile=lambda x, _y: x >= 9), 400, 0.1),
        )
    )  # fmt: skip
    assert np.abs(short.R_he - long.R_he).max() < 1e-9


def field_free(width, flux=0.0):
    """Return a disordered normal region, and the same before a superconductor of a small gap."""
    what = {"flux": flux, "field_in_leads": flux == 0, "gates": (lambda x, _y: 0.5 * (x == 4),)}
    pairing = qt.SWavePairing(1e-5, in_leads="right", profile=nowhere)
    mu = qt.ChemicalPotential(0.4)
    normal = qt.Wire(qt.Square(width), qt.Box(1.5), **what)
    return normal, qt.Wire(qt.Square(width), qt.Box(1.5), terms=(pairing, mu), **what)


def test_disorder_before_a_superconductor_is_beenakkers_formula():
    """G_NS = sum of 2 T² / (2 - T)² without a field, in units of 2 e²/h: PRB 46, 12841 (1992).

    T of the same sample between normal leads; mu = 0.4 stands for the energy there.
    """
    normal, junction = field_free(4)
    samples, length = range(6), 16
    T = np.exp(qt.ln_transmission_eigenvalues(normal, 0.4, [length], samples, SEED)[:, 0])
    S = observe.andreev(junction, 0.0, [length], samples, SEED)[0]
    expected = 2 * (2 * T**2 / (2 - T) ** 2).sum(axis=1)
    assert np.abs(S.G_NS / expected - 1).max() < 1e-3
    assert (S.G_NS > 0).all()


def test_a_field_in_the_normal_part_is_that_of_electrons_and_of_holes():
    """r_he = -i t12^* (1 + r22 r22^*)^-1 t21 of the electrons alone: Beenakker, PRB 46, 12841 (1992).

    The modes of a lead without field are real functions across, so that bases to the left are the
    conjugates of those to the right.
    """
    normal, junction = field_free(4, flux=0.03)
    samples, length = range(6), 16
    S = qt.scattering_matrices(normal, 0.4, [length], samples, SEED)[0]
    t21 = S.t_prime * np.exp(S.log_scale_prime)[:, None, None]
    t12 = S.t * np.exp(S.log_scale)[:, None, None]
    inner = np.linalg.inv(np.eye(S.r.shape[1]) + S.r @ S.r.conj())
    expected = 2 * (np.abs(t12.conj() @ inner @ t21) ** 2).sum(axis=(1, 2))
    found = observe.andreev(junction, 0.0, [length], samples, SEED)[0]
    assert np.abs(found.R_he / expected - 1).max() < 1e-3
    # The field matters, and time reversal turns it around: r_eh of one is r_he of the other.
    plain = observe.andreev(field_free(4)[1], 0.0, [length], samples, SEED)[0]
    assert np.abs(found.R_he / plain.R_he - 1).max() > 0.01


def test_fast_and_recursive_solver_agree_on_long_wires():
    """All of S, to what the certificates say, where the recursive solver knows it."""
    wires = {
        0.0: qt.Wire(qt.Chain(), qt.Box(0.5), terms=(qt.PWavePairing(0.6), qt.ChemicalPotential(1.0)), lead_shift=1.0),
        0.05: qt.Wire(qt.Square(5), qt.Box(1.0), terms=(qt.SWavePairing(0.2), MU)),
        0.21: qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.SWavePairing(0.2), MU, qt.Rashba(0.3), qt.Zeeman(bz=0.3))),
    }  # fmt: skip
    for energy, wire in wires.items():
        for side in ("left", "right"):
            both = [
                observe.andreev(wire, energy, [40, 300], range(3), SEED, side, method)
                for method in ("transfer", "recursive")
            ]
            for one, other in zip(*both, strict=True):
                limit = np.maximum(one.certificate + other.certificate, 1e-12)
                for name in ("R_ee", "R_he", "T_ee", "T_he"):
                    off = np.abs(getattr(one, name) - getattr(other, name))
                    assert (off < one.channels * limit).all()
                assert (one.certificate < 1e-7).all()
    # What passes is as deep as the plain transfer solver finds it.
    found = qt.scattering(wires[0.0], 0.0, [300], range(3), SEED)
    for side in ("left", "right"):
        S = observe.andreev(wires[0.0], 0.0, [300], range(3), SEED, side, "transfer")[0]
        passed = (np.abs(S.t_e) ** 2).sum(axis=(1, 2)) + (np.abs(S.t_h) ** 2).sum(axis=(1, 2))
        assert np.abs(np.log(passed) - found.ln_g[:, 0]).max() < 1e-8


def test_the_result_of_a_sample_does_not_depend_on_what_is_asked_beside_it():
    wire = JUNCTIONS["s-wave"]
    alone = observe.andreev(wire, 0.13, [7], [3], SEED)[0]
    beside = observe.andreev(wire, 0.13, [2, 7, 30], range(20), SEED)[1]
    assert np.array_equal(alone.r_he[0], beside.r_he[3])
    assert np.array_equal(alone.t_e[0], beside.t_e[3])


def test_agreement_with_kwant():
    kwant = pytest.importorskip("kwant", reason="needs Kwant: pip install kwant")
    for name in ("s-wave", "Kitaev", "p + ip", "nanowire"):
        wire, length = JUNCTIONS[name], 6
        side, slices, k = incidence(wire), wire.slices(), wire.orbitals
        H = qt.closed_sample(wire, length, 1, SEED).H.toarray()
        M, sites = len(slices.h), wire.lattice.sites
        lattice = kwant.lattice.square(norbs=M)
        charge = np.kron(np.eye(sites), np.diag([-1] * (k // 2) + [1] * (k // 2)))
        system = kwant.Builder()
        for n in range(length):
            own = slice(n * M, n * M + M)
            system[lattice(n, 0)] = H[own, own]
            if n:
                system[lattice(n - 1, 0), lattice(n, 0)] = H[n * M - M : n * M, own]
        normal, other = (slices.lead_h, slices.lead_v), (slices.right_h, slices.right_v)
        for step, (h, v), is_normal in ((-1, normal, side == "left"), (1, other, side == "right")):
            laws = {"conservation_law": charge} if is_normal else {}
            lead = kwant.Builder(kwant.TranslationalSymmetry((step, 0)), **laws)
            lead[lattice(0, 0)], lead[lattice(0, 0), lattice(1, 0)] = h, v
            system.attach_lead(lead)
        for energy in (0.13, 0.9):
            S = observe.andreev(wire, energy, [length], [1], SEED, side)[0]
            found = kwant.smatrix(system.finalized(), energy)
            near = 0 if side == "left" else 1
            assert abs(found.transmission((near, 1), (near, 0)) - S.R_he[0]) < 1e-8
            assert abs(found.transmission((near, 0), (near, 0)) - S.R_ee[0]) < 1e-8
            assert abs(S.channels - found.submatrix((near, 0), (near, 0)).shape[0]) == 0


def kitaev(**keywords):
    """Return a Kitaev chain before a superconductor on the right."""
    return qt.Wire(
        qt.Chain(), terms=(qt.PWavePairing(0.6, in_leads="right"), qt.ChemicalPotential(0.4)), **keywords
    )  # fmt: skip


def in_field(**keywords):
    """Return a strip in a field before a superconductor."""
    return qt.Wire(qt.Square(3), flux=0.02, terms=(qt.SWavePairing(0.2, **keywords),), field_in_leads=False)  # fmt: skip


REFUSED = {
    "waves from the superconductor": (
        lambda: observe.andreev(kitaev(), 0.1, [4], [0], 1, "right"), "right lead is a superconductor", "incidence='left'",
    ),
    "electrons that pass into it": (
        lambda: observe.andreev(kitaev(), 0.9, [4], [0], 1)[0].T_ee, "quasiparticles", "T_e",
    ),
    "a current into it": (
        lambda: observe.andreev(kitaev(), 0.9, [4], [0], 1)[0].nonlocal_conductance, "superconductor",
    ),
    "the fast solver": (
        lambda: observe.andreev(JUNCTIONS["ribbon"], 0.1, [4], [0], 1, method="transfer"), "singular", "recursive",
    ),
    "a normal lead that is closed": (
        lambda: observe.andreev(kitaev(lead_shift=9.0), 0.1, [4], [0], 1), "no open channel",
    ),
    "quasiparticles": (lambda: qt.scattering(kitaev(), 0.1, [4], [0], 1), "observe.andreev", "in_leads"),
    "exponents": (lambda: observe.lyapunov(kitaev(), 0.1, 100, [0], 1), "observe.andreev"),
    "sectors": (lambda: qt.resolved_scattering(kitaev(), 0.1, [4], [0], 1, "orbital"), "observe.andreev"),
    "a third side": (lambda: qt.SWavePairing(0.1, in_leads="top"), "'left' or 'right'", "'top'"),
    "a profile that is a number": (lambda: qt.SWavePairing(0.1, profile=0.3), "f(x, y)", "0.3"),
    "a profile that is no number": (
        lambda: observe.andreev(qt.Wire(qt.Chain(), terms=(qt.SWavePairing(0.1, profile=lambda x, _y: x * np.nan),)), 0.1, [4], [0], 1),
        "profile",
    ),
    "a profile of one place": (
        lambda: observe.andreev(qt.Wire(qt.Chain(), terms=(qt.SWavePairing(0.1, profile=lambda x: x),)), 0.1, [4], [0], 1),
        "profile", "f(x, y)",
    ),
    "a field in both leads": (lambda: in_field(), "field does not go with pairing", "profile"),
    "a field where something is paired": (
        lambda: observe.andreev(in_field(in_leads="right", profile=lambda x, _y: x > 2), 0.1, [9], [0], 1), "slice 3",
    ),
    "a field and two superconductors": (lambda: in_field(in_leads=True, profile=nowhere), "the only superconductor"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_meaning_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as refused:
        call()
    for word in words:
        assert word in str(refused.value), refused.value
