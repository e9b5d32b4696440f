"""What is typed wrongly is refused before anything is computed: what came, what is allowed, what to do."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.observe.levels import level_spacing_ratio
from qtcore.observe.resolved_currents import resolved_currents
from qtcore.solve.closed import closed_sample
from qtcore.solve.exact import eigenstates
from qtcore.solve.green import sample_with_leads
from qtcore.solve.lyapunov import lyapunov
from qtcore.solve.polynomial import density_of_states, kubo_conductivity
from qtcore.solve.recursive import scattering_matrices

STRIP = qt.Wire(qt.Square(3), qt.Box(1.0))
NAN = float("nan")


def solve(wire=STRIP, energy=0.5, lengths=(4,), realizations=(0,), seed=1, **method):
    return qt.scattering(wire, energy, lengths, realizations, seed, **method)


def closed():
    return closed_sample(STRIP, 6, 0, 1)


def density(energies=(0.5,), **change):
    return density_of_states(closed().H, energies, **change)


def conductivity(area=18.0, **change):
    sample = closed()
    return kubo_conductivity(sample.H, sample.velocity, area, **({"energies": [0.5]} | change))


def custom(h=((0.0,),), v=((1.0,),), **change):
    return qt.Custom(h, v, **change)


SPINS = qt.Wire(qt.Square(3), terms=(qt.Zeeman(bz=0.1),))


def resolved(quantity, wire=SPINS, energy=0.5, lengths=(4,), realizations=(0,), seed=1):
    return qt.resolved_scattering(wire, energy, lengths, realizations, seed, quantity)


def lyapunov_of(wire, length=64, energy=0.5, bars=range(8), seed=1, skip=None):
    return lyapunov(wire, energy, length, bars, seed, skip)


# What is called, then words of the message: what came, what is allowed, what to do instead.
TABLE = {
    "no lengths": (lambda: solve(lengths=[]), "empty", "at least one length", "slices, >= 1"),
    "lengths falling": (lambda: solve(lengths=[5, 3]), "3 after 5", "increase strictly"),
    "half a slice": (lambda: solve(lengths=[2.5]), "got 2.5", "whole number >= 1"),
    "no slice": (lambda: solve(lengths=[0]), "got 0", ">= 1"),
    "one number for lengths": (lambda: solve(lengths=4), "got 4", "sequence of whole numbers"),
    "a length beyond 64 bits": (lambda: solve(lengths=[2**64]), "got 18446744073709551616", "2^63 - 1"),
    "one number for realizations": (
        lambda: solve(realizations=100), "got 100", "sequence of whole numbers", "range(100)",
    ),
    "a realization beyond 64 bits": (lambda: solve(realizations=[2**63]), "got 9223372036854775808", "2^63 - 1"),
    "energy as text": (lambda: solve(energy="0.5"), "got '0.5'", "a number (units of t)"),
    "no realizations": (lambda: solve(realizations=[]), "empty", "at least one", "range(100)"),
    "negative realization": (lambda: solve(realizations=[-1]), "got -1", ">= 0"),
    "negative seed": (lambda: solve(seed=-1), "got -1", ">= 0"),
    "energy not a number": (lambda: solve(energy=NAN), "got nan", "finite (units of t)"),
    "energy in words": (lambda: solve(energy="half"), "got 'half'", "a number (units of t)"),
    "energy outside the band": (
        lambda: solve(energy=9.0), "energy 9", "conduct for", "choose an energy inside",
    ),
    "energy in a gap": (
        lambda: solve(qt.Wire(qt.Square(4), terms=(qt.QWZ(1.0, -3.0),)), 0.1),
        "energy 0.1", "in a gap", "choose another energy",
    ),
    "unknown solver": (
        lambda: solve(method="magic"), "got 'magic'", "one of auto, transfer, recursive",
    ),
    "singular coupling": (
        lambda: qt.scattering(
            qt.Wire(qt.Square(5, periodic=True), terms=[qt.QWZ(1.0, -1.0)]),
            *(1.5, [3], [0], 1),
            method="transfer",
        ),
        "coupling between slices is singular", "smallest singular value",
        "use method='recursive'",
    ),
    "no wire": (lambda: solve("a wire"), "got 'a wire'", "must be a qtcore.Wire"),
    "slice not Hermitian": (
        lambda: custom([[0, 1], [0, 0]], np.eye(2)), "h[0, 1] = 1", "must be Hermitian",
    ),
    "shapes of h and v": (
        lambda: custom(np.eye(2), np.eye(3)), "(2, 2) and (3, 3)", "the same shape",
    ),
    "orbitals that do not divide": (
        lambda: custom(np.eye(3), np.eye(3), orbitals=2), "3 rows", "multiple of 2 orbitals",
    ),
    "slices that do not couple": (
        lambda: solve(qt.Wire(custom([[0.0]], [[0.0]]))), "lead_v is zero", "do not couple",
    ),
    "NaN in h": (lambda: custom([[NAN]]), "nan", "(0, 0)", "must be finite"),
    "potential of NaN": (
        lambda: qt.Wire(qt.Square(3), gates=(lambda x, _y: x * NAN,)), "returned nan", "at x = 0",
        "must be finite (units of t)",
    ),
    "NaN further down the wire": (
        lambda: solve(qt.Wire(qt.Square(3), gates=(lambda x, y: np.where(x > 2, NAN, y),))),
        "returned nan", "x = 3", "must be finite (units of t)",
    ),
    "potential of another shape": (
        lambda: qt.Wire(qt.Square(3), gates=(lambda x, _y: x[:, 0],)), "got (1,)", "shape of x",
    ),
    "potential that is complex": (
        lambda: qt.Wire(qt.Square(3), gates=(lambda x, _y: 1j * x,)), "got complex", "real numbers",
    ),
    "array that is too short": (
        lambda: solve(qt.Wire(qt.Square(3), qt.Fixed(np.zeros((2, 3))))),
        "holds 2 slices", "the wire has 4", "give a longer array",
    ),
    "array of another width": (
        lambda: qt.Wire(qt.Square(3), qt.Fixed(np.zeros((4, 2)))), "got (4, 2)", "(slices, 3)",
    ),
    "vacancy beside the wire": (
        lambda: qt.Wire(qt.Square(3), qt.Vacancies(sites=[(0, 3)])), "site 3", "sites 0 to 2",
    ),
    "vacancy beyond its end": (
        lambda: solve(qt.Wire(qt.Square(3), qt.Vacancies(sites=[(9, 0)]))),
        "slice 9", "slices 0 to 3",
    ),
    "long correlations": (
        lambda: solve(qt.Wire(qt.Square(9), qt.Correlated(0.3, 6.0))), "= 6 exceeds", "4 lattice constants long", "choose a shorter one",
    ),
    "bars that are too short": (
        lambda: lyapunov_of(STRIP, length=10), "got 10", ">= 16", "one for each block",
    ),
    "vacancy beyond the bars": (
        lambda: lyapunov_of(qt.Wire(qt.Square(3), qt.Vacancies(sites=[(70, 0)]))),
        "slice 70", "slices 0 to 69",
    ),
    "exponents of an array that is too short": (
        lambda: lyapunov_of(qt.Wire(qt.Square(3), qt.Fixed(np.zeros((20, 3))))),
        "holds 20 slices", "the wire has 70", "give a longer array",
    ),
    "exponents without a transfer matrix": (
        lambda: lyapunov_of(qt.Wire(qt.Honeycomb(3))), "singular", "no transfer matrix",
        "docs/how-to/localization-length.md",
    ),
    "exponents of random bonds to several sites": (
        lambda: lyapunov_of(qt.Wire(qt.Custom(np.eye(2), [[1.0, 0.3], [0.2, 1.0]]), qt.RandomHopping(0.5))),
        "its own successor only", "take ln_conductance of long wires instead",
    ),
    "a start of some length": (
        lambda: lyapunov_of(STRIP, skip="long"), "number of slices or 'forgotten'", "got 'long'",
    ),
    "no energies": (lambda: density([]), "energies is empty", "at least one"),
    "energies not a number": (lambda: density([0.1, NAN]), "got nan", "finite (units of t)"),
    "energies beyond the spectrum": (lambda: density([9.0]), "got 9", "within the spectrum"),
    "one moment": (lambda: density(moments=1), "got 1", "moments must be >= 2"),
    "half a moment": (lambda: conductivity(moments=2.5), "got 2.5", "whole number >= 2"),
    "one vector": (lambda: density(vectors=1), "got 1", "random vectors must be >= 2"),
    "no area": (lambda: conductivity(0.0), "got 0", "> 0 (squared lattice constants)"),
    "area not a number": (lambda: conductivity(NAN), "got nan", "finite (squared lattice constants)"),
    "no state": (lambda: eigenstates(closed().H, count=0), "got 0", ">= 1"),
    "too many states": (lambda: eigenstates(closed().H, count=19), "got 19", "1 .. 18"),
    "states near nothing": (lambda: eigenstates(closed().H, 2, NAN), "got nan", "finite"),
    "three levels": (lambda: level_spacing_ratio(np.arange(3.0)), "got 3", "at least 4 levels"),
    "negative absorption": (
        lambda: sample_with_leads(STRIP, 0.5, 4, [0], 1, absorption=-0.1), "got -0.1", ">= 0",
    ),
    "negative absorption of a wire": (lambda: solve(absorption=-0.1), "got -0.1", ">= 0", "units of t"),
    "absorption not a number": (lambda: solve(absorption=NAN), "got nan", "finite (units of t)"),
    "tolerance of nothing": (lambda: solve(tolerance=0.0), "got 0", "from 1e-10 to 0.001"),
    "tolerance that no certificate meets": (
        lambda: solve(tolerance=1e-12), "got 1e-12", "certifies no sample", "from 1e-10 to 0.001",
    ),
    "tolerance without a digit": (lambda: solve(tolerance=0.1), "got 0.1", "hardly a digit"),
    "tolerance not a number": (lambda: solve(tolerance=NAN), "got nan", "finite (error of ln g)"),
    "absorption with random hopping": (
        lambda: solve(qt.Wire(qt.Square(3), qt.RandomHopping(0.5)), method="transfer", absorption=0.1),
        "both absorption and random hopping", "use method='recursive'",
    ),
    "quantity without a name": (
        lambda: resolved("charge"), "got 'charge'", "one of spin_x, spin_y, spin_z", "Conserved(",
    ),
    "quantity that is nothing": (lambda: resolved(None), "got None", "square Hermitian matrix"),
    "quantity that is not Hermitian": (
        lambda: resolved([[0, 1], [0, 0]]), "differs from that by 1", "must be Hermitian",
    ),
    "quantity that is not square": (
        lambda: qt.Conserved(np.ones((2, 3))), "square Hermitian matrix", "(site, k, k)",
    ),
    "quantity of NaN": (lambda: resolved([[NAN, 0], [0, 1]]), "nan", "must be finite"),
    "quantity of another size": (
        lambda: resolved(np.eye(5)), "got (5, 5)", "(2, 2)", "(3, 2, 2)", "(6, 6)",
    ),
    "quantity with one eigenvalue": (lambda: resolved(np.eye(2)), "all eigenvalues", "are equal (1)"),
    "eigenvalues that may be equal": (
        lambda: resolved(np.diag([1.0, 1.0 + 1e-9])), "1.000000001", "one sector or two",
    ),
    "names for fewer sectors": (
        lambda: resolved(qt.Conserved(np.diag([1.0, -1.0]), ("up",))), "2 different eigenvalues", "got 1 names",
    ),
    "names that are equal": (
        lambda: qt.Conserved(np.diag([1.0, -1.0]), ("up", "up")), "('up', 'up')", "a name of its own",
    ),
    "spin that the leads do not conserve": (
        lambda: resolved("spin_x"), "|[Q, h]| is up to 0.2 t", "these leads conserve 'spin_z'",
    ),
    "spin of electrons without spin": (
        lambda: resolved("spin_z", STRIP), "spin of their own", "Zeeman()", "qtcore.Conserved",
    ),
    "spin of a lattice with orbitals of its own": (
        lambda: resolved("spin_z", qt.Wire(custom(np.eye(2), np.eye(2), orbitals=2))), "qtcore.Conserved",
    ),
    "spin along nothing": (lambda: qt.SpinAlong((0, 0, 0)), "got (0, 0, 0)", "must not be zero"),
    "spin along two numbers": (lambda: qt.SpinAlong((0, 1)), "got (0, 1)", "three numbers"),
    "orbital of a site with one": (lambda: resolved("orbital"), "this wire has one", "'spin_z'"),
    "sublattice of a strip": (lambda: resolved("sublattice"), "two sublattices", "Square(width=3"),
    "sublattice of a ribbon": (
        lambda: resolved("sublattice", qt.Wire(qt.Honeycomb(3))), "is not conserved in the leads", "up to 2 t",
    ),
    "sectors outside the band": (lambda: resolved("spin_z", energy=9.0), "energy 9", "choose an energy inside"),
    "sector that is none": (
        lambda: qt.resolved_matrices(SPINS, 0.5, [4], [0], 1, "spin_z")[0].block("t", "up", "left"),
        "got 'left'", "one of up, down",
    ),
    "part of S that is none": (
        lambda: qt.resolved_matrices(SPINS, 0.5, [4], [0], 1, "spin_z")[0].block("T", "up", "up"),
        "got 'T'", "one of t, r, t_prime, r_prime",
    ),
    "currents of a mirror": (
        lambda: resolved_currents(
            STRIP, sample_with_leads(STRIP, 0.5, 4, [0], 1), np.zeros((4, 1, 3, 1)), np.eye(3)[::-1]
        ),
        "connects sites", "the orbitals of each site",
    ),
    "currents in another wire": (
        lambda: resolved_currents(
            SPINS, sample_with_leads(STRIP, 0.5, 4, [0], 1), np.zeros((4, 1, 3, 1)), "spin_z"
        ),
        "has 3 components", "the wire that the sample was made of",
    ),
    "field that ends within triangles": (
        lambda: qt.Wire(
            qt.Honeycomb(3), flux=0.03, field_in_leads=False, terms=(qt.Haldane(0.1),)
        ),
        "field_in_leads=False has no meaning with Haldane", "the gauge", "field_in_leads=True",
    ),
    "energy of exponents": (lambda: lyapunov_of(STRIP, energy=NAN), "got nan", "finite (units of t)"),
    "half a bar": (lambda: lyapunov_of(STRIP, 64.5), "got 64.5", "whole number"),
    "no bars": (lambda: lyapunov_of(STRIP, bars=()), "empty", "at least one"),
    "seed of exponents": (lambda: lyapunov_of(STRIP, seed=-1), "got -1", ">= 0"),
    "negative skip": (lambda: lyapunov_of(STRIP, skip=-1), "got -1", ">= 0"),
    "exponents of no wire": (lambda: lyapunov_of(3), "a qtcore.Wire", "got 3"),
    "no members": (lambda: qt.scattering_family([], [4], [0], 1), "empty", "(wire, energy)"),
    "members of other disorder": (
        lambda: qt.scattering_family(
            [(STRIP, 0.5), (qt.Wire(qt.Square(3), qt.Box(2.0)), 0.5)], [4], [0], 1
        ),
        "member 1", "same disorder",
    ),
    "a Chern marker of a torus": (
        lambda: qt.observe.chern_marker(qt.Wire(qt.Square(8, periodic=True)), 0.0, 8, [0], 1),
        "closed across", "use periodic=False, or bott_index",
    ),
    "a Bott index of edges": (
        lambda: qt.observe.bott_index(STRIP, 0.0, 8, [0], 1), "closed across", "or chern_marker",
    ),
    "a spin Chern number without spin": (
        lambda: qt.observe.spin_chern_number(qt.Wire(qt.Square(3, periodic=True)), 0.0, 8, [0], 1),
        "needs electrons with spin", "spin=",
    ),
    "charges pumped through a strip": (
        lambda: qt.observe.charge_pumped(STRIP, 0.0, 8, [0], 1), "closed across", "use periodic=True",
    ),
    "a determinant without particle-hole symmetry": (
        lambda: qt.observe.determinant_sign(1j * np.eye(2)), "off by 2", "conjugation=",
    ),
    "interactions without a filling": (
        lambda: qt.observe.interaction_shifts(STRIP, qt.ContactInteraction(1.0), 4, [0], 1),
        "either electrons", "or energy",
    ),
    "no sample": (lambda: sample_with_leads(STRIP, 0.5, 4, [], 1), "empty", "at least one"),
    "NaN in a potential": (
        lambda: scattering_matrices(STRIP.slices(), 0.5, [3], np.full((3, 3, 1), NAN)),
        "the potential", "must be finite",
    ),
    "potential that does not fit": (
        lambda: scattering_matrices(STRIP.slices(), 0.5, [3], np.zeros((3, 4, 1))),
        "got shape (3, 4, 1)", "slices of 3 sites", "(slice, site, realization)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_message_says_what_came_and_what_is_allowed(name):
    call, *words = TABLE[name]
    with pytest.raises(qt.InputError) as caught:
        call()
    said = str(caught.value)
    assert not [word for word in words if word not in said], said
