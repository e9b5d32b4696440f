"""Slices solved one unknown at a time: the algebra against dense systems, the solver against referees."""

from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.contacts import attach
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.joined import joined
from qtcore.solve.peeled_errors import strain
from qtcore.solve.peeling import interface, peeled
from qtcore.solve.problem import wire_modes
from qtcore.solve.quick_looks import planned
from qtcore.solve.sections import cut
from qtcore.solve.separation import separated
from qtcore.solve.transfer import Member, transfer_family

SEED = 7
HALDANE, RASHBA = qt.Haldane(0.1, 1.2, 0.2), qt.Rashba(0.3)
QWZ = qt.QWZ(1.0, -1.0)


def two_orbitals():
    """A slice of three sites with two orbitals each; one of them couples to the next slice."""
    h = np.kron(qt.Square(3).transverse(), np.array([[0.3, 0.4j], [-0.4j, -0.2]]))
    return qt.Custom(h, np.kron(np.eye(3), np.outer([1.0, 0.5j], [0.8, 0.1])), orbitals=2)


def with_a_hole():
    """A zigzag ribbon that lacks one site of every slice."""
    slices = qt.Wire(qt.Honeycomb(6)).slices()
    kept = np.delete(np.arange(12), 5)
    return qt.Custom(slices.h[np.ix_(kept, kept)], slices.v[np.ix_(kept, kept)])


def decorated():
    """A strip with a side atom on each site: a basis of two, one of which never leaves its slice."""
    h = np.kron(qt.Square(4).transverse(), np.diag([1.0, 0.0])) + np.kron(
        np.eye(4), np.array([[0.0, 0.7], [0.7, 0.3]])
    )
    return qt.Custom(h, np.kron(np.eye(4), np.diag([1.0, 0.0])))


WIRES = {
    "zigzag": qt.Wire(qt.Honeycomb(6), qt.Box(1.0)),
    "zigzag tube": qt.Wire(qt.Honeycomb(6, periodic=True), qt.Box(1.0)),
    "zigzag, Rashba": qt.Wire(qt.Honeycomb(4), qt.Box(1.0), terms=(RASHBA,)),
    "zigzag, field": qt.Wire(qt.Honeycomb(6), qt.Box(1.0), 0.02),
    "zigzag, field in the sample": qt.Wire(
        qt.Honeycomb(6), qt.Box(1.0), 0.02, field_in_leads=False
    ),
    "zigzag, doped leads": qt.Wire(qt.Honeycomb(6), qt.Box(1.0), lead_shift=0.4),
    "zigzag, vacancies": qt.Wire(qt.Honeycomb(6), qt.Vacancies(0.03)),
    "wide zigzag, Rashba": qt.Wire(qt.Honeycomb(20), qt.Box(1.0), terms=(RASHBA,)),
    "armchair, Rashba": qt.Wire(qt.Honeycomb(8, "armchair"), qt.Box(1.0), terms=(RASHBA,)),
    "armchair, Haldane": qt.Wire(qt.Honeycomb(12, "armchair"), qt.Box(1.0), terms=(HALDANE,)),
    "armchair, Kane-Mele, Rashba": qt.Wire(
        qt.Honeycomb(6, "armchair"), qt.Box(1.0), terms=(qt.KaneMele(0.1, 0.1), RASHBA)
    ),
    "armchair, vacancies": qt.Wire(qt.Honeycomb(8, "armchair"), qt.Vacancies(0.03)),
    "even armchair": qt.Wire(qt.Honeycomb(8, "armchair"), qt.Box(1.0)),
    "even armchair, field": qt.Wire(qt.Honeycomb(8, "armchair"), qt.Box(1.0), 0.02),
    "odd armchair": qt.Wire(qt.Honeycomb(9, "armchair"), qt.Box(1.0)),
    "odd armchair, field": qt.Wire(qt.Honeycomb(9, "armchair"), qt.Box(1.0), 0.02),
    "armchair tube": qt.Wire(qt.Honeycomb(8, "armchair", periodic=True), qt.Box(1.0)),
    "odd half of a tube": qt.Wire(qt.Honeycomb(6, "armchair", periodic=True), qt.Box(1.0)),
    "QWZ": qt.Wire(qt.Square(5), qt.Box(1.0), terms=(QWZ,)),
    "two orbitals": qt.Wire(two_orbitals(), qt.Box(1.0)),
    "a hole in every slice": qt.Wire(with_a_hole(), qt.Box(1.0)),
    "side atoms": qt.Wire(decorated(), qt.Box(1.0)),
    "other unit": qt.Wire(
        qt.Custom(*(16 * m for m in (decorated().h, decorated().v))), qt.Box(9.0)
    ),
}


