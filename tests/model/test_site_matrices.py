"""Disorder with a matrix: its matrices, its addresses, and that every solver takes it for what it is."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import qtcore as qt
from qtcore import observe
from qtcore.model.disorder import Address
from qtcore.solve.separation import separated
from tests.laws import truth

SEED, ENERGY, LENGTH = 5, 0.37, 7
REALIZATIONS = [0, 3]

SIGMA = {
    "x": np.array([[0, 1], [1, 0]]),
    "y": np.array([[0, -1j], [1j, 0]]),
    "z": np.array([[1, 0], [0, -1]]),
}
BHZ = qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8)
MASS = np.array([[0.3, 0.1j], [-0.1j, -1.0]])


def spin(box, axis):
    return qt.WithMatrix(qt.Box(box), f"sigma_{axis}")


WIRES = {
    "spin z, plain": qt.Wire(qt.Square(3), spin(1.5, "z")),
    "spin x, plain": qt.Wire(qt.Square(3), (qt.Box(1.0), spin(1.5, "x"))),
    "spin x and Rashba": qt.Wire(
        qt.Square(3), (qt.Box(1.0), spin(1.5, "x")), terms=(qt.Rashba(0.2),)
    ),
    "spin z in a field": qt.Wire(qt.Square(3), spin(1.5, "z"), flux=0.02),
    "spin x, field in the sample": qt.Wire(
        qt.Square(3), (qt.Box(0.5), spin(1.5, "x")), flux=0.02, field_in_leads=False
    ),
    "any direction": qt.Wire(qt.Square(3), qt.MagneticImpurities(0.7, 0.5), terms=(qt.Ando(0.3),)),
    "two directions": qt.Wire(qt.Square(3), (spin(0.8, "z"), spin(0.9, "y"))),
    "one skew direction": qt.Wire(
        qt.Square(3),
        (qt.MagneticImpurities(0.7, 0.5, (1, 2, -1)), qt.Box(1.0)),
        terms=(qt.Ando(0.3),),
    ),
    "random mass": qt.Wire(
        qt.Square(3), qt.WithMatrix(qt.Box(1.0), "orbital_z"), terms=(qt.QWZ(0.7),)
    ),
    "masses that do not commute": qt.Wire(
        qt.Square(3),
        (qt.WithMatrix(qt.Box(1.0), MASS), qt.WithMatrix(qt.Box(1.0), "orbital_x")),
        terms=(qt.QWZ(0.7),),
    ),
    "mass of one spin": qt.Wire(
        qt.Square(3),
        (qt.WithMatrix(qt.Box(1.0), np.kron(np.diag([1, 0]), MASS)), qt.Box(0.5)),
        terms=(BHZ,),
    ),
    "singular coupling": qt.Wire(qt.Honeycomb(3), (spin(1.5, "y"), qt.Box(1.0))),
    "singular, any direction": qt.Wire(qt.Honeycomb(3), qt.MagneticImpurities(0.8)),
    "a coupling to several sites": qt.Wire(
        qt.Custom(
            np.kron(np.eye(2), np.diag([0, 0.2])),
            np.kron([[1, 0.3], [0.2, 1]], np.eye(2)),
            orbitals=2,
            pairing=False,
        ),
        (qt.WithMatrix(qt.Box(1.0), SIGMA["x"]), qt.WithMatrix(qt.Box(1.0), SIGMA["z"])),
    ),
    "arrays": qt.Wire(
        qt.Custom(np.kron(qt.Square(3).transverse(), np.diag([1, 0.8])), np.eye(6), orbitals=2),
        (qt.Box(1.0), qt.WithMatrix(qt.Gaussian(0.3), MASS)),
    ),
    "a region, gates, doped leads": qt.Wire(
        qt.Square(3),
        (qt.WithMatrix(qt.Profile(qt.Box(2.0), lambda x, y: np.where(x > 2, y, 0.0)), "sigma_z"),),
        terms=(qt.Dresselhaus(0.2), qt.Rashba(0.3)),
        gates=(lambda x, y: 0.1 * x - 0.05 * y,),
        lead_shift=0.3,
    ),
}


def dense(wire, realization, length=LENGTH):
    """Return one sample as a dense H inside each slice, from the numbers and matrices themselves."""
    matrices = wire.onsite_matrices(realization, range(length), SEED)
    inside = []
    for slice_matrices in matrices:
        H = wire.slices().h.copy()
        k = wire.orbitals
        for site, matrix in enumerate(slice_matrices):
            H[site * k : (site + 1) * k, site * k : (site + 1) * k] += matrix
        inside.append(H)
    return inside


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("method", ["auto", "recursive"])
def test_g_and_r_are_those_of_a_dense_matrix(name, method):
    wire = WIRES[name]
    slices = wire.slices()
    found = qt.scattering(wire, ENERGY, [LENGTH], REALIZATIONS, SEED, method=method)
    N, sigmas = truth.open_channels(slices, ENERGY), truth.self_energies(slices, ENERGY)
    assert found.channels == N
    for row, realization in enumerate(REALIZATIONS):
        parts = truth.Sample(dense(wire, realization), [slices.v] * (LENGTH - 1))
        S = truth.site_matrix(parts, sigmas, ENERGY, N)
        g, R = (np.abs(S[end, :, 1]) ** 2 for end in (0, 1))
        assert abs(np.exp(found.ln_g[row, 0]) / g.sum() - 1) < 1e-10
        assert abs(found.reflection[row, 0] - R.sum()) < 1e-10


@pytest.mark.parametrize("name", WIRES)
def test_closed_and_open_samples_have_the_same_matrix(name):
    wire = WIRES[name]
    inside, v, M = dense(wire, 3), wire.slices().v, len(wire.slices().h)
    H = np.zeros((LENGTH * M, LENGTH * M), complex)
    for n, block in enumerate(inside):
        H[n * M : (n + 1) * M, n * M : (n + 1) * M] = block
        if n + 1 < LENGTH:
            H[n * M : (n + 1) * M, (n + 1) * M : (n + 2) * M] = v
            H[(n + 1) * M : (n + 2) * M, n * M : (n + 1) * M] = v.conj().T
    closed = qt.closed_sample(wire, LENGTH, 3, SEED).H.toarray()
    assert np.abs(closed - H).max() < 1e-14
    opened = qt.sample_with_leads(wire, ENERGY, LENGTH, REALIZATIONS, SEED)
    assert opened.orbitals == wire.orbitals
    states = observe.scattering_states(opened)[..., : opened.leads.left.channels]
    through = observe.bond_currents(opened, states).through
    g = np.exp(qt.ln_conductance(wire, ENERGY, [LENGTH], REALIZATIONS, SEED)[:, 0])
    assert np.abs(through - g).max() < 1e-9
    assert np.abs(observe.caroli(opened) - g).max() < 1e-9
    # The local density of states, column by column of G of the whole matrix.
    sigmas = truth.self_energies(wire.slices(), ENERGY)
    G = truth.green_function(truth.Sample(inside, [v] * (LENGTH - 1)), ENERGY, sigmas)
    local = observe.local_density_of_states(opened)[:, 1].ravel()
    assert np.abs(local + G.diagonal().imag / np.pi).max() < 1e-9


@pytest.mark.parametrize("name", ["spin z, plain", "any direction", "spin x and Rashba"])
def test_kernel_polynomials_see_the_matrices(name):
    wire = WIRES[name]
    H = qt.closed_sample(wire, LENGTH, 3, SEED).H.toarray()
    start = np.zeros(len(H), complex)
    start[4] = 1.0
    later = observe.time_evolution(qt.closed_sample(wire, LENGTH, 3, SEED).H, start[:, None], [1.5])
    energies, vectors = np.linalg.eigh(H)
    expected = vectors @ (np.exp(-1.5j * energies) * vectors.conj().T[:, 4])
    assert np.abs(later[0, :, 0] - expected).max() < 1e-10


def exponents_of(wire, realization, length):
    """Return ln of the singular values of a long product of transfer matrices, kept apart by QR."""
    v = wire.slices().v
    inverse, M = np.linalg.inv(v), len(v)
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((2 * M, 2 * M)))[0].astype(complex)
    total, skipped = np.zeros(2 * M), length // 10
    for n, H in enumerate(dense(wire, realization, length + skipped)):
        ahead = inverse @ (ENERGY * np.eye(M) - H)
        T = np.block([[ahead, -inverse @ v.conj().T], [np.eye(M), np.zeros((M, M))]])
        Q, R = np.linalg.qr(T @ Q)
        if n >= skipped:
            total += np.log(np.abs(R.diagonal()))
    return np.sort(total / length)[::-1][:M]


@pytest.mark.parametrize(
    "name",
    [
        *("spin z, plain", "spin x and Rashba", "any direction", "random mass"),
        *("masses that do not commute", "a coupling to several sites"),
    ],
)
def test_lyapunov_exponents_are_those_of_the_transfer_matrices(name):
    wire = WIRES[name]
    found = observe.lyapunov(wire, ENERGY, 400, [3], SEED).blocks[0].mean(axis=0)
    expected = exponents_of(wire, 3, 400)
    # What is left of the start after the skipped slices differs.
    assert np.abs(np.sort(found)[::-1] - expected).max() < 0.02


def test_matrices_that_commute_take_no_random_matrix():
    """They are solved as wires of numbers on sites, in parts where something is conserved."""
    for name, shapes in (
        ("spin z, plain", [3, 3]),
        ("spin x, plain", [3, 3]),
        ("spin x and Rashba", [6]),
        ("one skew direction", [6]),
        ("mass of one spin", [6, 6]),
        ("singular coupling", [6, 6]),
    ):
        pieces = separated(WIRES[name]).pieces
        assert [len(piece.part.slices().h) for piece in pieces] == shapes
        assert not any(piece.part.random_hopping for piece in pieces)
        assert all(qt.choose(piece.part).method == "transfer" for piece in pieces)
    assert not WIRES["spin z, plain"].random_hopping
    # A spin along the field of its impurities goes through the kernels of the plain strip.
    in_field = replace(WIRES["spin z, plain"], flux=0.02)
    for wire in (WIRES["spin z, plain"], WIRES["spin x, plain"], in_field):
        assert all(piece.part.strip == qt.Square(3) for piece in separated(wire).pieces)
    for name in ("spin x and Rashba", "singular coupling"):
        assert all(piece.part.strip is None for piece in separated(WIRES[name]).pieces)
    for name in ("any direction", "two directions", "masses that do not commute"):
        assert separated(WIRES[name]) is None
        assert WIRES[name].random_hopping


def test_a_spin_along_its_field_is_a_plain_wire_of_either_sign():
    wire = WIRES["spin z, plain"]
    values = np.stack([wire.onsite_matrices(r, range(9), SEED)[..., 0, 0].real for r in range(4)])
    for row, one in enumerate(values):
        up, down = (
            qt.ln_conductance(qt.Wire(qt.Square(3), qt.Fixed(sign * one)), ENERGY, [9], [0], 1)
            for sign in (1, -1)
        )
        both = qt.ln_conductance(wire, ENERGY, [9], [row], SEED)
        assert np.abs(both - np.logaddexp(up, down)).max() < 1e-12
        # Turned by a rotation of the spin: another axis, the same numbers, the same g.
    x = wire.onsite_matrices(0, range(9), SEED)
    assert np.abs(x - x.conj().swapaxes(2, 3)).max() == 0


def test_a_matrix_of_the_wire_as_a_whole_is_a_term():
    """A constant times sigma_z is a Zeeman term; a constant mass is that of the model."""
    everywhere = qt.Fixed(lambda x, _y: 0.3 + 0.0 * x)
    spins = qt.Wire(
        qt.Square(3), (qt.Box(1.0), qt.WithMatrix(everywhere, "sigma_z")), terms=(qt.Rashba(0.2),)
    )
    closed = qt.closed_sample(spins, 5, 1, SEED).H.toarray()
    term = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Rashba(0.2), qt.Zeeman(bz=0.3)))
    assert np.abs(closed - qt.closed_sample(term, 5, 1, SEED).H.toarray()).max() < 1e-15
    masses = qt.Wire(
        qt.Square(3),
        (qt.Box(1.0), qt.WithMatrix(everywhere, "orbital_z")),
        terms=(qt.QWZ(0.7, -1),),
    )
    closed = qt.closed_sample(masses, 5, 1, SEED).H.toarray()
    term = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.QWZ(0.7, -0.7),))
    assert np.abs(closed - qt.closed_sample(term, 5, 1, SEED).H.toarray()).max() < 1e-15


def test_impurities_turn_spins_unless_they_lie_along_them():
    """The sample decides what it conserves: its matrices count beside its clean slices."""
    asked = ENERGY, [6], [0, 1], SEED
    turned = qt.resolved_scattering(WIRES["spin x, plain"], *asked, "spin_z")
    whole = qt.scattering(WIRES["spin x, plain"], *asked)
    assert np.abs(np.exp(turned.ln_T).sum(axis=(2, 3)) - np.exp(whole.ln_g)).max() < 1e-12
    assert (np.exp(turned.ln_T[..., 0, 1]) > 0.1).all()
    for wire, spin_of in ((WIRES["spin z, plain"], "spin_z"), (WIRES["spin x, plain"], "spin_x")):
        kept = qt.resolved_scattering(wire, *asked, spin_of)
        assert np.isneginf(kept.ln_T[..., 0, 1]).all()
        whole = qt.scattering(wire, *asked)
        assert np.abs(np.exp(kept.ln_T).sum(axis=(2, 3)) - np.exp(whole.ln_g)).max() < 1e-12


def test_probes_of_a_bar_count_the_spin_that_disorder_brings():
    """A bar of spins along their field is two bars of numbers on sites, of either sign."""
    bar = qt.FourProbe(3, (2, 6), 2, spin(1.5, "z"))
    (found,) = qt.terminal_scattering(bar, ENERGY, [10], [1], SEED)
    values = bar.wire.onsite_matrices(1, range(10), SEED)[..., 0, 0].real
    parts = [
        qt.terminal_scattering(
            qt.FourProbe(3, (2, 6), 2, qt.Fixed(sign * values)), ENERGY, [10], [0], 1
        )[0]
        for sign in (1, -1)
    ]
    assert np.abs(found.T[0] - parts[0].T[0] - parts[1].T[0]).max() < 1e-9


def test_structure_goes_with_matrices_and_with_pairing():
    """Weak planes and missing sites, beside disorder that acts on orbitals: both solvers agree."""
    contact = qt.TunnelContact(0.4, 3.5)
    for wire in (
        replace(WIRES["any direction"], structure=(contact,)),
        replace(WIRES["spin x, plain"], structure=(contact,)),
        qt.Wire(
            qt.Square(3),
            qt.Box(0.8),
            terms=(qt.SWavePairing(0.3), qt.ChemicalPotential(0.4)),
            structure=(contact,),
        ),
    ):
        fast, slow = (
            qt.scattering(wire, ENERGY, [7, 12], REALIZATIONS, SEED, method=method)
            for method in ("auto", "recursive")
        )
        plain = qt.ln_conductance(replace(wire, structure=()), ENERGY, [7, 12], REALIZATIONS, SEED)
        assert np.abs(fast.ln_g - slow.ln_g).max() < 1e-9
        assert (fast.ln_g < plain - 0.1).all()


def test_numbers_depend_on_their_address_only():
    wire = qt.Wire(
        qt.Square(3),
        (qt.Box(1.0), qt.MagneticImpurities(0.7, 0.5), spin(0.4, "x")),
        terms=(qt.Ando(0.3),),
    )
    numbers = np.array([3, 2**33 + 1, 9], dtype=np.uint64)
    whole = wire.fields_of(numbers, 0, 30, SEED)
    assert whole.shape == (30, 5 * 3, 3)
    hopping = wire.hopping_of(numbers, 0, 30, SEED).inside.values
    for first, count in ((0, 1), (0, 17), (17, 13), (11, 3), (29, 1)):
        assert np.array_equal(
            wire.fields_of(numbers, first, count, SEED), whole[first : first + count]
        )
        part = wire.hopping_of(numbers[2:], first, count, SEED).inside.values
        assert np.array_equal(part, hopping[first : first + count, :, 2:])
    # Other disorder, lengths, terms and fields change nothing in them.
    alone = qt.Wire(qt.Square(3), qt.MagneticImpurities(0.7, 0.5), flux=0.01)
    assert np.array_equal(alone.fields_of(numbers, 0, 30, SEED)[:, 3:], whole[:, 3:12])
    # Nor do matrices change the numbers without one: they keep their bits.
    plain = qt.Wire(qt.Square(3), qt.Box(1.0))
    assert np.array_equal(whole[:, :3], plain.potential_of(numbers, 0, 30, SEED))
    assert np.array_equal(wire.onsite(9, [4, 2], SEED), whole[[4, 2], :3, 2])
    # Each matrix has numbers of its own, equal ones too.
    twice = qt.Wire(qt.Square(3), (spin(1.0, "z"), qt.Box(1.0), spin(1.0, "z"), spin(1.0, "x")))
    fields = twice.fields_of(numbers, 0, 200, SEED).reshape(200, 4, 3, 3)
    for a, b in itertools.combinations(range(4), 2):
        correlation = np.corrcoef(fields[:, a].ravel(), fields[:, b].ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(1800)


def test_directions_are_uniform_on_the_sphere():
    impurities = qt.MagneticImpurities(0.5)
    wire = qt.Wire(qt.Square(10), impurities)
    address = Address(wire.key(SEED), np.arange(16, dtype=np.uint64), 0, 100)
    n = impurities.numbers(qt.Square(10), address) / 0.5
    assert np.abs((n**2).sum(axis=1) - 1).max() < 1e-14
    for axis in range(3):
        # On a sphere the height is uniform along every axis.
        sample = n[:, axis].ravel()
        assert stats.kstest(sample, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    around = np.arctan2(n[:, 1], n[:, 0]).ravel()
    assert abs(np.corrcoef(around, n[:, 2].ravel())[0, 1]) < 4 / np.sqrt(around.size)


def test_dresselhaus_and_rashba_of_one_strength_conserve_a_spin():
    """The persistent spin helix is a gauge: each spin is a plain wire of hopping (1 + 2 alpha^2)^1/2."""
    alpha, s = 0.3, np.sqrt(1 + 2 * 0.3**2)
    values = qt.Wire(qt.Square(4), qt.Box(2.0)).onsite(1, range(20), SEED)
    for sign in (1, -1):
        terms = (qt.Rashba(alpha), qt.Dresselhaus(sign * alpha))
        helix = qt.Wire(qt.Square(4), qt.Fixed(values), terms=terms)
        found = qt.ln_conductance(helix, ENERGY, [20], [0], 1)
        plain = qt.Wire(qt.Square(4), qt.Fixed(values / s))
        expected = np.log(2) + qt.ln_conductance(plain, ENERGY / s, [20], [0], 1)
        assert np.abs(found - expected).max() < 1e-10
    # Bands of the bulk: E = 2 cos kx + 2 cos ky ± 2 beta (sin² kx + sin² ky)^1/2.
    lattice = qt.Square(4, periodic=True)
    levels = observe.eigenvalues(
        qt.closed_sample(qt.Wire(lattice, terms=(qt.Dresselhaus(alpha),)), 5, 0, 1, periodic=True).H
    )
    kx, ky = np.meshgrid(2 * np.pi * np.arange(5) / 5, 2 * np.pi * np.arange(4) / 4)
    spread = 2 * alpha * np.hypot(np.sin(kx), np.sin(ky))
    bands = 2 * np.cos(kx) + 2 * np.cos(ky) + np.array([1, -1])[:, None, None] * spread
    assert np.abs(np.sort(levels) - np.sort(bands.ravel())).max() < 1e-12


REFUSED = {
    "no disorder": (lambda: qt.WithMatrix(2.0, "sigma_z"), "Box(2.0)", "got 2.0"),
    "disorder of bonds": (lambda: qt.WithMatrix(qt.RandomFlux(0.1), "sigma_z"), "RandomFlux"),
    "unknown name": (lambda: qt.WithMatrix(qt.Box(1.0), "sigma"), "sigma_x", "got 'sigma'"),
    "not Hermitian": (lambda: qt.WithMatrix(qt.Box(1.0), [[0, 1], [0, 0]]), "must be Hermitian"),
    "not square": (lambda: qt.WithMatrix(qt.Box(1.0), [[0, 1]]), "square", "(1, 2)"),
    "not a number": (lambda: qt.WithMatrix(qt.Box(1.0), [[np.nan]]), "must be finite"),
    "no matrix": (lambda: qt.WithMatrix(qt.Box(1.0), object()), "square array of numbers"),
    "zero": (lambda: qt.WithMatrix(qt.Box(1.0), np.zeros((2, 2))), "zero"),
    "wrong size": (
        lambda: qt.Wire(qt.Square(3), qt.WithMatrix(qt.Box(1.0), np.eye(2))),
        "2 x 2", "a site has 1 orbitals", "sigma_z",
    ),
    "wrong size beside spin": (
        lambda: qt.Wire(qt.Square(3), qt.WithMatrix(qt.Box(1.0), np.eye(3)), terms=(BHZ,)),
        "3 x 3", "a site has 4 orbitals", "spins (2) outermost", "bands (2)",
    ),
    "spin that is not there": (
        lambda: qt.Wire(qt.Square(3), spin(1.0, "z"), terms=(qt.QWZ(),)), "acts on spin", "none",
    ),
    "bands that are not there": (
        lambda: qt.Wire(qt.Square(3), qt.WithMatrix(qt.Box(1.0), "orbital_z")), "two bands", "have 1",
    ),
    "spin of arrays": (
        lambda: qt.Wire(qt.Custom(np.eye(2), np.eye(2), orbitals=2), spin(1.0, "z")),
        "acts on spin", "is not known",
    ),
    "holes that are not there": (
        lambda: qt.Wire(qt.Square(3), qt.WithMatrix(qt.Box(1.0), "tau_z")), "no pairing", "[[1, 0], [0, -1]]",
    ),
    "impurities of no direction": (
        lambda: qt.MagneticImpurities(1.0, 0.5, (0, 0, 0)), "not all zero",
    ),
    "two numbers for a direction": (lambda: qt.MagneticImpurities(1.0, 0.5, (0, 1)), "three numbers"),
    "more impurities than sites": (lambda: qt.MagneticImpurities(1.0, 1.5), "between 0 and 1"),
    "a profile of a matrix": (
        lambda: qt.Profile(spin(1.0, "z"), np.hypot), "a matrix goes around it",
    ),
    "a profile that is a number": (lambda: qt.Profile(qt.Box(1.0), 0.5), "a function f(x, y)", "got 0.5"),
    "a profile of NaN": (
        lambda: qt.Wire(qt.Square(3), qt.Profile(qt.Box(1.0), lambda x, _y: np.nan * x)), "returned nan",
    ),
    "exponents of matrices without a transfer matrix": (
        lambda: observe.lyapunov(WIRES["singular, any direction"], 0.1, 64, [0], 1), "singular",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_typed_wrongly_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as refused:
        call()
    for word in words:
        assert word in str(refused.value), refused.value
