"""Any wire: both solvers agree, the laws hold, and the choice between them says why."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.disorder import Binary, Cauchy, Correlated, Gaussian, Vacancies
from qtcore.model.lattice import Cubic, Honeycomb
from qtcore.model.terms import QWZ, Ando, Rashba, Zeeman
from qtcore.solve.choice import choose
from qtcore.solve.scattering import ln_transmission_eigenvalues

SEED = 5

INVERTIBLE = {
    "bar": qt.Wire(Cubic(3, 4), qt.Box(2.0)),
    "bar, periodic": qt.Wire(Cubic(4, 4, (True, True)), qt.Box(2.0)),
    "bar in a tilted field": qt.Wire(Cubic(3, 3), qt.Box(2.0), field=(0.01, 0.02, 0.03)),
    "Rashba": qt.Wire(qt.Square(5), qt.Box(2.0), terms=(Rashba(0.3),)),
    "Rashba, field in the sample only": qt.Wire(
        qt.Square(5), qt.Box(2.0), 0.02, field_in_leads=False, terms=(Rashba(0.3),)
    ),
    "Ando": qt.Wire(qt.Square(5), qt.Box(2.0), terms=(Ando(0.5),)),
    "Rashba and Zeeman": qt.Wire(
        qt.Square(4), qt.Box(1.0), terms=(Rashba(0.2), Zeeman(0.1, 0.0, 0.3))
    ),
    "Gaussian": qt.Wire(qt.Square(6), Gaussian(0.5)),
    "Cauchy": qt.Wire(qt.Square(6), Cauchy(0.1)),
    "binary": qt.Wire(qt.Square(6), Binary(1.0, 0.2)),
    "vacancies": qt.Wire(qt.Square(6), Vacancies(0.05)),
    "box and correlated": qt.Wire(qt.Square(6), (qt.Box(1.0), Correlated(0.3, 2.0))),
    "doped leads": qt.Wire(qt.Square(6), qt.Box(1.0), lead_shift=-1.0),
    "a gate": qt.Wire(qt.Square(6), qt.Box(1.0), gates=(lambda x, y: 0.3 * np.sin(0.2 * x + y),)),
}

SINGULAR = {
    "Chern insulator": qt.Wire(qt.Square(6), qt.Box(1.0), terms=(QWZ(1.0, -1.0),)),
    "zigzag ribbon": qt.Wire(Honeycomb(4, "zigzag"), qt.Box(1.0)),
    "armchair ribbon": qt.Wire(Honeycomb(5, "armchair"), qt.Box(1.0)),
}

ALL = INVERTIBLE | SINGULAR
LENGTHS = (12, 13, 40)


def energy_of(name):
    return 0.9 if name == "armchair ribbon" else 0.47


@pytest.mark.parametrize("name", INVERTIBLE)
def test_both_solvers_agree(name):
    wire = INVERTIBLE[name]
    fast = qt.scattering(wire, 0.47, LENGTHS, [0, 3, 9], SEED, method="transfer")
    slow = qt.scattering(wire, 0.47, LENGTHS, [0, 3, 9], SEED, method="recursive")
    tolerance = fast.certificate + slow.certificate + 1e-11
    assert tolerance.max() < 1e-6
    assert (np.abs(fast.ln_g - slow.ln_g) < tolerance).all()
    assert (np.abs(fast.reflection - slow.reflection) < tolerance * fast.channels).all()


@pytest.mark.parametrize("name", ALL)
def test_what_does_not_pass_is_reflected(name):
    found = qt.scattering(ALL[name], energy_of(name), LENGTHS, range(8), SEED)
    total = np.exp(found.ln_g) + found.reflection
    assert np.abs(total - found.channels).max() < 1e-6 * found.channels
    assert not found.suspect.any()


@pytest.mark.parametrize("name", ["bar in a tilted field", "Rashba, field in the sample only"])
def test_conductance_is_even_in_the_whole_field(name):
    # Onsager: two terminals conduct alike in B and -B; the spin turns along.
    wire = ALL[name]
    turned = qt.Wire(
        wire.lattice,
        wire.disorder,
        -wire.flux,
        wire.field_in_leads,
        wire.terms,
        field=tuple(-b for b in wire.field) if any(wire.field) else (0.0, 0.0, 0.0),
    )
    here = qt.ln_conductance(wire, 0.47, LENGTHS, range(4), SEED)
    there = qt.ln_conductance(turned, 0.47, LENGTHS, range(4), SEED)
    assert np.abs(here - there).max() < 1e-9


def test_spin_orbit_transmission_is_doubly_degenerate():
    # Kramers: without a field that breaks time reversal, eigenvalues come in pairs.
    ln_T = ln_transmission_eigenvalues(INVERTIBLE["Rashba"], 0.47, [30], range(4), SEED)
    assert ln_T.shape == (4, 1, 8)
    assert np.abs(ln_T[..., 0::2] - ln_T[..., 1::2]).max() < 1e-6
    broken = ln_transmission_eigenvalues(INVERTIBLE["Rashba and Zeeman"], 0.47, [30], [0], SEED)
    assert np.abs(broken[..., 0] - broken[..., 1]).max() > 1e-3


@pytest.mark.parametrize("name", ["bar", "Ando", "zigzag ribbon"])
def test_transmission_eigenvalues_add_up_to_g(name):
    wire, energy = ALL[name], energy_of(name)
    ln_T = ln_transmission_eigenvalues(wire, energy, LENGTHS, [1, 2], SEED)
    ln_g = qt.ln_conductance(wire, energy, LENGTHS, [1, 2], SEED)
    assert np.abs(np.logaddexp.reduce(ln_T, axis=-1) - ln_g).max() < 1e-12
    assert ln_T.max() < 1e-9
    assert (np.diff(ln_T, axis=-1) <= 0).all()


def test_a_plain_strip_is_the_same_wire_in_the_general_form():
    # The same disorder through the strip's own stencil and through the sparse one.
    plain = qt.Wire(qt.Square(9), qt.Box(1.5), 0.01)
    general = qt.Wire(qt.Square(9), (qt.Box(1.5), qt.Box(0.0)), 0.01)
    assert plain.plain_strip is not None
    assert general.plain_strip is None
    here = qt.ln_conductance(plain, 0.47, [10, 100], range(8), SEED)
    there = qt.ln_conductance(general, 0.47, [10, 100], range(8), SEED)
    assert np.abs(here - there).max() < 1e-8


def test_bits_do_not_depend_on_what_else_is_asked():
    wire = INVERTIBLE["box and correlated"]
    whole = qt.scattering(wire, 0.47, [12, 300, 301], range(12), SEED)
    one = qt.scattering(wire, 0.47, [300], [9], SEED)
    assert np.array_equal(one.ln_g[0], whole.ln_g[9, 1:2])


def test_the_choice_says_why():
    assert choose(ALL["bar"]) == ("transfer", "the coupling between slices can be inverted")
    assert choose(ALL["zigzag ribbon"]) == (
        "recursive",
        "the coupling between slices is singular",
    )
    with pytest.raises(qt.InputError, match=re.escape("use method='recursive'")):
        qt.scattering(ALL["zigzag ribbon"], 0.47, [5], [0], SEED, method="transfer")
    with pytest.raises(qt.InputError, match="method must be one of auto, transfer, recursive"):
        qt.scattering(ALL["bar"], 0.47, [5], [0], SEED, method="magic")


def test_a_correlation_length_beyond_the_wire_is_refused():
    wire = qt.Wire(qt.Square(8), Correlated(0.3, 6.0))
    with pytest.raises(qt.InputError, match="correlation"):
        qt.scattering(wire, 0.47, [3], [0], SEED)