def taken(program, onsite, inputs):
    """Take a program's steps for columns of the interface before, in NumPy."""
    first = 2 * program.rank + program.free

    def steps(before, free):
        values = np.zeros((program.places, before.shape[1]), dtype=np.complex128)
        values[: 2 * program.rank], values[2 * program.rank : first] = before, free
        for n, step in enumerate(program.steps):
            for at, value in step.fixed.items():
                values[first + n] += value * values[at]
            for at, value in step.onsite.items():
                values[first + n] += onsite[step.component] * value * values[at]
        out = np.array([sum(c * values[at] for at, c in row.items()) for row in program.out])
        return out, values[program.places - program.free :]

    out, missed = steps(inputs, 0.0)
    if program.free:
        answers, core = steps(np.zeros((2 * program.rank, program.free)), np.eye(program.free))
        out = out - answers @ np.linalg.solve(core, missed)
    return out


@pytest.mark.parametrize("name", WIRES)
def test_a_program_solves_the_slice(name):
    # Independent truth: the slice's equations as one dense system, in extended precision.
    slices = WIRES[name].slices()
    slices = slices.in_units(slices.unit)
    joint = interface(slices.v)
    assert np.abs(joint.A @ joint.B.conj().T - slices.v).max() < 1e-14
    program, (M, r) = peeled(slices.h, joint, slices.orbitals), joint.A.shape
    assert r == np.linalg.matrix_rank(slices.v, tol=1e-10)
    rng = np.random.default_rng(3)
    onsite = 0.5 - rng.uniform(-0.5, 0.5, M // slices.orbitals).repeat(slices.orbitals)
    inside = np.diag(onsite) - slices.h
    system = np.block([[inside, -joint.A], [joint.B.conj().T, np.zeros((r, r))]])
    x, y = rng.standard_normal((2, r, 3))
    psi, ahead = np.split(solved(system, np.concatenate([joint.B @ y, x])), [M])
    expected = np.concatenate([ahead, joint.A.conj().T @ psi])
    found = taken(program, onsite, np.concatenate([x, y]))
    assert np.abs(found - expected).max() < 1e-12 * np.abs(expected).max()


IN_SECTIONS = {
    "zigzag": 2,
    "zigzag, field": 2,
    "zigzag, Rashba": 2,
    "even armchair": 4,
    "odd armchair": 3,
    "armchair tube": 2,
    "armchair, Haldane": 2,
    "armchair, Kane-Mele, Rashba": 2,
}


@pytest.mark.parametrize("name", IN_SECTIONS)
def test_sections_are_what_the_slice_is(name):
    # Independent truth: the slice's equations as one dense system, in extended precision.
    slices = WIRES[name].slices()
    found, joint = joined(slices, in_sections=True), interface(slices.v)
    assert len(found.programs) == IN_SECTIONS[name]
    assert np.array_equal(np.sort(np.concatenate(found.components)), np.arange(len(slices.h)))
    rng, (M, r) = np.random.default_rng(3), joint.A.shape
    onsite = 0.5 - rng.uniform(-0.5, 0.5, slices.sites).repeat(slices.orbitals)
    x, y = rng.standard_normal((2, r, 3))
    columns = np.concatenate([x, y])
    for program, own in zip(found.programs, found.components, strict=True):
        columns = taken(program, onsite[own], columns)
    system = np.block(
        [[np.diag(onsite) - slices.h, -joint.A], [joint.B.conj().T, np.zeros((r, r))]]
    )
    psi, ahead = np.split(solved(system, np.concatenate([joint.B @ y, x])), [M])
    expected = np.concatenate([ahead, joint.A.conj().T @ psi])
    assert np.abs(columns - expected).max() < 1e-11 * np.abs(expected).max()


def test_slices_that_cannot_be_cut_are_one_section():
    # A slice of sites that all touch the next one, and one whose middle carries fewer waves than v.
    for h, v in ((qt.Square(4).transverse(), np.eye(4)), (np.zeros((3, 3)), np.eye(3, k=2))):
        (own,) = cut(h, v, np.linalg.matrix_rank(v))
        assert np.array_equal(own, np.arange(len(h)))


@pytest.mark.parametrize(
    "lattice",
    [qt.Honeycomb(8), qt.Honeycomb(8, "armchair"), qt.Honeycomb(8, periodic=True)],
    ids=["zigzag", "armchair", "tube"],
)
def test_missing_sites_stay_with_the_transfer_solver(lattice):
    # Two of them one behind the other stretch a wave by 2^40, unless columns are renewed between them.
    wire = qt.Wire(lattice, qt.Vacancies(0.03))
    args = (0.5, [5, 40], range(16), SEED)
    one = qt.scattering(wire, *args, method="transfer")
    other = qt.scattering(wire, *args, method="recursive")
    assert not one.suspect.any()
    error = np.abs(one.ln_g - other.ln_g)
    assert 0 < error.max() < 1e-6
    assert (error <= one.certificate + other.certificate).all()
    eigenvalues = qt.ln_transmission_eigenvalues(wire, *args, method="transfer")
    known = qt.ln_transmission_eigenvalues(wire, *args, method="recursive")
    close = np.isfinite(known)
    assert close.mean() > 0.5
    assert np.abs(eigenvalues - known)[close].max() < 1e-5


def test_certificates_of_ribbons_that_missing_sites_block():
    # All waves of some of these samples pass through missing sites, at 2^-40 of the transmission: such
    # a sample has its digits, or goes to the recursive solver.
    wire = qt.Wire(qt.Honeycomb(6, "armchair"), qt.Vacancies(0.06))
    args = (-2.3345, [5, 20, 40], range(16), 27)
    found = qt.scattering(wire, *args, method="transfer")
    other = qt.scattering(wire, *args, method="recursive")
    error = np.abs(found.ln_g - other.ln_g)
    assert other.ln_g.min() < -27
    assert (error <= found.certificate + other.certificate).all()
    assert not qt.scattering(wire, *args).suspect.any()


def test_missing_sites_from_the_right_with_absorption():
    wire = qt.Wire(qt.Honeycomb(6, "armchair"), qt.Vacancies(0.03))
    for incidence in ("left", "right"):
        args = (wire, 0.5, [2, 9], range(8), SEED)
        both = [
            qt.scattering(*args, absorption=0.05, incidence=incidence, method=method)
            for method in ("transfer", "recursive")
        ]
        assert np.abs(both[0].ln_g - both[1].ln_g).max() < 1e-8
        assert np.abs(both[0].reflection - both[1].reflection).max() < 1e-8


def test_the_quickest_columns_are_looked_at_more_often(monkeypatch):
    # As in ribbons from about 48 lines on, in one that the referee can follow.
    wire = qt.Wire(qt.Honeycomb(32, "armchair"), qt.Box(1.0))
    other = qt.scattering(wire, 0.5, [7, 60], range(8), SEED, method="recursive")
    member, looks = Member(wire, wire_modes(wire, 0.5), 0.5), []
    monkeypatch.setattr("qtcore.solve.preparation._FEW", 0)
    for steep in (1e9, 64.0):
        joined.cache_clear()
        monkeypatch.setattr("qtcore.solve.joined._STEEP", steep)
        one = qt.scattering(wire, 0.5, [7, 60], range(8), SEED, method="transfer")
        error = np.abs(one.ln_g - other.ln_g)
        assert (error <= one.certificate + other.certificate).all()
        assert error.max() < 1e-9
        assert one.certificate.max() < 5e-7
        (found,) = transfer_family([member], Ensemble([60], range(8), SEED), [0])
        looks.append(found.renewals[0, 0])
    joined.cache_clear()
    assert looks[1] < 0.5 * looks[0]


def test_looks_are_planned_for_the_least_cost():
    plan = planned.py_func
    # Nothing but the quickest columns grows: all are looked at as seldom as may be.
    assert plan(5.0, 0.0, 11.0, 3.0, 64) == (2, 1000)
    # All grow alike: both growths share the room.
    assert plan(1.0, 1.0, 11.0, 3.0, 64) == (5, 5)
    # A slice that takes all of the room is followed by a look at all.
    assert plan(20.0, 3.0, 11.0, 3.0, 64) == (1, 1)


@pytest.mark.parametrize("name", WIRES)
def test_it_agrees_with_recursive_green_functions(name):
    wire = WIRES[name]
    energy = 8.0 if name == "other unit" else 0.5 if name != "QWZ" else 1.2
    assert qt.choose(wire).method == "transfer"
    lengths = [1, 2, 17, 60]
    one = qt.scattering(wire, energy, lengths, range(8), SEED)
    other = qt.scattering(wire, energy, lengths, range(8), SEED, method="recursive")
    error = np.abs(one.ln_g - other.ln_g)
    assert (error <= one.certificate + other.certificate).all()
    assert np.median(error) < 1e-10
    assert np.abs(one.reflection - other.reflection).max() < 1e-6


@pytest.mark.parametrize("name", ["zigzag", "odd armchair", "even armchair, field"])
def test_transmission_eigenvalues_are_those_of_the_recursive_solver(name):
    args = (WIRES[name], 1.2, [3, 12], range(8), SEED)
    one = qt.ln_transmission_eigenvalues(*args)
    other = qt.ln_transmission_eigenvalues(*args, method="recursive")
    known = np.isfinite(other)
    assert known.mean() > 0.9
    assert np.abs(one - other)[known].max() < 1e-7


def test_ln_g_in_deep_localization():
    wire = qt.Wire(qt.Honeycomb(4), qt.Box(12.0))
    one = qt.scattering(wire, 0.5, [600], range(4), SEED)
    other = qt.scattering(wire, 0.5, [600], range(4), SEED, method="recursive")
    assert other.ln_g.max() < -1000
    assert np.abs(one.ln_g - other.ln_g).max() < 1e-7
    assert (np.abs(one.ln_g - other.ln_g) < one.certificate + other.certificate).all()


@pytest.mark.parametrize("incidence", ["left", "right"])
@pytest.mark.parametrize("name", ["zigzag", "odd armchair"])
def test_absorption(name, incidence):
    args = (WIRES[name], 0.5, [2, 9], range(8), SEED)
    one = qt.scattering(*args, absorption=0.05, incidence=incidence)
    other = qt.scattering(*args, absorption=0.05, incidence=incidence, method="recursive")
    assert np.abs(one.ln_g - other.ln_g).max() < 1e-9
    assert np.abs(one.reflection - other.reflection).max() < 1e-9


def test_what_cannot_be_peeled_goes_to_the_recursive_solver():
    # Every section of this armchair Haldane model stretches waves by more than 2^22, a slice of a closed
    # QWZ model, clean, without bound.
    for wire in (
        qt.Wire(qt.Honeycomb(16, "armchair"), terms=(qt.Haldane(1e-3),)),
        qt.Wire(qt.Square(5, periodic=True), terms=(QWZ,)),
        qt.Wire(qt.Honeycomb(6), (qt.Box(1.0), qt.RandomHopping(0.5))),
    ):
        assert qt.choose(wire).method == "recursive"
        with pytest.raises(qt.InputError, match="use method='recursive'"):
            qt.choose(wire, "transfer")


@pytest.mark.parametrize(
    ("wire", "energy"),
    [
        (qt.Wire(qt.Square(16), qt.Box(1.0), terms=(QWZ,)), 0.5),
        (qt.Wire(qt.Square(32), qt.Box(1.0), terms=(QWZ,)), 0.5),
        (qt.Wire(qt.Square(16), qt.Box(1.0), terms=(qt.BHZ(A=1.0, B=0.5, D=0.0, M=1.0),)), 0.5),
        (qt.Wire(qt.Honeycomb(6, "armchair"), qt.Box(1.0), terms=(qt.Haldane(0.1),)), 0.5),
        (qt.Wire(qt.Honeycomb(6, "armchair"), qt.Box(1.0), terms=(qt.KaneMele(0.1),)), 0.5),
    ],
    ids=["QWZ of 16", "QWZ of 32", "BHZ of 16", "armchair Haldane", "armchair Kane-Mele"],
)
def test_slices_that_stretch_waves_far_are_peeled(wire, energy):
    # Other orbitals are taken only where they can be peeled, and waves that a slice stretches by 1e6
    # still have the digits that the certificate asks for.
    apart = separated(wire)
    for part in [wire] if apart is None else [piece.part for piece in apart.pieces]:
        assert qt.choose(part).method == "transfer"
    one = qt.scattering(wire, energy, [1, 40], range(8), SEED)
    other = qt.scattering(wire, energy, [1, 40], range(8), SEED, method="recursive")
    error = np.abs(one.ln_g - other.ln_g)
    assert 0 < error.max() < 1e-9, "the same bits would mean the same solver"
    assert (error <= one.certificate + other.certificate).all()
    assert not one.suspect.any()


def test_slices_whose_free_unknowns_are_hard_to_find_are_passed_in_sections():
    # As a whole its strain is 1e5 with eight free unknowns: one sample of four was in doubt.
    lattice = qt.Honeycomb(4, "armchair", periodic=True)
    wire = qt.Wire(lattice, qt.Box(1.0), terms=(qt.KaneMele(0.1, mass=0.15),))
    assert len(joined(wire.slices()).programs) == 2
    args = (wire, 1.062, [1, 2, 17], range(16), SEED)
    one = qt.scattering(*args, method="transfer")
    other = qt.scattering(*args, method="recursive")
    assert not one.suspect.any()
    error = np.abs(one.ln_g - other.ln_g)
    assert (error <= one.certificate + other.certificate).all()


def test_waves_that_feel_the_energy_go_to_the_recursive_solver():
    wire = WIRES["zigzag"]
    assert wire_modes(wire, 1e-6).delicate
    one = qt.scattering(wire, 1e-6, [5], range(8), SEED)
    other = qt.scattering(wire, 1e-6, [5], range(8), SEED, method="recursive")
    assert np.array_equal(one.ln_g, other.ln_g)


def test_the_strain_is_that_of_the_steps():
    # A chain of sums across the wire stretches waves in proportion to its length; rounding errors of
    # ribbons count no more than those of a plain stencil.
    widths = (8, 32)
    found = [
        strain(joined(qt.Wire(qt.Honeycomb(w, "armchair")).slices()).programs[0]) for w in widths
    ]
    assert found[1].growth > 4 * found[0].growth
    assert max(one.gain for one in found) < 4
    weak = np.array([[0.0, 1e-5], [1e-5, 0.0]])
    cut = qt.Custom(np.kron(weak, np.eye(1)), np.diag([1.0, 0.0]))
    assert joined(qt.Wire(cut).slices()) is not None


def solved(A, B):
    """A^-1 B in extended precision, by elimination with pivots."""
    A, B = A.astype(np.clongdouble), B.astype(np.clongdouble)
    for k in range(len(A)):
        best = k + int(np.argmax(np.abs(A[k:, k])))
        A[[k, best]], B[[k, best]] = A[[best, k]], B[[best, k]]
        for row in range(len(A)):
            if row != k:
                factor = A[row, k] / A[k, k]
                A[row], B[row] = A[row] - factor * A[k], B[row] - factor * B[k]
    return B / A.diagonal()[:, None]


def precise_ln_g(wire, energy, length, realization):
    """ln g by recursive Green's functions with a mantissa of 64 bits."""
    slices = wire.slices()
    leads = attach(slices, energy)
    v = slices.v.astype(np.clongdouble)
    onsite = wire.onsite(realization, range(length), SEED).repeat(slices.orbitals, axis=1)
    sigma, out = leads.left.sigma.astype(np.clongdouble), leads.left.read.astype(np.clongdouble)
    for n in range(length):
        block = np.diag(energy - onsite[n].astype(np.longdouble)) - slices.h - sigma
        if n == length - 1:
            block = block - leads.right.sigma
            t = out @ solved(block, leads.right.source)
            return float(np.log((np.abs(t) ** 2).sum()))
        both = solved(block, np.hstack([v, np.eye(len(v))]))
        ahead, green = both[:, : len(v)], both[:, len(v) :]
        out, sigma = out @ green @ v, v.conj().T @ ahead
    raise AssertionError


PRECISE = ("zigzag", "odd armchair", "armchair tube", "even armchair, field")


@pytest.mark.parametrize("name", PRECISE)
def test_certificates_cover_the_error_in_extended_precision(name):
    wire, lengths = WIRES[name], (5, 40)
    found = qt.scattering(wire, 0.7, lengths, range(8), SEED, method="transfer")
    for realization in range(3):
        for column, length in enumerate(lengths):
            error = found.ln_g[realization, column] - precise_ln_g(wire, 0.7, length, realization)
            assert abs(error) < found.certificate[realization, column] < 1e-7
            assert abs(error) < 1e-10


def drawn_wire(rng):
    """A wire with a singular coupling, an energy, and three lengths."""
    edge, width = str(rng.choice(["zigzag", "armchair"])), int(rng.integers(2, 12))
    closed = bool(rng.integers(2)) and width % 2 == 0 and width > 3
    fields = {}
    if not closed and rng.random() < 0.3:
        fields = {"flux": rng.uniform(-0.1, 0.1), "field_in_leads": bool(rng.integers(2))}
    spin = [(), (), (), (qt.Rashba(0.3),), (qt.Zeeman(0.1, 0.2, 0.1),)][int(rng.integers(5))]
    box = qt.Box(float(rng.choice([0.2, 1.0, 3.0, 8.0])))
    disorder = [box, box, box, qt.Vacancies(0.02), qt.Cauchy(0.2)][int(rng.integers(5))]
    lattice, terms = qt.Honeycomb(width, edge, periodic=closed), spin
    if rng.random() < 0.15:
        mass = float(rng.uniform(-1.8, -0.3))
        lattice, terms, fields = qt.Square(width), (qt.QWZ(1.0, mass),), {}
    energy = float(rng.choice([rng.uniform(-2.9, 2.9), rng.uniform(-0.2, 0.2), 1.0001, -0.99]))
    lengths = sorted({int(length) for length in rng.integers(1, 100, 3)})
    return qt.Wire(lattice, disorder, terms=terms, **fields), energy, lengths


def compared(seed, systems):
    """Return errors against the recursive solver over certificates, and how many are suspect."""
    rng, ratios, suspect = np.random.default_rng(seed), [], 0
    while len(ratios) < systems:
        wire, energy, lengths = drawn_wire(rng)
        if qt.choose(wire).method == "recursive":
            continue
        args = (wire, energy, lengths, range(8), SEED)
        try:
            one, other = qt.scattering(*args), qt.scattering(*args, method="recursive")
        except qt.QtcoreError:
            continue
        error = np.abs(one.ln_g - other.ln_g)
        ratios.append((error / (one.certificate + other.certificate)).max())
        suspect += int(one.suspect.sum())
    return np.array(ratios), suspect


@pytest.mark.further
def test_certificates_cover_the_errors_of_drawn_wires():
    ratios, suspect = compared(1, 25)
    assert ratios.max() < 1
    assert suspect < 25


@pytest.mark.slow
def test_certificates_cover_the_errors_of_many_drawn_wires():
    ratios, _ = compared(2, 250)
    assert ratios.max() < 1


@pytest.mark.parametrize("name", ["zigzag", "odd armchair", "zigzag, Rashba", "zigzag, field"])
def test_box_disorder_is_that_of_the_wire(name):
    # Made on the way, in the kernel, or slice by slice as any other disorder.
    wire = WIRES[name]
    several = replace(wire, disorder=(qt.Box(1.0), qt.Box(0.0)))
    args = (0.5, [1, 2, 33, 300], range(8), SEED)
    one, other = qt.scattering(wire, *args), qt.scattering(several, *args)
    assert np.abs(one.ln_g - other.ln_g).max() < 1e-8
    assert (np.abs(one.ln_g - other.ln_g) < one.certificate + other.certificate).all()


@pytest.mark.parametrize("strength", [30.0, 1e6])
def test_strong_disorder(strength):
    wire = qt.Wire(qt.Honeycomb(4, "armchair"), qt.Box(strength))
    one = qt.scattering(wire, 0.5, [1, 5], range(8), SEED)
    other = qt.scattering(wire, 0.5, [1, 5], range(8), SEED, method="recursive")
    error = np.abs(one.ln_g - other.ln_g)
    assert (error <= one.certificate + other.certificate).all()
    # What a slice stretches by more than digits can hold goes to the recursive solver.
    assert (one.certificate <= np.maximum(other.certificate, 1e-6)).all()


@pytest.mark.parametrize(("realization", "length", "distance"), [(178, 5, 1e-4), (84, 30, 5e-5)])
def test_two_closed_waves_that_become_parallel_cost_no_digits(realization, length, distance):
    """Where the right lead is attached, what a slow wave has of both is found at once.

    They were not orthogonal to each other any more: ln g was off by 1e-7, up to 13 certificates.
    """
    wire = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.BHZ(A=1.0, B=0.5, D=0.0, M=1.262),))
    energy = -1.165589421836385 + distance
    assert qt.choose(wire).method == "recursive"
    by_parts, whole = (
        qt.scattering(wire, energy, [length], [realization], 5, method=method)
        for method in ("auto", "recursive")
    )
    error = abs(by_parts.ln_g[0, 0] - whole.ln_g[0, 0])
    # Rounding of H, whose norm is 6 t, moves the edge in both leads, and two waves feel it in each. A
    # certificate may be four times as large.
    assert whole.certificate[0, 0] < 16 * np.finfo(float).eps * 6.0 / distance
    assert error <= by_parts.certificate[0, 0] + whole.certificate[0, 0]
    assert error < 1e-9
