"""A realization is the same alone and among any others: all outputs, to the last bit."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

SEED = 7
COUNT = 13

PLAIN = qt.Wire(qt.Square(4), qt.Box(1.5))
WITH_VACANCIES = qt.Wire(qt.Square(4), (qt.Box(1.0), qt.Vacancies(0.1)))
WITH_A_HOLE = qt.Wire(
    qt.Square(5),
    qt.Box(1.5),
    structure=[
        qt.MissingSites(lambda x, y: np.hypot(x - 2, y - 2) < 1.5),
        qt.FluxTube(3.5, 2.5, 0.3),
    ],
)
TWISTED = qt.Wire(qt.Square(4), (qt.Box(1.5), qt.RandomSU2()))
PAIRED = qt.Wire(qt.Square(3), qt.Box(1.5), terms=(qt.SWavePairing(0.2), qt.ChemicalPotential(0.5)))
P_WAVE = qt.Wire(
    qt.Chain(),
    qt.Box(0.5),
    terms=(qt.PWavePairing(0.6), qt.ChemicalPotential(1.0)),
    lead_shift=1.0,
)
INSULATOR = qt.Wire(qt.Square(6), qt.Box(2.0), terms=(qt.QWZ(1.0, -1.0),))
TORUS = qt.Wire(qt.Square(6, periodic=True), qt.Box(2.0), terms=(qt.QWZ(1.0, -1.0),))
CYLINDER = qt.Wire(
    qt.Square(4, periodic=True), qt.Box(2.0), terms=(qt.QWZ(1.0, -1.0),), lead_shift=1.5
)
LEAD = qt.SiteLead([(1, 3), (2, 3)], [[0.1, 1.0], [1.0, 0.1]], np.eye(2))


def terminals(wire, sides, method="auto"):
    def ask(realizations):
        bar = qt.Bar(wire, sides)
        found = qt.terminal_scattering(
            bar, 0.41, [4, 9], realizations, SEED, method, amplitudes=True
        )
        return found, [one.ln_conductance(("left", "right"), "nan") for one in found]

    return ask


ASKED = {
    "plain bar": terminals(PLAIN, [qt.SideLead(1, 2)]),
    "plain bar, eliminated": terminals(PLAIN, [qt.SideLead(1, 2)], "recursive"),
    "vacancies": terminals(WITH_VACANCIES, [qt.SideLead(1, 2)]),
    "vacancies, eliminated": terminals(WITH_VACANCIES, [qt.SideLead(1, 2)], "recursive"),
    "lead of matrices": terminals(WITH_VACANCIES, [LEAD]),
    "bar of a cubic lattice": terminals(
        qt.Wire(qt.Cubic(2, 2), qt.Vacancies(0.1)), [qt.SiteLead([(1, 3)], [[0.0]], [[1.0]])]
    ),
    "Andreev": lambda r: observe.andreev(PAIRED, 0.0, [4, 9], r, SEED),
    "Andreev at an energy": lambda r: observe.andreev(PAIRED, 0.2, [9], r, SEED, "right"),
    "resolved": lambda r: qt.resolved_scattering(TWISTED, 0.41, [4, 9], r, SEED, "spin_z"),
    "resolved, vacancies": lambda r: qt.resolved_scattering(
        qt.Wire(qt.Square(3), qt.Vacancies(0.1), terms=(qt.Zeeman(bz=0.3),)),
        0.41,
        [9],
        r,
        SEED,
        "spin_z",
    ),
    "scattering, vacancies": lambda r: qt.scattering(WITH_VACANCIES, 0.41, [4, 9], r, SEED),
    "scattering, missing sites": lambda r: qt.scattering(WITH_A_HOLE, 0.41, [6, 9], r, SEED),
    "matrices": lambda r: qt.scattering_matrices(PAIRED, 0.41, [4, 9], r, SEED),
    "sign of reflection": lambda r: observe.reflection_sign(P_WAVE, 20, r, SEED),
    "Chern marker": lambda r: observe.chern_marker(INSULATOR, 0.0, 6, r, SEED, resolution=0.3),
    "Chern marker by polynomials": lambda r: observe.chern_marker(
        INSULATOR, 0.0, 6, r, SEED, resolution=0.5, method="polynomials"
    ),
    "Bott index": lambda r: observe.bott_index(TORUS, 0.0, 6, r, SEED),
    "pumped charge": lambda r: observe.charge_pumped(CYLINDER, 0.0, 6, r, SEED),
    "interaction": lambda r: observe.interaction_shifts(
        WITH_VACANCIES, qt.ContactInteraction(0.5), 6, r, seed=SEED, electrons=9, spins=2
    ),
}


def numbers(found, name=""):
    """Yield every array of an answer with its name, the properties of results too."""
    if isinstance(found, tuple | list):
        for number, one in enumerate(found):
            yield from numbers(one, f"{name}[{number}]")
    elif isinstance(found, np.ndarray):
        yield name, found
    elif is_dataclass(found):
        properties = [
            key for key, value in vars(type(found)).items() if isinstance(value, property)
        ]
        for key in [*(field.name for field in fields(found)), *properties]:
            try:
                part = getattr(found, key)
            except qt.QtcoreError:  # det r at another energy than 0, say
                continue
            if not isinstance(part, type(found)):  # the same read from the other side
                yield from numbers(part, f"{name}.{key}")


def of_realizations(found, count):
    """Return the arrays with a row for each of `count` realizations: no other size is as large."""
    return {name: one for name, one in numbers(found) if one.ndim and len(one) == count}


@pytest.mark.parametrize("name", ASKED)
def test_a_realization_does_not_depend_on_the_others(name):
    ask = ASKED[name]
    whole = of_realizations(ask(range(COUNT)), COUNT)
    assert whole
    backwards = dict(numbers(ask(range(COUNT - 1, -1, -1))))
    eight = dict(numbers(ask(range(8))))
    alone = {r: dict(numbers(ask([r]))) for r in (0, 3, 7, 11)}
    for part, right in whole.items():
        np.testing.assert_array_equal(backwards[part][::-1], right, err_msg=part)
        np.testing.assert_array_equal(eight[part], right[:8], err_msg=part)
        for r, one in alone.items():
            np.testing.assert_array_equal(one[part][0], right[r], err_msg=f"{part}, {r} alone")
