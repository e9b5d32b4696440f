"""Leads with nearly degenerate levels that have no closed form, and wires that absorb.

The references come from dense matrices in 900 bits; see `degenerate_reference`.
"""

import json
import math

import pytest

import qtcore as qt

from .degenerate_reference import LENGTH, SEED, STORED, systems

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))
SYSTEMS = systems()
METHODS = ("auto", "recursive")


def solved(name, method):
    wire, energy, absorption = SYSTEMS[name]
    return qt.scattering(wire, energy, [LENGTH], [0], SEED, method=method, absorption=absorption)


def errors(name, found):
    """Return the errors of ln g and of R."""
    g, R = (float(number) for number in REFERENCE[name])
    return abs(found.ln_g[0, 0] - math.log(g)), abs(found.reflection[0, 0] - R)


def test_the_references_are_those_of_these_systems():
    assert list(REFERENCE) == list(SYSTEMS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_g_and_R_are_right_within_the_certificate(name, method):
    found = solved(name, method)
    of_ln_g, of_R = errors(name, found)
    certificate = found.certificate[0, 0]
    assert of_ln_g < 1e-11
    assert of_ln_g < certificate
    assert of_R < found.channels * certificate


@pytest.mark.parametrize("method", METHODS)
def test_a_small_reflection_is_not_known_to_the_certificate_of_g(method):
    # What is promised of R is absolute: here R is 1e-14, and its digits are those of 1.
    found = solved("reflects next to nothing", method)
    _, of_R = errors("reflects next to nothing", found)
    assert of_R > 10 * found.certificate[0, 0] * found.reflection[0, 0]
