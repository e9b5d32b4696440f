"""Regimes of a wire: wrong physics fails the map, and strips that say nothing are refused."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory import boltzmann
from qtcore.theory.dephased_strip import dephased_strip
from qtcore.workflow import load

PATH = Path(__file__).parents[2] / "workflows" / "regimes.py"
WORKFLOW = load(PATH)


@pytest.fixture(scope="module")
def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(PATH))


def strip_at(probes, ln_g, length):
    """A stage's view of a strip of width 5 with samples that were made up."""
    return SimpleNamespace(
        width=5, disorder=1.3, energy=0.6, probes=probes, ln_g=ln_g, length=np.array(length)
    )


def made(resistance, seed=1):
    """Samples of ln g around the given resistances; 1 % of scatter."""
    rng = np.random.default_rng(seed)
    return -np.log(resistance) + 0.01 * rng.standard_normal((64, len(resistance)))


LENGTH = np.array([11, 23, 46, 91, 182])


def ohm_row(definition, resistance):
    """The slope of a resistance with probes, what theory expects, and whether it passes."""
    at = strip_at(0.05, made(resistance), LENGTH)
    found, expected = definition["measure"](at)["ohm"], definition["expect"](at)["ohm"]
    assert expected.where
    off = abs(float(found) - expected.value)
    return off <= expected.left_out + 3 * float(found.error)


def test_ohms_law_passes_and_a_wire_that_stays_localized_fails(definition):
    contact, path = 1 / 4, 22.8
    ohm = contact * (1 + LENGTH / path)
    localized = contact * np.exp(2 * LENGTH / (5 * path))
    assert ohm_row(definition, ohm)
    assert not ohm_row(definition, localized)


def test_a_resistance_that_knows_no_probes_fails(definition):
    """Probes scatter: at eta = 0.05 the golden rule of disorder alone is 40 % short."""
    strip = dephased_strip(qt.Square(5), 0.6, 1.3, 0.05)
    elastic = qt.scattering_rates(qt.Square(5), 0.6, 1.3)
    for resistance, passes in (
        (strip.resistance(LENGTH), True),
        (1 / boltzmann.classical_conductance(elastic, LENGTH.astype(float)), False),
    ):
        at = strip_at(0.05, made(resistance), LENGTH)
        found, expected = (
            definition["measure"](at)["over_ohm"],
            definition["expect"](at)["over_ohm"],
        )
        there = expected.where
        assert there.sum() == 3  # from 2 l on
        off = np.abs(found.values - expected.value) - 3.5 * found.error
        assert (off <= expected.left_out)[there].all() == passes


def test_the_wavelength_is_that_of_the_square_lattice(definition):
    at = strip_at(0.05, made(np.ones(5)), LENGTH)
    k = 2 * np.pi / definition["measure"](at)["wavelength"]
    assert 2 * np.cos(k) + 2 == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sample": (0, 1)}, r"^probes of zero strength take no phase: .* got \[0.0, 0.0\]; add one"),
        ({"sample": (1, {"like": 1, "probes": -0.1})}, r"probes > 0 \(t\) .* got \[0.0, -0.1\]"),
        (
            {"sample": (1, {"like": 3, "disorder": 0.5})},
            r"^no length is diffusive: l = 1\d\d sites .* \(width 5, W = 0.5 t, longest 320 sites\)",
        ),
        ({"sample": (1, 3), "lengths": (4, 100)}, r"not below a fifth of the longest .* 100 sites"),
        ({"sample": (3,), "lengths": (4, 400)}, r"have up to 1600 sites \(width 5, .* 400 sites\): take shorter"),
    ],
)  # fmt: skip
def test_strips_that_say_nothing_are_refused_before_the_run(settings, words):
    preset = WORKFLOW.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(preset, 1)
